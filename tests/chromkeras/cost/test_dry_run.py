import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from chromkeras.cost.activations import model_activations
from chromkeras.cost.dry_run import DryRun, dry_run, shared_parts, untrained_model
from chromkeras.cost.duration import epoch_seconds
from chromkeras.cost.machine import Speed
from chromkeras.cost.memory import training_memory
from chromkeras.cost.operations import model_cost
from chromkeras.data.dataset import Dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable
from chromkeras.recipe.reading import make_recipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

SCALE = """
from chromkeras.cost.machine import peak_memory
from chromkeras.cost.dry_run import untrained_model
from chromkeras.cost.memory import training_memory
from chromkeras.recipe.reading import make_recipe
import keras
keras.ops.zeros(1)
before = peak_memory()
recipe = make_recipe("soft")
tasks = [f"task{i}" for i in range(164)]
model = untrained_model(recipe, tasks, {"dna": (600, 4)}, problem="binary")
training_memory(model, recipe.training, program=0, validated=10)
print(model.count_params(), peak_memory() - before)
"""


@pytest.mark.backend
def test_costs_without_weights_are_the_model_s(plan, tiny_recipe):
    recipe, tasks = tiny_recipe(plan), ("a", "b")
    empty = untrained_model(recipe, tasks, {"dna": (300, 4)}, problem="binary")
    assert model_cost(empty) == model_cost(
        build_model(resolve_plan(recipe, tasks, {"dna": (300, 4)}, problem="binary"))
    )


@pytest.mark.slow
def test_552_million_weights_take_no_memory():
    """Slow: measures the memory of a process of its own, which differs between machines."""
    done = subprocess.run(
        [sys.executable, "-c", SCALE], capture_output=True, text=True, check=True,
        env=dict(os.environ) | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )  # fmt: skip
    parameters, grown = map(int, done.stdout.split())
    assert parameters == 552_450_564
    assert grown < 50e6


@pytest.mark.backend
def test_its_variables_never_get_values():
    model = untrained_model(
        make_recipe("hard", size="small"), ("a", "b"), {"dna": (300, 4)}, problem="binary"
    )
    with keras.StatelessScope():
        pass  # at its end Keras initialises every variable that is waiting
    assert not any(v._value is not None for v in model.variables)


def test_groups_from_the_data_and_frozen_layers(tiny_recipe):
    grouped = ("sharing.depth=3", "sharing.grouped=6", "sharing.groups=labels:2")
    recipe = tiny_recipe("hard", *grouped, "transfer.freeze=3")
    model = untrained_model(recipe, ("a", "b", "c"), {"dna": (300, 4)}, problem="binary")
    assert model.get_layer("conv_2").tasks == 2
    assert not model.get_layer("conv_1").trainable


def test_a_dry_run_says_what_it_found(tiny_dataset, tiny_recipe, monkeypatch):
    speed, program = Speed(flops=1e10, bandwidth=1e9), 3 * 10**8
    monkeypatch.setattr("chromkeras.cost.dry_run.measure_speed", lambda: speed)
    monkeypatch.setattr("chromkeras.cost.dry_run.resident_memory", lambda: program)
    monkeypatch.setattr("chromkeras.cost.dry_run.free_memory", lambda: 10**9)
    dataset, recipe = tiny_dataset(), tiny_recipe("soft", "training.epochs=7")
    result = dry_run(dataset, recipe)
    text = str(result)
    assert text.splitlines()[0].split() == ["parameters", f"{result.cost.parameters:,}"]
    assert "at most 7 epochs" in text
    model = untrained_model(recipe, dataset.tasks, dataset.shapes, problem="binary")
    rows, validated = len(dataset.rows("train")), len(dataset.rows("valid"))
    seconds = epoch_seconds(model, recipe.training, rows=rows, validated=validated, speed=speed)
    assert (result.training, result.validation) == seconds
    assert result.memory == training_memory(
        model, recipe.training, program=program, validated=validated
    )
    assert (result.memory.program, result.free) == (program, 10**9 + program)


@pytest.mark.parametrize("free", [None, 10**15, 10**6])
def test_a_warning_where_memory_is_short(free, tiny_dataset, tiny_recipe):
    found = dry_run(tiny_dataset(), tiny_recipe())
    values = {name: getattr(found, name) for name in found.__dataclass_fields__}
    warning = DryRun(**values | {"free": free}).warning
    if free == 10**6:
        assert warning.startswith("the run is expected to need")
        assert "only 0.00 GB is free" in warning
        assert "\n" not in warning
    else:
        assert warning == ""


def test_a_recipe_that_does_not_fit_is_refused(tiny_dataset):
    with pytest.raises(ValueError, match="sequence is too short"):
        dry_run(tiny_dataset(length=20), make_recipe("hard"))


def test_what_rows_share_costs_once(monkeypatch):
    """Sixteen conditions of a gene in a batch: its DNA is a sixteenth of the work, and no more."""
    speed = Speed(flops=1e10, bandwidth=1e9)
    monkeypatch.setattr("chromkeras.cost.dry_run.measure_speed", lambda: speed)
    rng, gene = np.random.default_rng(0), np.repeat(np.arange(12), 16)
    codes = rng.integers(0, 4, (12, 400), dtype=np.uint8)
    dataset = Dataset(
        inputs={
            "dna": PackedSequences.from_codes(codes),
            "regulators": DenseTable(rng.normal(size=(16, 5))),
        },
        index={"dna": gene, "regulators": np.tile(np.arange(16), 12)},
        labels=rng.normal(size=(192, 1)).astype(np.float32),
        tasks=("expression",),
        problem="regression",
        split=np.array(["train"] * 8 + ["valid"] * 2 + ["test"] * 2)[gene],
    )
    settings = ("architecture.name=deepreg", "architecture.dense=[4]", "training.batch_size=32")
    alone = dry_run(dataset, make_recipe("hard", settings=settings))
    shared = dry_run(dataset, make_recipe("hard", settings=(*settings, "data.together=16")))
    assert shared.cost == alone.cost
    assert 0.05 < shared.training / alone.training < 0.2
    assert shared.validation == alone.validation < alone.training / 10
    assert shared.memory.activations < alone.memory.activations / 5
    # 32 rows of two genes, all in one prediction
    model = untrained_model(
        make_recipe("hard", settings=settings), dataset.tasks, dataset.shapes, problem="regression"
    )
    assert shared.memory.prediction == 2 * model_activations(model).passing


def test_rows_of_their_own_share_nothing(tiny_dataset, tiny_recipe):
    dataset, recipe = tiny_dataset(), tiny_recipe()
    model = untrained_model(recipe, dataset.tasks, dataset.shapes, problem="binary")
    assert shared_parts(model, dataset, recipe) == ()
