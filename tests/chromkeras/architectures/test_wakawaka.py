from dataclasses import replace

import numpy as np
import pytest

from chromkeras.data.dataset import Dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable
from chromkeras.errors import InputError
from chromkeras.model_file.open_model import open_model
from chromkeras.recipe.reading import make_recipe, size_names
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import input_names, resolve_plan
from chromkeras.training.train import train

REPORT = {"histone": (100, 5), "dna": (10_000, 4)}
TINY = (
    "architecture.histone_filters=[4,5]",
    "architecture.histone_dense=[6]",
    "architecture.dna_filters=[7]",
    "architecture.dna_dense=[3]",
    "architecture.dense=[5]",
    "training.epochs=1",
    "training.batch_size=16",
)


def made(size="report", *settings, plan="hard", tasks=("expression",), inputs=REPORT):
    settings = ("architecture.name=wakawaka", *settings)
    recipe = make_recipe(plan, size=size, settings=settings)
    resolved = resolve_plan(recipe, tasks, inputs, problem="regression")
    return resolved, build_model(resolved)


def test_the_final_model_is_the_reports_number_by_number():
    _, model = made(plan="basset")
    shapes = {layer.name: layer.output.shape[1:] for layer in model.layers}
    expected = {
        "histone_conv_1": (91, 50),
        "histone_pool_1": (19, 50),
        "histone_conv_2": (15, 50),
        "histone_pool_2": (5, 50),
        "histone_flatten": (250,),
        "histone_dense_5": (82,),
        "dna_conv_1": (9995, 132),
        "dna_pool_1": (313, 132),
        "dna_flatten": (313 * 132,),
        "dna_dense_3": (82,),
        "features": (164,),
        "dense_9": (100,),
    }
    assert {name: shapes[name] for name in expected} == expected
    assert model.output_shape == (None, 1)
    rates = {layer.name: layer.rate for layer in model.layers if "dropout" in layer.name}
    assert sorted(rates.values()) == [0.1, 0.5, 0.5]
    slopes = [layer.negative_slope for layer in model.layers if hasattr(layer, "negative_slope")]
    assert slopes == [0.05] * 5
    assert model.get_layer("dna_activation_1").activation.__name__ == "relu"
    weights = (
        (10 * 5 * 50 + 50) + (5 * 50 * 50 + 50) + (250 * 82 + 82)
        + (6 * 4 * 132 + 132) + (313 * 132 * 82 + 82)
        + (164 * 100 + 100) + (100 + 1)
    )  # fmt: skip
    assert model.count_params() == weights


def test_training_of_the_report():
    training = make_recipe("hard", size="report", settings=["architecture.name=wakawaka"]).training
    assert (training.learning_rate, training.batch_size, training.epochs) == (5e-4, 100, 10)
    assert (training.optimizer, training.loss, training.schedule) == ("adam", "mse", "constant")


@pytest.mark.parametrize("size", [s for s in size_names("wakawaka") if s != "small"])
def test_every_experiment_of_the_report_builds(size):
    plan, model = made(size)
    assert model.output_shape == (None, 1)
    convolutions = [entry.name for entry in plan.layers if entry.role == "convolution"]
    three = size in ("experiment_1", "experiment_2", "experiment_3")
    assert sum(name.startswith("histone") for name in convolutions) == (3 if three else 2)
    two = size in ("experiment_2", "experiment_3", "experiment_4", "experiment_5")
    assert sum(name.startswith("dna") for name in convolutions) == (2 if two else 1)


def test_only_bases_around_the_start_are_read():
    _, model = made("experiment_3")
    assert model.get_layer("dna_middle").output.shape[1:] == (4000, 4)


@pytest.mark.parametrize("module", ["histone", "dna"])
def test_a_module_works_alone(module):
    plan, model = made("report", f'architecture.modules=["{module}"]')
    assert [tensor.name for tensor in model.inputs] == [module]
    assert input_names(plan.recipe.architecture) == (module,)
    assert {entry.module for entry in plan.layers.weighted} == {module, ""}


