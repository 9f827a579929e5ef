import csv
import random
import threading
from dataclasses import replace

import keras
import numpy as np
import pytest

from chromkeras.errors import InputError
from chromkeras.evaluation.predict import predict_logits
from chromkeras.files import locked
from chromkeras.model_file.beside import checkpoint_path, running_history_path
from chromkeras.model_file.open_model import open_model
from chromkeras.problems.binary import Binary
from chromkeras.training.history_plot import read_history
from chromkeras.training.train import train

SHORT = ("training.epochs=3", "training.batch_size=16", "training.learning_rate=0.01")


def weights(path):
    return open_model(path).network.get_weights()


def test_same_seed_same_result(tiny_dataset, tiny_recipe, tmp_path):
    recipe = tiny_recipe("soft", *SHORT)
    runs = [train(tiny_dataset(), recipe, tmp_path / f"{i}.keras") for i in "ab"]
    for one, other in zip(*(weights(run.model) for run in runs), strict=True):
        np.testing.assert_array_equal(one, other)
    assert runs[0].scores == runs[1].scores
    other = tiny_recipe("soft", *SHORT, "training.seed=1")
    other = train(tiny_dataset(), other, tmp_path / "c.keras")
    assert other.scores != runs[0].scores


@pytest.mark.parametrize("groups", ["", "gradients:2"])
def test_the_callers_random_numbers_neither_change_nor_matter(
    groups, tiny_dataset, tiny_recipe, tmp_path
):
    def draw():
        return random.random(), np.random.random(), float(keras.random.uniform(()))  # noqa: NPY002

    grouped = ("sharing.depth=3", "sharing.grouped=9", f"sharing.groups={groups}")
    recipe, runs = tiny_recipe("hard", *SHORT, *(grouped if groups else ())), []
    for seed in (5, 6):
        keras.utils.set_random_seed(seed)
        expected = draw(), draw()
        keras.utils.set_random_seed(seed)
        before = draw()
        runs.append(train(tiny_dataset(), recipe, tmp_path / f"{seed}.keras"))
        assert (before, draw()) == expected
    for one, other in zip(*(weights(run.model) for run in runs), strict=True):
        np.testing.assert_array_equal(one, other)


