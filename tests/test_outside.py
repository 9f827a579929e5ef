"""What a stranger adds from outside the package works everywhere, without a line about it inside.

A toy architecture reads DNA and a dense table with a row index of its own, and has real outputs.
It is trained, resumed, evaluated, compared, interpreted and transferred; a loss, a problem, a
conflict method, a part of the comparison and an import format are added likewise.
"""

import csv
import json
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from keras import ops

from chromkeras.architectures import options as common
from chromkeras.cli.app import run
from chromkeras.data.dataset import Dataset
from chromkeras.data.hdf5 import load_dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable
from chromkeras.importers.assemble import Prepared, Rows, assemble
from chromkeras.losses.masks import sum_known, where_known
from chromkeras.recipe.reading import make_recipe
from chromkeras.registry import (
    ARCHITECTURES,
    COMPARISON_PARTS,
    CONFLICT_METHODS,
    IMPORT_FORMATS,
    LOSSES,
    PROBLEMS,
)

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

    def run_plan(plan, *settings, out=None, data=dataset, **options):
        path = tmp_path / (out or f"{plan}.keras")
        return train(data, recipe_of(plan, *settings), path, **options)

    return run_plan


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
    from chromkeras.model_file.open_model import open_model
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
    pairs = zip(*(open_model(r.model).network.get_weights() for r in (whole, again)), strict=True)
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)


def test_transfer_copies_the_shared_towers_to_every_task(trained, tmp_path):
    from chromkeras.model_file.open_model import open_model

    hard = trained("hard")
    init = f"transfer.init={hard.model}"
    single = trained("single", init, "training.epochs=1", "training.learning_rate=1e-12")
    old, new = (open_model(each.model).network for each in (hard, single))
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
    from chromkeras.evaluation.report import evaluate_model

    paths = [trained("hard").model, trained("single").model]
    options = CompareOptions(bootstrap=20, sequences=8, attributed=2)
    summary = compare(paths, dataset, tmp_path / "out", options)
    assert set(summary["models"]) == {"hard", "single"}
    with (tmp_path / "out" / "tasks.tsv").open() as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["stratum"] == "all"]
    for name, path in zip(("hard", "single"), paths, strict=True):
        scored = evaluate_model(path, dataset).evaluation.strata["all"].figures["mae"]
        found = [float(row["mae"]) for row in rows if row["model"] == name]
        np.testing.assert_allclose(found, scored, rtol=1e-4)
    page = (tmp_path / "out" / "report.html").read_text()
    assert all(task in page for task in TASKS)


def test_it_is_interpreted(trained, dataset, tmp_path):
    from chromkeras.model_report.interpret import InterpretOptions, interpret

    options = InterpretOptions(split="valid", sequences=4, scan=20, references=3, modisco=0)
    summary = interpret(trained("hard").model, dataset, tmp_path / "out", options)
    assert summary["filters"]["filters"] == 6
    with np.load(tmp_path / "out" / "deep_lift_shap.npz") as file:
        assert any(array.shape[-2:] == (LENGTH, 4) for array in map(file.get, file.files))
    page = (tmp_path / "out" / "report.html").read_text()
    assert all(task in page for task in TASKS)


@pytest.fixture
def added():
    """Return a function that adds a member to a registry for one test."""
    with ExitStack() as stack:

        def add(registry, name, **member):
            registry.register(name, SimpleNamespace(**member))
            stack.callback(registry.unregister, name)

        yield add


def absolute(y, output, known):
    """Return the sum of absolute errors of each task and the number of known values."""
    y, output = where_known(known, y, output)
    return sum_known(ops.abs(output - y), known)


def test_a_loss_and_a_conflict_method_from_outside_train(trained, added):
    own = {"per_task": absolute, "constants": lambda dataset: {}}
    added(LOSSES, "absolute", PROBLEM="regression", LINK="identity", **own)
    mean = {"coefficients": lambda gram: ops.ones_like(gram[0]) / gram.shape[0]}
    added(CONFLICT_METHODS, "mean", **mean)
    result = trained("hard", "training.loss=absolute", "balance.conflict=mean")
    assert np.isfinite(result.scores["validation_pearson_mean"])


def test_a_problem_from_outside_chooses_the_loss_and_the_score(trained, added, dataset):
    from chromkeras.evaluation.report import evaluate_model
    from chromkeras.problems.regression import Regression

    class Ranks(Regression):
        name, score, score_title = "ranks", "spearman", "Spearman ρ"
        default_loss = "absolute"

    own = {"per_task": absolute, "constants": lambda dataset: {}}
    added(LOSSES, "absolute", PROBLEM="ranks", LINK="identity", **own)
    added(PROBLEMS, "ranks", PROBLEM=Ranks())
    ranked = replace(dataset, problem="ranks")
    result = trained("hard", data=ranked)
    assert set(result.scores["validation_spearman"]) == set(TASKS)
    figures = evaluate_model(result.model, ranked).evaluation.strata["all"].figures
    assert len(figures["spearman"]) == len(TASKS)


def test_a_part_of_the_comparison_from_outside_writes_its_files(trained, added, dataset, tmp_path):
    from chromkeras.comparison.core.compare import CompareOptions, compare
    from chromkeras.comparison.core.part import PartResult

    def compare_part(comparison):
        rows = [{"model": model.name} for model in comparison.models]
        return PartResult([], {"names": rows}, {"names.tsv": rows}, {})

    added(COMPARISON_PARTS, "names", ORDER=99, compare_part=compare_part)
    paths = [trained("hard").model, trained("single").model]
    compare(paths, dataset, tmp_path / "out", CompareOptions(parts=("names",)))
    assert (tmp_path / "out" / "names.tsv").read_text().split() == ["model", "hard", "single"]


def prepare_lines(path: str | PathLike[str], *, repeats: int = 1) -> Prepared:
    """Make a data set of lines of letters and numbers.

    Parameters
    ----------
    path
        Text file of lines with a sequence and a value.
    repeats
        Number of times that each line is taken.
    """
    lines = [line.split() for line in Path(path).read_text().splitlines()] * repeats
    codes = np.array([["ACGT".index(letter) for letter in letters] for letters, _ in lines])
    rows = Rows(
        dna=PackedSequences.from_codes(codes.astype(np.uint8)),
        labels=np.array([[float(value)] for _, value in lines], np.float32),
        tasks=("expression",),
        split=np.array(["train", "valid", "test"])[np.arange(len(lines)) % 3],
        problem="regression",
    )
    return assemble(rows)


def test_an_import_format_from_outside_is_a_command(added, tmp_path, capsys):
    added(IMPORT_FORMATS, "lines", prepare=prepare_lines)
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("ACGT"), 20)) for _ in range(9)]
    lines = tmp_path / "lines.txt"
    lines.write_text("\n".join(f"{text} {i}" for i, text in enumerate(texts)))
    out = tmp_path / "lines.h5"
    assert run(["prepare", "lines", str(lines), "--repeats", "2", "--out", str(out)]) == 0
    found = load_dataset(out)
    assert (len(found), found.problem, found.tasks) == (18, "regression", ("expression",))
    assert run(["prepare", "lines", "--help"]) == 0
    help_text = capsys.readouterr().out
    assert "Number of times that each line is taken." in help_text
    assert "[default: 1]" in help_text