@pytest.mark.parametrize("plan", ["hard", "soft", "single", "basset"])
def test_cell_types_may_be_tasks(plan):
    small = {"histone": (100, 5), "dna": (400, 4)}
    resolved, model = made("small", *TINY, plan=plan, tasks=("K562", "H1"), inputs=small)
    assert model.output_shape == (None, 2)
    towers = {entry.mode for entry in resolved.layers.weighted if entry.module}
    mode = {"hard": "shared", "soft": "soft", "single": "own", "basset": "shared"}[plan]
    assert towers == {mode}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ('modules=["histones"]', "did you mean histone"),
        ("modules=[]", "histone, dna or both"),
        ('modules=["dna","dna"]', "histone, dna or both"),
        ("dna_pools=[2,2]", "as many architecture.dna_filters as dna_widths, dna_pools"),
        ("slope=2.0", "slope"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(setting, message):
    with pytest.raises(InputError, match=message):
        made("report", f"architecture.{setting}")


@pytest.fixture
def genes():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (60, 300), dtype=np.uint8)
    marks = rng.normal(size=(60, 100, 5)).astype(np.float32)
    return Dataset(
        inputs={"dna": PackedSequences.from_codes(codes), "histone": DenseTable(marks)},
        labels=(marks[:, 40:60, 0].mean(axis=1) + (codes == 2).mean(axis=1))[:, None],
        tasks=("expression",),
        problem="regression",
        split=np.array(["train", "train", "train", "valid", "test"])[np.arange(60) % 5],
    )


def test_modules_trained_before_are_taken_over_and_frozen(genes, tmp_path):
    def run(name, *settings):
        chosen = ("architecture.name=wakawaka", *TINY, *settings)
        train(genes, make_recipe("hard", settings=chosen), tmp_path / name)
        return open_model(tmp_path / name).network

    alone = {
        module: run(f"{module}.keras", f'architecture.modules=["{module}"]')
        for module in ("histone", "dna")
    }
    paths = [str(tmp_path / f"{module}.keras") for module in alone]
    joint = run("joint.keras", f"transfer.modules={paths}", "transfer.freeze=8")
    for layer in joint.layers:
        module = layer.name.partition("_")[0]
        if module not in alone or not layer.weights:
            continue
        for ours, theirs in zip(
            layer.weights, alone[module].get_layer(layer.name).weights, strict=True
        ):
            if "seed" not in ours.path:
                np.testing.assert_array_equal(ours, theirs)
    with pytest.raises(InputError, match="dna_conv_1 would stay random"):
        run("half.keras", f"transfer.modules={paths[:1]}", "transfer.freeze=8")


def test_a_module_of_other_tasks_is_not_frozen_while_random(genes, tmp_path):
    """Task b starts from task a where that is asked for, and else is refused."""
    alone = ("architecture.name=wakawaka", *TINY, 'architecture.modules=["dna"]')
    only = replace(genes, tasks=("a",))
    train(only, make_recipe("single", settings=alone), tmp_path / "a.keras")
    both = replace(
        genes,
        tasks=("a", "b"),
        labels=np.hstack([genes.labels, genes.labels]),
        known=np.ones((60, 2), bool),
    )
    start = (f'transfer.modules=["{tmp_path / "a.keras"}"]', "transfer.freeze=2")
    with pytest.raises(InputError, match="would stay random for task b"):
        train(both, make_recipe("single", settings=(*alone, *start)), tmp_path / "b.keras")
    given = make_recipe("single", settings=(*alone, *start, "transfer.task=a"))
    train(both, given, tmp_path / "b.keras")
    kernel = open_model(tmp_path / "b.keras").network.get_layer("dna_conv_1").get_weights()[0]
    np.testing.assert_array_equal(kernel[0], kernel[1])
    wrong = make_recipe("single", settings=(*alone, *start, "transfer.task=c"))
    with pytest.raises(InputError, match="unknown task of"):
        train(both, wrong, tmp_path / "c.keras")
