"""Cross-validation of every architecture, plan and problem, and its end after any stop."""

import csv
import json
import logging
import os
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import cycle

import keras
import numpy as np
import pytest

from chromkeras.cross_validation.crossval import crossval
from chromkeras.data.hdf5 import save_dataset
from chromkeras.errors import InputError
from chromkeras.evaluation.evaluate import evaluate
from chromkeras.evaluation.predict import mean_logits
from chromkeras.evaluation.prior import find_prior
from chromkeras.model_file.open_model import open_model
from chromkeras.problems.registry import find_problem
from chromkeras.recipe.choices import PLANS
from chromkeras.registry import ARCHITECTURES, PROBLEMS
from chromkeras.scoring.predict import predict
from chromkeras.training.train import train

KINDS = [names for names, _ in zip(
    zip(cycle(ARCHITECTURES.names()), cycle(PLANS), cycle(PROBLEMS.names()), strict=False),
    range(max(len(ARCHITECTURES.names()), len(PLANS), len(PROBLEMS.names()))), strict=False,
)]  # fmt: skip
WRITTEN = {
    "crossval.json", "curves.png", "ensemble.json", "folds.tsv", "out_of_fold", "out_of_fold.npz",
    "scores.tsv",
}  # fmt: skip


def of_problem(dataset, problem):
    classes = ("closed", "open") if problem == "classes" else ()
    labels = dataset.labels
    if problem == "regression":
        noise = np.random.default_rng(0).normal(size=labels.shape)
        labels = (labels + noise).astype(np.float32)
    return replace(dataset, problem=problem, classes=classes, labels=labels)


def read(path, delimiter="\t"):
    with path.open() as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def numbers(folder):
    """Return all numbers of a run that may not depend on when it was stopped."""
    with np.load(folder / "out_of_fold.npz") as file:
        found = dict(file)
    for path in sorted(folder.glob("fold_*.keras")):
        weights = open_model(path).network.get_weights()
        found |= {f"{path.name} {i}": w for i, w in enumerate(weights)}
        rows = read(folder / f"{path.stem}.history.csv", ",")
        found[path.stem] = [row | {"seconds": ""} for row in rows]
    for name in ("scores.tsv", "folds.tsv", "crossval.json", "ensemble.json"):
        found[name] = (folder / name).read_text()
    return found


def check_equal(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name], err_msg=name)


@pytest.mark.grid
@pytest.mark.parametrize(("architecture", "plan", "problem"), KINDS)
def test_every_kind(architecture, plan, problem, grouped_dataset, short_recipe, refused, tmp_path):
    dataset = of_problem(grouped_dataset(architecture=architecture), problem)
    recipe = short_recipe(plan, "training.epochs=1", architecture=architecture)
    if refused(recipe):
        recipe = short_recipe("hard", "training.epochs=1", architecture=architecture)
    found = crossval(dataset, recipe, tmp_path / "cv", folds=3, group="gene", seed=1)
    models = {f"fold_{i}.{end}" for i in (1, 2, 3) for end in ("keras", "history.csv")}
    assert {path.name for path in (tmp_path / "cv").iterdir()} == WRITTEN | models
    assert (tmp_path / "cv" / "out_of_fold" / "by_gene.tsv").exists()
    # each row outside of the test split is predicted once, by the model that did not see its gene
    with np.load(tmp_path / "cv" / "out_of_fold.npz") as file:
        rows, of, outputs = (file[name] for name in ("rows", "fold", "outputs"))
        predictions = file["predictions"]
    assert sorted(rows) == np.flatnonzero(dataset.split != "test").tolist()
    kind = find_problem(problem)
    for scores in found.scores:
        model, held = open_model(scores.model), rows[of == scores.fold]
        view = found.folds.dataset(dataset, scores.fold)
        assert model.card.fingerprint == view.fingerprint
        assert not set(dataset.factors["gene"].of[held]) & set(
            dataset.factors["gene"].of[view.rows("train")]
        )
        own = find_prior(model, view).applied(mean_logits(model, view, held))
        np.testing.assert_array_equal(outputs[of == scores.fold], own)
        np.testing.assert_allclose(
            predictions[of == scores.fold], kind.predictions(own, model.link), atol=1e-6
        )
        expected = kind.scores(dataset.values(held), own, model.link)
        np.testing.assert_allclose(scores.held_out, expected)
    pooled = evaluate(outputs, found.folds.out_of_fold(dataset), rows, link=model.link)
    for name, values in pooled.strata["all"].figures.items():
        np.testing.assert_allclose(found.evaluation.strata["all"].figures[name], values, rtol=1e-5)
    results = json.loads((tmp_path / "cv" / "crossval.json").read_text())["results"]
    assert results["mean"]["mean"] == pytest.approx(np.mean([s.mean for s in found.scores]))
    assert results["sd"]["mean"] == pytest.approx(np.std([s.mean for s in found.scores], ddof=1))
    assert [row["fold"] for row in read(tmp_path / "cv" / "scores.tsv")] == list("111222333")
    genes = read(tmp_path / "cv" / "folds.tsv")
    assert [row["gene"] for row in genes] == list(dataset.factors["gene"].names)
    assert sum(int(row["rows"]) for row in genes) == len(rows)