class Interrupt(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations == 5:
            raise KeyboardInterrupt


@pytest.mark.parametrize("kind", ["hard", "single"])
def test_a_resumed_run_equals_an_uninterrupted_one(
    kind, tiny_dataset, tiny_recipe, tmp_path, monkeypatch
):
    recipe = tiny_recipe(kind, *SHORT)
    whole = train(tiny_dataset(), recipe, tmp_path / "whole.keras")
    broken = tmp_path / "broken.keras"
    with monkeypatch.context() as patch:
        patch.setattr("chromkeras.training.run.StopOnDivergence", Interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(tiny_dataset(), recipe, broken)
    assert not broken.exists()
    assert checkpoint_path(broken).exists()
    resumed = train(tiny_dataset(), recipe, broken, resume=True)
    for one, other in zip(weights(whole.model), weights(resumed.model), strict=True):
        np.testing.assert_array_equal(one, other)
    assert [r["loss"] for r in resumed.rows] == [r["loss"] for r in whole.rows]
    assert not checkpoint_path(broken).exists()


def test_resume_wants_the_same_run(tiny_dataset, tiny_recipe, tmp_path, monkeypatch):
    out = tmp_path / "m.keras"
    with pytest.raises(ValueError, match="nothing to resume"):
        train(tiny_dataset(), tiny_recipe(), out, resume=True)
    monkeypatch.setattr("chromkeras.training.run.StopOnDivergence", Interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(tiny_dataset(), tiny_recipe("hard", *SHORT), out)
    with pytest.raises(ValueError, match=r"training.seed was 0, now 4"):
        train(tiny_dataset(), tiny_recipe("hard", *SHORT, "training.seed=4"), out, resume=True)
    with pytest.raises(ValueError, match="belongs to data"):
        train(tiny_dataset(seed=1), tiny_recipe("hard", *SHORT), out, resume=True)


@pytest.mark.parametrize("plan", ["hard", "soft"])
def test_the_best_epoch_is_kept(plan, tiny_dataset, tiny_recipe, tmp_path):
    dataset = tiny_dataset(rows=200)
    result = train(dataset, tiny_recipe(plan, *SHORT), tmp_path / "m.keras")
    found = open_model(result.model)
    model, card = found.network, found.card
    rows = dataset.rows("valid")
    from chromkeras.statistics.metrics import auroc

    scores = auroc(dataset.values(rows), predict_logits(model, dataset, rows))
    best = [max(float(r[f"val_auroc/{t}"]) for r in result.rows) for t in dataset.tasks]
    if plan in ("single", "soft"):  # each task its own best epoch
        np.testing.assert_allclose(scores, best, atol=1e-6)
    else:
        assert scores.mean() == pytest.approx(max(r["val_auroc"] for r in result.rows), abs=1e-6)
    stored = list(card.scores["validation_auroc"].values())
    np.testing.assert_allclose(stored, scores, atol=1e-6)
    assert card.fingerprint == dataset.fingerprint
    assert card.tasks == dataset.tasks


def test_history_has_a_row_an_epoch(tiny_dataset, tiny_recipe, tmp_path):
    result = train(tiny_dataset(), tiny_recipe("hard", *SHORT), tmp_path / "m.keras")
    with result.history.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert {"loss", "val_loss", "val_auroc", "val_auroc/task2"} <= set(rows[0])


@pytest.mark.parametrize("patience", [1, 3])
def test_early_stopping(patience, tiny_dataset, tiny_recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(Binary, "scores", lambda self, values, *rest: np.full(3, 0.5))
    quick = ("training.epochs=30", f"training.patience={patience}")
    result = train(tiny_dataset(), tiny_recipe("hard", *quick), tmp_path / "m.keras")
    assert len(result.rows) == 1 + patience  # the first epoch is never bettered


def test_divergence_keeps_the_last_good_weights(tiny_dataset, tiny_recipe, tmp_path, monkeypatch):
    out = tmp_path / "m.keras"
    wild = ("training.learning_rate=1e30", "training.optimizer=sgd", "training.batch_size=8")
    with pytest.raises(ValueError, match=r"step \d+ of epoch 1, before any epoch was whole"):
        train(tiny_dataset(), tiny_recipe("hard", *wild), out)
    assert not out.exists()


def test_divergence_later_leaves_a_good_model(tiny_dataset, tiny_recipe, tmp_path, monkeypatch):
    from chromkeras.training.divergence import StopOnDivergence

    class Poison(StopOnDivergence):
        def on_epoch_begin(self, epoch, logs=None):
            super().on_epoch_begin(epoch, logs)
            if epoch == 1:
                self.model.trainable_variables[0].assign(self.model.trainable_variables[0] * np.nan)

    monkeypatch.setattr("chromkeras.training.run.StopOnDivergence", Poison)
    out = tmp_path / "m.keras"
    with pytest.raises(ValueError, match="step 1 of epoch 2; training stopped and"):
        train(tiny_dataset(), tiny_recipe("hard", *SHORT), out)
    assert all(np.isfinite(w).all() for w in weights(out))


def test_the_task_whose_outputs_are_no_numbers_is_named(
    tiny_dataset, tiny_recipe, tmp_path, monkeypatch
):
    from chromkeras.training.divergence import StopOnDivergence

    class Poison(StopOnDivergence):
        def on_epoch_begin(self, epoch, logs=None):
            super().on_epoch_begin(epoch, logs)
            if epoch == 1:
                bias = self.model.weights[-1]
                bias.assign(
                    np.where(np.arange(3).reshape(3, *[1] * (bias.ndim - 1)) == 1, np.nan, bias)
                )

    monkeypatch.setattr("chromkeras.training.run.StopOnDivergence", Poison)
    with pytest.raises(ValueError, match="the loss of task task1 became nan at step 1 of epoch 2"):
        train(tiny_dataset(), tiny_recipe("single", *SHORT), tmp_path / "m.keras")


def test_out_must_be_a_keras_file(tiny_dataset, tiny_recipe, tmp_path):
    with pytest.raises(ValueError, match=r"ends in .keras, received .*m.h5"):
        train(tiny_dataset(), tiny_recipe(), tmp_path / "m.h5")


def test_logits_that_are_no_numbers_are_no_model(tiny_dataset, tiny_recipe, tmp_path):
    wild = ("training.learning_rate=1e30", "training.batch_size=1000", "training.epochs=1")
    out = tmp_path / "m.keras"
    with pytest.raises(ValueError, match="no longer numbers after epoch 1, before any epoch"):
        train(tiny_dataset(), tiny_recipe("hard", *wild), out)
    assert not out.exists()


def test_validation_needs_both_classes(tiny_dataset, tiny_recipe, tmp_path):
    dataset = tiny_dataset()
    labels = dataset.labels.copy()
    labels[dataset.rows("valid")] = 1
    with pytest.raises(ValueError, match="no task has both open and closed rows among the 24"):
        train(replace(dataset, labels=labels), tiny_recipe(), tmp_path / "m.keras")


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 and no more"])
def test_a_damaged_state_is_said(content, tiny_dataset, tiny_recipe, tmp_path):
    out = tmp_path / "m.keras"
    checkpoint_path(out).write_bytes(content)
    with pytest.raises(ValueError, match=r"m\.resume\.npz is .*; train without resume$"):
        train(tiny_dataset(), tiny_recipe(), out, resume=True)


@pytest.mark.parametrize("kind", ["hard", "single"])
def test_somebody_else_may_end_a_training(kind, tiny_dataset, tiny_recipe, tmp_path, caplog):
    told = []

    def stop(epoch, score):
        told.append((epoch, score))
        return epoch == 2

    caplog.set_level("INFO", "chromkeras")
    recipe, out = tiny_recipe(kind, *SHORT), tmp_path / "model.keras"
    result = train(tiny_dataset(), recipe, out, stop_when=stop, verbose=False)
    assert [epoch for epoch, _ in told] == [1, 2]
    assert len(result.rows) == 2
    assert told[-1][1] == result.scores["validation_auroc_mean"]
    # TensorFlow has its own to say of functions that earlier tests made.
    assert not [record for record in caplog.records if record.name.startswith("chromkeras")]
    assert out.exists()
    assert not checkpoint_path(out).exists()


def test_signal_that_was_not_prepared_to_run_along_the_dna_is_refused(
    tiny_dataset, tiny_recipe, tmp_path
):
    dataset = tiny_dataset(architecture="factornet")
    signal = replace(dataset.inputs["signal"], along_dna=False)
    dataset = replace(dataset, inputs={**dataset.inputs, "signal": signal})
    with pytest.raises(InputError, match=r"input signal .* prepare it as such \(`along_dna`\)"):
        train(dataset, tiny_recipe(architecture="factornet"), tmp_path / "model.keras")


def test_a_failed_run_leaves_the_earlier_model_with_its_history(
    tiny_dataset, tiny_recipe, tmp_path, monkeypatch
):
    out = tmp_path / "m.keras"
    first = train(tiny_dataset(), tiny_recipe("hard", "training.epochs=1"), out)
    before = {path: path.read_bytes() for path in (out, first.history)}
    longer = tiny_recipe("hard", *SHORT)
    with monkeypatch.context() as patch:
        patch.setattr("chromkeras.training.run.StopOnDivergence", Interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(tiny_dataset(), longer, out)
    assert {path: path.read_bytes() for path in before} == before
    assert len(read_history(running_history_path(out))) == 1
    out.with_suffix(".history.png").write_bytes(b"of the first run")
    resumed = train(tiny_dataset(), longer, out, resume=True)
    assert len(read_history(resumed.history)) == 3
    assert {path.name for path in tmp_path.iterdir()} == {"m.keras", "m.history.csv"}


def test_a_run_that_has_ended_is_not_trained_again(tiny_dataset, tiny_recipe, tmp_path):
    out, recipe = tmp_path / "m.keras", tiny_recipe("hard", "training.epochs=1")
    first = train(tiny_dataset(), recipe, out)
    written = out.read_bytes()
    again = train(tiny_dataset(), recipe, out, resume=True)
    assert out.read_bytes() == written
    assert again.scores == first.scores
    assert [row["loss"] for row in again.rows] == [row["loss"] for row in first.rows]
    with pytest.raises(
        ValueError, match=r"m.keras belongs to another recipe .*training.epochs was 1, now 3"
    ):
        train(tiny_dataset(), tiny_recipe("hard", *SHORT), out, resume=True)
    with pytest.raises(ValueError, match=r"m\.keras belongs to data"):
        train(tiny_dataset(seed=1), recipe, out, resume=True)


def test_two_runs_do_not_write_one_model(tiny_dataset, tiny_recipe, tmp_path):
    out, errors = tmp_path / "m.keras", []

    def other() -> None:
        try:
            train(tiny_dataset(), tiny_recipe(), out)
        except InputError as error:
            errors.append(str(error))

    with locked(out):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(errors) == 1
    assert "another run does" in errors[0]
    assert not list(tmp_path.iterdir())
