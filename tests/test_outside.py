"""What a stranger adds from outside the package works everywhere, without a line about it inside.

A toy architecture reads DNA and a dense table with a row index of its own, and has real outputs.
It is trained, resumed, evaluated, compared, interpreted and transferred; a loss, a problem, a
merging method and a part of the comparison are added likewise.
"""

import json
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
from keras import ops

from chromkeras.architectures import options as common
from chromkeras.data.dataset import Dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable
from chromkeras.recipe.reading import make_recipe
from chromkeras.registry import ARCHITECTURES, CONFLICT_METHODS, LOSSES

TASKS = ("gut", "skin", "muscle")
LENGTH, MARKS = 60, 5


@dataclass(frozen=True)
class Options(common.Options):
    """Sizes of the toy."""

    name: str = "toy"
    filters: int = field(default=6, metadata={"least": 1})
    units: int = field(default=4, metadata={"least": 1})


def build(options, inputs, lay):
    """Lay two towers and a joint layer."""
    x = lay.conv1d(inputs["dna"], options.filters, 7)
    x = lay.flatten(lay.max_pool(lay.activation(lay.batch_norm(x), "relu"), 6))
    y = lay.activation(lay.dense(inputs["marks"], options.units), "relu")
    joint = lay.activation(lay.dense(lay.concatenate([x, y]), options.units), "relu")
    return lay.outputs(joint)


TOY = SimpleNamespace(Options=Options, INPUTS=("dna", "marks"), SIZES={"small": {}}, build=build)


@pytest.fixture(autouse=True)
def toy():
    """Register the architecture for one test."""
    ARCHITECTURES.register("toy", TOY)
    yield
    ARCHITECTURES.unregister("toy")