def test_a_fold_is_what_train_makes_of_its_split(grouped_dataset, short_recipe, tmp_path):
    dataset, recipe = grouped_dataset(), short_recipe()
    found = crossval(dataset, recipe, tmp_path / "cv", folds=3)
    alone = train(found.folds.dataset(dataset, 2), recipe, tmp_path / "alone.keras")
    assert alone.scores == open_model(found.scores[1].model).card.scores
    np.testing.assert_array_equal(
        predict(alone.model, dataset), predict(found.scores[1].model, dataset)
    )
    assert [row["row"] for row in read(tmp_path / "cv" / "folds.tsv")] == [
        str(row) for row in np.flatnonzero(dataset.split != "test")
    ]


class Stop(keras.callbacks.Callback):
    """Stop in the middle of the step that is counted down to, over all folds."""

    left = 0

    def on_train_batch_end(self, batch, logs=None):
        Stop.left -= 1
        if Stop.left == 0:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return a function that runs once, uninterrupted, what the tests below interrupt."""
    found = {}

    def run(dataset, recipe):
        if not found:
            folder = tmp_path_factory.mktemp("whole") / "cv"
            crossval(dataset, recipe, folder, folds=3)
            found.update(numbers(folder))
        return found

    return run


def test_a_run_stopped_again_and_again_ends_in_the_same_numbers(
    whole, grouped_dataset, short_recipe, tmp_path, monkeypatch
):
    dataset, recipe, out = grouped_dataset(), short_recipe(), tmp_path / "cv"
    expected = whole(dataset, recipe)
    stops = 0
    with monkeypatch.context() as patch:
        patch.setattr("chromkeras.training.run.StopOnDivergence", Stop)
        for steps in (2, 3, 5):  # in fold 1 before an epoch, after one, and in fold 2
            Stop.left = steps
            with pytest.raises(KeyboardInterrupt):
                crossval(dataset, recipe, out, folds=3, resume=True)
            stops += 1
    # between the end of a training and its predictions
    with monkeypatch.context() as patch:
        patch.setattr("chromkeras.cross_validation.run.mean_logits", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            crossval(dataset, recipe, out, folds=3, resume=True)
    # after all trainings
    with monkeypatch.context() as patch:
        patch.setattr("chromkeras.cross_validation.crossval.write_manifest", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            crossval(dataset, recipe, out, folds=3, resume=True)
    assert not (out / "ensemble.json").exists()
    crossval(dataset, recipe, out, folds=3, resume=True)
    check_equal(numbers(out), expected)
    assert not list(out.glob("*.npz"))[1:]  # no state of a fold is left
    again = crossval(dataset, recipe, out, folds=3, resume=True)  # nothing is left to do
    check_equal(numbers(out), expected)
    assert len(again.scores) == 3


def _interrupt(*arguments, **options):
    raise KeyboardInterrupt


KILLED = """
import os, signal, sys
import chromkeras
from chromkeras.recipe.reading import recipe_from_dict
import json, keras

class Kill(keras.callbacks.Callback):
    steps = 0
    def on_train_batch_end(self, batch, logs=None):
        Kill.steps += 1
        if Kill.steps == int(sys.argv[4]):
            os.kill(os.getpid(), signal.SIGKILL)

