"""Weights of tasks through a whole ``fit``: what the callback hands over, and a stop in between."""

import keras
import numpy as np
import pytest
from keras import ops

from chromkeras.layers.dynamic_weights import DynamicWeights
from chromkeras.layers.fan_out import FanOut
from chromkeras.layers.task_axis import JoinLogits
from chromkeras.layers.task_dense import TaskDense
from chromkeras.losses.task_loss import TaskLoss
from chromkeras.sharing.builder import WEIGHTINGS
from chromkeras.training.task_loss_metric import TaskLosses
from chromkeras.training.task_weighting import WeighTasks

TASKS = ("a", "b", "c")
LAYERS = {name: layer for name, layer in WEIGHTINGS.items() if layer is not None}


def data(rows=48):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 5)).astype(np.float32)
    y = (x[:, :3] * [3, 1, 0.3] + rng.normal(size=(rows, 3)) > 0).astype(np.float32)
    return x, y, (rng.random(y.shape) >= 0.2).astype(np.float32)


def compiled(weighting, seed=0):
    """Return a model ready for training, and its callbacks."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((5,))
    x = FanOut(3, "pcgrad")(keras.layers.Dense(6, activation="tanh")(inputs))
    layer = LAYERS[weighting](3, name="task_weights")
    x = x if layer.at_outputs else layer(x)
    x = JoinLogits(3)(TaskDense(3, 1)(x))
    x = layer(x) if layer.at_outputs else x
    model = keras.Model(inputs, x)
    model.compile(
        keras.optimizers.Adam(0.02),
        TaskLoss("plain").weighted_by(layer),
        weighted_metrics=[TaskLosses(TASKS, TaskLoss("plain"))],
    )
    model.optimizer.build(model.trainable_variables)
    return model, [WeighTasks(layer, TASKS)]


def fit(model, callbacks, epochs, first=0):
    x, y, known = data()
    return model.fit(
        x, y, sample_weight=known, batch_size=16, epochs=epochs, initial_epoch=first, shuffle=False,
        callbacks=callbacks, verbose=0,
    ).history  # fmt: skip


@pytest.mark.parametrize("weighting", LAYERS)
def test_a_resumed_run_equals_an_uninterrupted_one(weighting):
    whole, callbacks = compiled(weighting)
    fit(whole, callbacks, 5)
    first, callbacks = compiled(weighting)
    fit(first, callbacks, 3)
    metrics = {id(v) for v in first.metrics_variables}
    state = [v for v in first.variables if id(v) not in metrics] + first.optimizer.variables
    state = [ops.convert_to_numpy(v) for v in state]
    second, callbacks = compiled(weighting, seed=9)
    metrics = {id(v) for v in second.metrics_variables}
    places = [v for v in second.variables if id(v) not in metrics] + second.optimizer.variables
    for place, kept in zip(places, state, strict=True):
        place.assign(kept)
    fit(second, callbacks, 5, first=3)
    for one, other in zip(whole.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.backend
@pytest.mark.parametrize("weighting", LAYERS)
def test_weights_move_and_losses_are_reported_unweighted(weighting):
    model, callbacks = compiled(weighting)
    history = fit(model, callbacks, 8)
    weights = ops.convert_to_numpy(model.get_layer("task_weights").task_weights())
    assert np.isfinite(weights).all()
    assert np.ptp(weights) > 1e-3
    x, y, known = data()
    plain = float(TaskLoss("plain")(y, model.predict(x, verbose=0), known))
    logs = model.evaluate(x, y, 48, sample_weight=known, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(plain, rel=1e-5)
    assert history["loss"][-1] == pytest.approx(plain, rel=0.1)


@pytest.mark.backend
def test_dynamic_weights_follow_the_losses_in_the_logs():
    model, callbacks = compiled("dwa")
    history = fit(model, callbacks, 4)
    rates = np.array([history[f"loss/{t}"][-1] / history[f"loss/{t}"][-2] for t in TASKS])
    expected = 3 * np.exp(rates / 2) / np.exp(rates / 2).sum()
    weights = ops.convert_to_numpy(model.get_layer("task_weights").task_weights())
    np.testing.assert_allclose(weights, expected, rtol=1e-5)


def test_a_saved_model_keeps_its_weights(tmp_path):
    for weighting in LAYERS:
        model, callbacks = compiled(weighting)
        fit(model, callbacks, 3)
        model.save(tmp_path / "model.keras")
        again = keras.models.load_model(tmp_path / "model.keras", compile=False)
        for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_losses_missing_from_the_logs_are_said():
    layer = DynamicWeights(3)
    with pytest.raises(ValueError, match="expected 'loss/a' in the logs; compile the model with"):
        WeighTasks(layer, TASKS).on_epoch_end(0, {"loss": 1.0})
