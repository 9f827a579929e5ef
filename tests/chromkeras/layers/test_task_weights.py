"""The layers that hold weights of the tasks' losses: their values, and what training makes of them.

Losses and gradients of the toy problems are known by hand.
"""

import keras
import numpy as np
import pytest
from keras import ops

from chromkeras.layers.dynamic_weights import DynamicWeights
from chromkeras.layers.fan_out import FanOut
from chromkeras.layers.grad_norm import GradNorm
from chromkeras.layers.task_axis import JoinLogits
from chromkeras.layers.task_dense import TaskDense
from chromkeras.layers.task_weights import TaskWeights, relative
from chromkeras.layers.uncertainty_weights import UncertaintyWeights
from chromkeras.losses.task_loss import TaskLoss

pytestmark = pytest.mark.backend

NAN = float("nan")


def built(layer, shape):
    layer.build(shape)
    return layer


def value(tensor):
    return ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("kind", [TaskWeights, UncertaintyWeights, DynamicWeights, GradNorm])
def test_all_weights_start_at_one_and_lie_by_task(kind):
    layer = built(kind(3), (3, None, 4) if kind is GradNorm else (None, 3))
    np.testing.assert_allclose(value(layer.task_weights()), np.ones(3))
    assert all(v.shape == (3,) and v.dtype == "float32" for v in layer.variables)
    layer.take_losses(np.array([1.0, 2.0, NAN]))
    assert np.isfinite(value(layer.task_weights())).all()


def test_relative_losses_leave_the_unknown_out():
    np.testing.assert_array_equal(
        relative([2.0, 1.0, NAN, 0.0, 3.0], [4.0, NAN, 1.0, 1.0, 0.0]), [0.5, 1, 1, 1, 1]
    )


def fixed_logits(weights, scale=1.0):
    """Return a model whose logits are its input, which no training can change."""
    inputs = keras.Input((3,))
    return keras.Model(inputs, weights(inputs))


def entropies(y, z):
    return [TaskLoss("plain")(y[:, i : i + 1], z[:, i : i + 1]) for i in range(3)]


def draw(rows=16):
    rng = np.random.default_rng(0)
    z = (rng.normal(size=(rows, 3)) * [0.5, 2.0, 6.0]).astype(np.float32)
    return z, rng.integers(0, 2, (rows, 3)).astype(np.float32)


def test_uncertainty_gradient_by_hand():
    (z, y), layer = draw(), UncertaintyWeights(3, name="task_weights")
    model, start = fixed_logits(layer), np.array([-0.5, 0.0, 1.2], np.float32)
    layer.log_variance.assign(start)
    model.compile(keras.optimizers.SGD(1.0), TaskLoss("plain").weighted_by(layer))
    history = model.fit(z, y, batch_size=16, epochs=1, verbose=0).history
    losses = np.array([float(e) for e in entropies(y, z)])
    slope = 0.5 - np.exp(-start) * losses
    np.testing.assert_allclose(start - value(layer.log_variance), slope, rtol=1e-4)
    assert history["loss"][0] == pytest.approx(losses.sum(), rel=1e-5)


def test_uncertainty_tends_to_twice_the_loss():
    (z, y), layer = draw(), UncertaintyWeights(3)
    model = fixed_logits(layer)
    model.compile(keras.optimizers.SGD(0.3), TaskLoss("plain").weighted_by(layer))
    model.fit(z, y, batch_size=16, epochs=40, verbose=0)
    losses = [float(e) for e in entropies(y, z)]
    np.testing.assert_allclose(np.exp(value(layer.log_variance)), 2 * np.array(losses), rtol=5e-3)


def test_dynamic_weights_by_hand():
    layer = built(DynamicWeights(2), (None, 2))
    layer.take_losses(np.array([1.0, 1.0]))
    np.testing.assert_allclose(value(layer.task_weights()), [1, 1])
    layer.take_losses(np.array([0.5, 1.0]))
    slow, fast = np.exp(1 / 2), np.exp(0.5 / 2)
    expected = 2 * np.array([fast, slow]) / (fast + slow)
    np.testing.assert_allclose(value(layer.task_weights()), expected, rtol=1e-6)
    layer.take_losses(np.array([0.5, NAN]))  # 0.5 / 0.5 and unknown
    np.testing.assert_allclose(value(layer.task_weights()), [1, 1], rtol=1e-6)


def test_grad_norm_rates_by_hand():
    layer = built(GradNorm(2), (2, None, 4))
    layer.take_losses(np.array([2.0, NAN]))
    np.testing.assert_allclose(value(layer.rate), [1, 1])
    layer.take_losses(np.array([1.0, 4.0]))  # the second task's first loss
    np.testing.assert_allclose(value(layer.rate), [0.5 / 0.75, 1 / 0.75], rtol=1e-6)
    layer.take_losses(np.array([0.5, 3.0]))
    np.testing.assert_allclose(value(layer.rate), [0.25 / 0.5, 0.75 / 0.5], rtol=1e-6)