@pytest.fixture
def dataset():
    """Rows that are pairs of a sequence and one of ten rows of marks; some labels unknown."""
    rng = np.random.default_rng(0)
    rows = 160
    codes = rng.integers(0, 4, (rows // 2, LENGTH)).astype(np.uint8)
    marks = rng.normal(size=(10, MARKS)).astype(np.float32)
    index = {"dna": np.arange(rows) // 2, "marks": rng.integers(0, 10, rows)}
    share = (codes == 2).mean(axis=1)[index["dna"]]
    signal = 8 * share[:, None] + marks[index["marks"], :1] * np.array([[1.0, -1.0, 0.5]])
    labels = (signal - signal.mean(axis=0)).astype(np.float32) - 1.0  # -1 is a value like others
    known = rng.random(labels.shape) > 0.1
    split = np.array(["train", "train", "valid", "test"])[np.arange(rows) // 2 % 4]
    return Dataset(
        {"dna": PackedSequences.from_codes(codes), "marks": DenseTable(marks)},
        np.where(known, labels, 0),
        TASKS,
        split,
        known,
        problem="regression",
        index=index,
    )


def recipe_of(plan, *settings, **values):
    return make_recipe(
        plan,
        settings=("architecture.name=toy", "training.epochs=2", "training.batch_size=16",
                  "training.learning_rate=0.01", *settings),
        values=values,
    )  # fmt: skip


@pytest.fixture
def trained(dataset, tmp_path):
    """Return a function that trains the toy by a plan and gives the result."""
    from chromkeras.training.train import train

    def run(plan, *settings, out=None, **options):
        path = tmp_path / (out or f"{plan}.keras")
        return train(dataset, recipe_of(plan, *settings), path, **options)

    return run


@pytest.mark.parametrize("plan", ["hard", "single", "soft", "basset"])
@pytest.mark.parametrize("conflict", ["sum", "pcgrad"])
def test_every_plan_and_conflict_method_trains(trained, plan, conflict):
    result = trained(plan, f"balance.conflict={conflict}")
    assert set(result.scores["validation_pearson"]) == set(TASKS)
    assert np.isfinite([row["loss"] for row in result.rows]).all()


def test_every_depth_of_sharing_has_its_networks(dataset):
    from chromkeras.sharing.builder import build_model
    from chromkeras.sharing.plan import resolve_plan

    for depth in range(6):
        plan = resolve_plan(
            recipe_of("hard", f"sharing.depth={depth}"), TASKS, dataset.shapes, problem="regression"
        )
        model = build_model(plan)
        for entry in plan.layers.weighted:
            tasks = getattr(model.get_layer(entry.name), "tasks", 1)
            assert tasks == (1 if entry.number <= depth else len(TASKS)), entry


def test_a_stopped_run_resumes_to_the_same_weights(trained, dataset, tmp_path, monkeypatch):
    from chromkeras.model_file.model_file import open_model
    from chromkeras.training import train as training
    from chromkeras.training.best_weights import BestWeights

    whole = trained("soft", "training.epochs=3", out="whole.keras")

    def stop(self, epoch, logs=None, *, done=BestWeights.on_epoch_end):
        if epoch == 1:
            raise KeyboardInterrupt
        done(self, epoch, logs)

    with monkeypatch.context() as patched:
        patched.setattr(BestWeights, "on_epoch_end", stop)
        with pytest.raises(KeyboardInterrupt):
            trained("soft", "training.epochs=3", out="broken.keras")
    again = training.train(
        dataset, recipe_of("soft", "training.epochs=3"), tmp_path / "broken.keras", resume=True
    )
    pairs = zip(*(open_model(r.model)[0].get_weights() for r in (whole, again)), strict=True)
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)


def test_transfer_copies_the_shared_towers_to_every_task(trained, tmp_path):
    from chromkeras.model_file.model_file import open_model

    hard = trained("hard")
    init = f"transfer.init={hard.model}"
    single = trained("single", init, "training.epochs=1", "training.learning_rate=1e-12")
    old, new = (open_model(each.model)[0] for each in (hard, single))
    kernel = old.get_layer("conv_1").get_weights()[0]
    for own in new.get_layer("conv_1").get_weights()[0]:
        np.testing.assert_allclose(own, kernel, atol=1e-6)


def test_it_is_evaluated(trained, dataset, tmp_path):
    from chromkeras.evaluation.report import evaluate_model

    found = evaluate_model(trained("hard").model, dataset, out=tmp_path / "metrics.json")
    figures = found.evaluation.strata["all"].figures
    assert {"pearson", "spearman", "r_squared", "mae"} <= set(figures)
    written = json.loads((tmp_path / "metrics.json").read_text())
    assert set(written["strata"]["all"]["tasks"]) == set(TASKS)


def test_it_is_compared(trained, dataset, tmp_path):
    from chromkeras.comparison.core.compare import CompareOptions, compare

    paths = [trained("hard").model, trained("single").model]
    options = CompareOptions(bootstrap=20, sequences=8, attributed=2)
    summary = compare(paths, dataset, tmp_path / "out", options)
    assert set(summary["models"]) == {"hard", "single"}
    for file in ("models.tsv", "tasks.tsv", "layers.tsv", "attributions.tsv", "report.html"):
        assert (tmp_path / "out" / file).stat().st_size > 0


def test_it_is_interpreted(trained, dataset, tmp_path):
    from chromkeras.model_report.interpret import InterpretOptions, interpret

    options = InterpretOptions(split="valid", sequences=4, scan=20, references=3, modisco=0)
    summary = interpret(trained("hard").model, dataset, tmp_path / "out", options)
    assert summary["filters"]["filters"] == 6
    with np.load(tmp_path / "out" / "deep_lift_shap.npz") as file:
        assert any(array.shape[-2:] == (LENGTH, 4) for array in map(file.get, file.files))
    assert (tmp_path / "out" / "report.html").stat().st_size > 0


def test_a_loss_and_a_merging_method_from_outside_train(trained):
    def per_task(y, output, known):
        from chromkeras.losses.masks import sum_known, where_known

        y, output = where_known(known, y, output)
        return sum_known(ops.abs(output - y), known)

    loss = SimpleNamespace(
        PROBLEM="regression", LINK="identity", per_task=per_task, constants=lambda dataset: {}
    )
    method = SimpleNamespace(coefficients=lambda gram: ops.ones_like(gram[0]) / gram.shape[0])
    LOSSES.register("absolute", loss)
    CONFLICT_METHODS.register("mean", method)
    try:
        result = trained("hard", "training.loss=absolute", "balance.conflict=mean")
    finally:
        LOSSES.unregister("absolute")
        CONFLICT_METHODS.unregister("mean")
    assert np.isfinite(result.scores["validation_pearson_mean"])
