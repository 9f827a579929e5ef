"""Parts of the comparison on models of other inputs and labels than DNA and open or closed."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from chromkeras.architectures import options as common
from chromkeras.comparison.core.comparison import ComparedModel, CompareOptions, Comparison
from chromkeras.data.dataset import Dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable
from chromkeras.model_file.card import RunCard
from chromkeras.recipe.reading import make_recipe
from chromkeras.registry import ARCHITECTURES, COMPARISON_PARTS
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

TASKS, CLASSES = ("gut", "muscle"), ("closed", "weak", "strong")
LOSSES = {"binary": "rebalanced", "regression": "mse", "classes": "crossentropy"}


@dataclass(frozen=True)
class Options(common.Options):
    name: str = "two_inputs"
    filters: int = 5


def build(options, inputs, lay):
    x = lay.conv1d(inputs["dna"], options.filters, 7)
    x = lay.global_average_pool(lay.activation(lay.batch_norm(x), "relu"))
    y = lay.activation(lay.dense(inputs["cell"], 3), "relu")
    return lay.outputs(lay.concatenate([x, y]))


def build_without_dna(options, inputs, lay):
    return lay.outputs(lay.activation(lay.dense(inputs["cell"], 3), "relu"))


@pytest.fixture(autouse=True)
def architectures():
    """Two architectures from outside the package."""
    members = {
        "two_inputs": SimpleNamespace(
            Options=Options, INPUTS=("dna", "cell"), SIZES={}, build=build
        ),
        "no_dna": SimpleNamespace(
            Options=Options, INPUTS=("cell",), SIZES={}, build=build_without_dna
        ),
    }
    for name, member in members.items():
        ARCHITECTURES.register(name, member)
    yield
    for name in members:
        ARCHITECTURES.unregister(name)


@pytest.fixture
def dataset():
    """Return a function that makes a data set of two inputs for a kind of labels."""

    def make(problem: str, rows: int = 60, length: int = 60) -> Dataset:
        random = np.random.default_rng(0)
        labels = {
            "binary": random.integers(0, 2, (rows, 2)).astype(np.int8),
            "regression": random.normal(size=(rows, 2)).astype(np.float32),
            "classes": random.integers(0, 3, (rows, 2)).astype(np.int8),
        }[problem]
        return Dataset(
            {
                "dna": PackedSequences.from_codes(
                    random.integers(0, 4, (rows, length)).astype(np.uint8)
                ),
                "cell": DenseTable(random.normal(size=(4, 6)).astype(np.float32)),
            },
            labels,
            TASKS,
            np.array(["train", "test"])[np.arange(rows) % 2],
            random.random((rows, 2)) > 0.1,
            problem=problem,
            classes=CLASSES if problem == "classes" else (),
            index={"cell": random.integers(0, 4, rows)},
        )

    return make


def model(data: Dataset, name: str, architecture: str = "two_inputs", seed: int = 0):
    recipe = make_recipe(
        "hard",
        values={
            "architecture.name": architecture,
            "training.loss": LOSSES[data.problem],
            "training.seed": seed,
        },
    )
    keras.utils.set_random_seed(seed)
    plan = resolve_plan(recipe, TASKS, data.shapes, problem=data.problem, classes=data.classes)
    card = RunCard(
        tasks=tuple(TASKS), recipe=recipe.to_dict(), problem=data.problem, classes=data.classes
    )
    return ComparedModel(Path(f"{name}.keras"), build_model(plan), card, name=name)


def compared(data: Dataset, *models: ComparedModel) -> Comparison:
    options = CompareOptions(sequences=16, attributed=3, bootstrap=20)
    return Comparison(models, data, data, data.rows("test"), options, 0, ())


def text(result) -> str:
    return str([[getattr(b, "lines", "") for b in s.blocks] for s in result.sections])


@pytest.mark.parametrize("problem", LOSSES)
def test_models_of_two_inputs_are_compared_by_every_part(dataset, problem, monkeypatch):
    monkeypatch.setattr("chromkeras.comparison.filters.part.load_motifs", lambda name: [])
    monkeypatch.setattr("chromkeras.comparison.filters.part.motif_table", no_motifs)
    data = dataset(problem)
    found = compared(data, model(data, "a"), model(data, "b", seed=1))
    for name in ("predictions", "layers", "filters", "attributions", "distances"):
        result = COMPARISON_PARTS.get(name).compare_part(found)
        assert result.sections
        assert ("Explained is" in text(result)) == (
            problem == "classes" and name in ("filters", "attributions")
        )
    rows = COMPARISON_PARTS.get("predictions").compare_part(found).tables["differences.tsv"]
    score = found.problem.score
    assert f"{score}_difference" in rows[0]
    assert ("delong_p" in rows[0], "bootstrap_p" in rows[0]) == (
        (True, False) if problem == "binary" else (False, True)
    )
    outputs, values = found.outputs, data.values(found.rows)
    expected = found.problem.scores(values, outputs[1]) - found.problem.scores(values, outputs[0])
    whole = [row for row in rows if row["stratum"] == "all"]
    np.testing.assert_allclose([row[f"{score}_difference"] for row in whole], expected)


def test_parts_on_dna_leave_out_models_that_read_none(dataset):
    data = dataset("regression")
    found = compared(data, model(data, "a"), model(data, "b", "no_dna"))
    for name in ("filters", "attributions"):
        result = COMPARISON_PARTS.get(name).compare_part(found)
        assert "no convolution reads DNA: b." in text(result)
        assert not result.tables
    assert COMPARISON_PARTS.get("layers").compare_part(found).tables["layers.tsv"]


def no_motifs(found, database, *, seed):
    from chromkeras.comparison.filters.motif_table import MotifTable

    nothing = np.zeros((0, len(found)))
    return MotifTable(tuple(found), (), nothing, (), 0.1, (0,) * len(found), 0, 0)