def grad_norm_slope(weights, norms, rate, alpha):
    """Return d/dv of Σ |w_i n_i - target_i| for w = T softmax(v), by central differences."""
    v = np.log(weights)
    target = (weights * norms).mean() * rate**alpha

    def value(v):
        w = len(v) * np.exp(v) / np.exp(v).sum()
        return np.abs(w * norms - target).sum()

    steps = 1e-6 * np.eye(len(v))
    return np.array([(value(v + s) - value(v - s)) / 2e-6 for s in steps])


@pytest.mark.parametrize("on_channels", [False, True])
def test_grad_norm_gradient_is_that_of_the_paper_s_loss(on_channels, gradients):
    rng, alpha = np.random.default_rng(0), 1.5
    pull = (rng.normal(size=(3, 4, 6)) * np.array([1.0, 3.0, 9.0])[:, None, None]).astype("f4")
    norms = np.sqrt((pull.astype(float) ** 2).sum(axis=(1, 2)))
    rate, weights = np.array([0.5, 1.5, 1.0]), np.array([1.5, 1.0, 0.5])
    if on_channels:  # (T, B * L, C) as (B, L, T * C)
        pull = np.ascontiguousarray(pull.transpose(1, 0, 2).reshape(2, 2, 18))
    layer = GradNorm(3, alpha=alpha, on_channels=on_channels)
    x = np.zeros(pull.shape, np.float32)
    layer.build(x.shape)

    def loss(x, balance):
        out = ops.custom_gradient(layer._forward)(x, balance, rate.astype(np.float32))
        scale = weights if on_channels else weights[:, None, None]
        scale = np.repeat(scale, 6) if on_channels else scale
        return ops.sum(out * pull * scale.astype(np.float32))

    _, (handed_on, slope) = gradients(loss, x, np.log(weights).astype(np.float32))
    np.testing.assert_allclose(
        slope, grad_norm_slope(weights, norms, rate, alpha), rtol=1e-4, atol=1e-3
    )
    scale = np.repeat(weights, 6) if on_channels else weights[:, None, None]
    np.testing.assert_allclose(handed_on, pull * scale, rtol=1e-5)


class ScaledErrors(keras.losses.Loss):
    """Σ_i w_i scale_i mean (y_i - z_i)² with the weights of a layer."""

    def __init__(self, layer, scales):
        super().__init__(reduction="sum")
        self.layer, self.scales = layer, np.array(scales, np.float32)

    def call(self, y_true, y_pred):
        errors = ops.mean(ops.square(y_true - y_pred), axis=0)
        return ops.sum(self.layer.task_weights() * self.scales * errors)


def test_grad_norm_balances_losses_of_scale_1_and_10():
    rng, layer = np.random.default_rng(0), GradNorm(2, alpha=1.5)
    inputs = keras.Input((5,))
    x = layer(FanOut(2)(keras.layers.Dense(4, name="backbone")(inputs)))
    head = TaskDense(2, 1, trainable=False, same_start=True)
    model = keras.Model(inputs, JoinLogits(2)(head(x)))
    # The same noise for both: their gradients differ by the scale alone.
    x = rng.normal(size=(64, 5)).astype(np.float32)
    y = np.repeat(rng.normal(size=(64, 1)), 2, axis=1).astype(np.float32)
    model.compile(keras.optimizers.Adam(0.04), ScaledErrors(layer, [1.0, 10.0]))
    model.fit(x, y, batch_size=64, epochs=80, verbose=0)
    weights = value(layer.task_weights())
    assert weights.sum() == pytest.approx(2.0)
    assert weights[0] / (10 * weights[1]) == pytest.approx(1.0, abs=0.2)


def test_a_task_without_a_gradient_keeps_grad_norm_finite(gradients):
    layer = built(GradNorm(3), (3, None, 4))
    pull = np.ones((3, 2, 4), np.float32)
    for present in ([1, 0, 2], [0, 0, 0]):
        scaled = pull * np.array(present, np.float32)[:, None, None]

        def loss(balance, scaled=scaled):
            out = ops.custom_gradient(layer._forward)(
                np.zeros((3, 2, 4), np.float32), balance, np.ones(3, np.float32)
            )
            return ops.sum(out * scaled)

        _, (slope,) = gradients(loss, np.zeros(3, np.float32))
        assert np.isfinite(slope).all()
        assert (slope[np.array(present) == 0] == 0).all()


def test_weights_are_float32_at_low_precision():
    layer = UncertaintyWeights(3, dtype="mixed_bfloat16")
    model = fixed_logits(layer)
    layer.log_variance.assign([0.001, 0.002, 0.003])
    np.testing.assert_allclose(value(layer.task_weights()), np.exp([-0.001, -0.002, -0.003]))
    assert model.layers[-1] is layer