import chromkeras.training.run as run
run.StopOnDivergence = Kill
recipe = recipe_from_dict(json.loads(sys.argv[2]))
dataset = chromkeras.load_dataset(sys.argv[1])
chromkeras.crossval(dataset, recipe, sys.argv[3], folds=3, resume=True)
"""


@pytest.mark.slow
def test_a_killed_process_goes_on_to_the_same_numbers(grouped_dataset, short_recipe, tmp_path):
    save_dataset(grouped_dataset(), tmp_path / "data.h5")
    recipe = json.dumps(short_recipe().to_dict())

    def run(folder, kill):
        words = [tmp_path / "data.h5", recipe, tmp_path / folder, str(kill)]
        return subprocess.run([sys.executable, "-c", KILLED, *words], env={**os.environ}).returncode

    assert run("whole", 0) == 0
    assert run("killed", 3) == -signal.SIGKILL  # in fold 1
    assert run("killed", 4) == -signal.SIGKILL  # in fold 2
    assert run("killed", 0) == 0
    check_equal(numbers(tmp_path / "killed"), numbers(tmp_path / "whole"))


def test_another_run_is_not_resumed(whole, grouped_dataset, short_recipe, tmp_path, monkeypatch):
    dataset, recipe, out = grouped_dataset(), short_recipe(), tmp_path / "cv"
    monkeypatch.setattr("chromkeras.cross_validation.run.train", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        crossval(dataset, recipe, out, folds=3)
    assert (out / "crossval.json").exists()
    others = {
        r"training\.seed was 0, now 4": (dataset, short_recipe("hard", "training.seed=4"), {}),
        r"recipe\.plan was hard, now soft": (dataset, short_recipe("soft"), {}),
        r"data was .*, now": (grouped_dataset(seed=1), recipe, {}),
        r"folds was 3, now 4": (dataset, recipe, {"folds": 4}),
        r"seed was 0, now 1": (dataset, recipe, {"seed": 1}),
        r"group was , now gene": (dataset, recipe, {"group": "gene"}),
    }
    for message, (data, other, options) in others.items():
        with pytest.raises(InputError, match=f"another cross-validation .*{message}"):
            crossval(data, other, out, **{"folds": 3, **options}, resume=True)


def test_a_new_run_takes_nothing_of_an_earlier_one(
    grouped_dataset, short_recipe, tmp_path, monkeypatch
):
    out = tmp_path / "cv"
    monkeypatch.setattr("chromkeras.cross_validation.run.train", _interrupt)
    for folds in (4, 3):
        with pytest.raises(KeyboardInterrupt):
            crossval(grouped_dataset(), short_recipe(), out, folds=folds)
        assert {path.name for path in out.iterdir()} == {"crossval.json"} | (
            {"mine.keras", "fold_5.keras"} if folds == 3 else set()
        )
        left = [f"fold_{i}.{end}" for i in (1, 2, 3, 4) for end in ("keras", "resume.npz")]
        left += ["ensemble.json", "out_of_fold.npz", "mine.keras", "fold_5.keras"]
        for name in left:
            (out / name).write_text("of the run before, or a person's")


def test_a_diverged_fold_is_no_model(grouped_dataset, short_recipe, tmp_path, monkeypatch):
    from chromkeras.training.divergence import StopOnDivergence

    class Poison(StopOnDivergence):
        def on_epoch_begin(self, epoch, logs=None):
            super().on_epoch_begin(epoch, logs)
            if epoch == 1:
                self.model.trainable_variables[0].assign(self.model.trainable_variables[0] * np.nan)

    monkeypatch.setattr("chromkeras.training.run.StopOnDivergence", Poison)
    out = tmp_path / "cv"
    with pytest.raises(InputError, match=r"fold 1 of 3: .* epoch 2; lower training.learning_rate"):
        crossval(grouped_dataset(), short_recipe(), out, folds=3)
    assert not (out / "fold_1.keras").exists()


def test_what_is_wrong_is_said_before_any_training(grouped_dataset, short_recipe, tmp_path):
    dataset, out = grouped_dataset(), tmp_path / "cv"
    labels = dataset.labels.copy()
    labels[:, 1] = dataset.factors["gene"].of == 0  # one gene has all ones of a task
    rare = replace(dataset, labels=labels, known=np.ones(labels.shape, bool))
    with pytest.raises(InputError, match=r"fold \d of 3: task 'task1' has only negatives"):
        crossval(rare, short_recipe(), out, folds=3, group="gene")
    with pytest.raises(InputError, match="unknown `group`"):
        crossval(dataset, short_recipe(), out, group="cell")
    assert not out.exists()


def test_a_model_of_the_same_data_is_no_fair_start(
    grouped_dataset, short_recipe, tmp_path, caplog, monkeypatch
):
    dataset, start = grouped_dataset(), tmp_path / "start.keras"
    train(dataset, short_recipe("hard", "training.epochs=1"), start)
    monkeypatch.setattr("chromkeras.cross_validation.run.train", _interrupt)
    with caplog.at_level(logging.WARNING), pytest.raises(KeyboardInterrupt):
        crossval(dataset, short_recipe("hard", f"transfer.init={start}"), tmp_path / "cv", folds=3)
    assert "was trained on this data set" in caplog.text
