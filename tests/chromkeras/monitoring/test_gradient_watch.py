import keras
import numpy as np
import pytest

from chromkeras.cli.app import run
from chromkeras.data.hdf5 import save_dataset
from chromkeras.losses.task_loss import TaskLoss
from chromkeras.model_file.beside import gradient_log_path, running_gradient_log_path
from chromkeras.model_file.open_model import open_model
from chromkeras.monitoring.gradient_log import (
    GradientLog,
    Moment,
    load_gradient_log,
    save_gradient_log,
)
from chromkeras.monitoring.gradient_watch import WatchGradients, watch_gradients
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan
from chromkeras.training.train import train

SHORT = ("training.epochs=2", "training.batch_size=16", "training.learning_rate=0.01")


def weights(path):
    return open_model(path).network.get_weights()


class Interrupt(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations == 5:
            raise KeyboardInterrupt


def test_watching_a_hard_model_changes_nothing_and_resumes(
    tiny_dataset, tiny_recipe, tmp_path, monkeypatch
):
    dataset, recipe = tiny_dataset(rows=80), tiny_recipe("hard", *SHORT)
    plain = train(dataset, recipe, tmp_path / "plain.keras")
    watched = train(dataset, recipe, tmp_path / "watched.keras", watch_gradients=True)
    out = tmp_path / "broken.keras"
    with monkeypatch.context() as patch:
        patch.setattr("chromkeras.training.run.StopOnDivergence", Interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(dataset, recipe, out, watch_gradients=True)
    running, path = running_gradient_log_path(out), gradient_log_path(out)
    assert load_gradient_log(running).steps.tolist() == [0, 1, 2, 3, 4]  # 3 steps an epoch
    assert not path.exists()
    resumed = train(dataset, recipe, out, resume=True, watch_gradients=True)
    for other in (watched, resumed):
        for one, two in zip(weights(plain.model), weights(other.model), strict=True):
            np.testing.assert_array_equal(one, two)
    assert [row["loss"] for row in plain.rows] == [row["loss"] for row in watched.rows]
    assert not gradient_log_path(plain.model).exists()
    assert not running.exists()
    expected = load_gradient_log(gradient_log_path(watched.model))
    assert expected.steps.tolist() == list(range(7))
    assert expected.epochs[-1] == 2
    assert len(set(expected.loss[:, 0])) == 7  # the weights of each step, not of the epoch before
    for name in ("steps", "loss", "norm", "signal", "dead", "cosine"):
        found = getattr(load_gradient_log(path), name)
        np.testing.assert_array_equal(found, getattr(expected, name))


@pytest.mark.slow
def test_the_command_watches_single_networks_and_changes_nothing(tiny_dataset, tmp_path, capsys):
    data = tmp_path / "data.h5"
    save_dataset(tiny_dataset(), data)
    words = ["train", "single", "--data", str(data), "--epochs", "1"]
    words += ["--set", "architecture.filters=[6,5,4]", "--set", "training.batch_size=16"]
    plain, watched = tmp_path / "plain.keras", tmp_path / "watched.keras"
    assert run([*words, "--out", str(plain)]) == 0
    assert run([*words, "--out", str(watched), "--watch-gradients"]) == 0
    for one, other in zip(weights(plain), weights(watched), strict=True):
        np.testing.assert_array_equal(one, other)
    assert f"wrote {gradient_log_path(watched)} and" in capsys.readouterr().out
    assert not gradient_log_path(plain).exists()
    assert gradient_log_path(watched).with_suffix(".png").exists()
    log = load_gradient_log(gradient_log_path(watched))
    assert log.norm.shape == (4, 3, 12)  # with the summaries of the small size
    assert (log.norm > 0).all()
    assert len(set(log.loss[:, 0])) == 4  # on JAX, the weights of each step are fetched
    assert (log.common, log.cosine.shape) == ((), (4, 0, 3, 3))


class Stub:
    """A probe that measures nothing."""

    def measure(self, step):
        return Moment(step, 0.0, np.zeros(1), np.zeros((1, 1)), np.zeros((1, 1)),
                      np.zeros((1, 0)), np.zeros((0, 1, 1)))  # fmt: skip


def go_through(watch, epochs, steps):
    watch.set_model(object())
    for epoch in epochs:
        watch.on_epoch_begin(epoch)
        for batch in range(steps):
            watch.on_train_batch_begin(batch)
            watch.on_train_batch_end(batch)
    watch.on_train_end()


@pytest.fixture
def empty():
    return GradientLog(
        tasks=("a",), layers=("logits",), sharing=("own",), activations=(), steps_per_epoch=5,
        rows=8, parts=4, fingerprint="f",
    )  # fmt: skip


def test_every_kth_step_and_the_end(empty, tmp_path):
    watch = WatchGradients(Stub(), empty, tmp_path / "log.npz", every=4)
    go_through(watch, range(2), 5)
    assert load_gradient_log(tmp_path / "log.npz").steps.tolist() == [0, 4, 8, 10]


def test_counting_goes_on_after_a_stop(empty, tmp_path):
    path = tmp_path / "log.npz"
    go_through(WatchGradients(Stub(), empty, path, every=4), range(1), 5)
    log = load_gradient_log(path).before(5)
    assert log.steps.tolist() == [0, 4]
    go_through(WatchGradients(Stub(), log, path, every=4, done=5), range(1, 2), 5)
    assert load_gradient_log(path).steps.tolist() == [0, 4, 8, 10]
    # a run whose epochs were all done before it stopped
    go_through(WatchGradients(Stub(), load_gradient_log(path), path, every=4, done=10), [], 5)
    assert load_gradient_log(path).steps.tolist() == [0, 4, 8, 10]


def test_a_dozen_moments_and_logs_of_other_runs(tiny_dataset, tiny_recipe, empty, tmp_path):
    dataset, out = tiny_dataset(), tmp_path / "m.keras"
    recipe = tiny_recipe("hard", "training.epochs=3")
    plan = resolve_plan(recipe, dataset.tasks, {"dna": (300, 4)}, problem="binary")
    model = build_model(plan)

    def watch(**options):
        return watch_gradients(model, dataset, plan, TaskLoss("plain"), out, **options)

    assert watch(steps=100).every == 25
    assert watch(steps=1).every == 1
    assert watch(steps=100, first_epoch=1).log.moments == ()  # it was not watched until now
    save_gradient_log(empty, running_gradient_log_path(out))
    assert watch(steps=100).log.tasks == dataset.tasks  # a new run replaces it
    with pytest.raises(ValueError, match=r"m\.resume\.gradients\.npz belongs to another run"):
        watch(steps=100, first_epoch=1)


def test_one_device_only(tiny_dataset, tiny_recipe, tmp_path):
    with pytest.raises(ValueError, match="`watch_gradients`: expected one device, received 2"):
        train(tiny_dataset(), tiny_recipe(), tmp_path / "m.keras", devices=2, watch_gradients=True)
