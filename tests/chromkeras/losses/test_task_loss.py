import keras
import numpy as np
import pytest

from chromkeras.errors import InputError
from chromkeras.losses.task_loss import TaskLoss

pytestmark = pytest.mark.backend

RHO = [0.25, 0.1]


class Weights:
    """Stands for a layer of weights."""

    def __init__(self, weights):
        self.weights = weights

    def task_weights(self):
        return self.weights

    def penalty(self, present):
        return 0.0


def test_weights_scale_the_gradient_and_not_the_value(draw, gradients):
    y, z, known = draw("binary")
    plain = TaskLoss("rebalanced", positive_fraction=RHO)
    weighted = plain.weighted_by(Weights(np.array([3.0, 0.5], np.float32)))
    value, (slope,) = gradients(lambda z: plain(y, z, known), z)
    same, (scaled,) = gradients(lambda z: weighted(y, z, known), z)
    assert same == value
    np.testing.assert_allclose(scaled, slope * [3.0, 0.5], rtol=1e-5)


def test_the_gradient_reaches_what_the_weights_are_made_of(draw, gradients, reference):
    y, z, known = draw("binary")
    losses = np.array([reference("plain", y[:, [i]], z[:, [i]], known[:, [i]]) for i in range(2)])
    _, (slope,) = gradients(
        lambda w: TaskLoss("plain").weighted_by(Weights(keras.ops.exp(w)))(y, z, known),
        np.array([0.3, -0.2], np.float32),
    )
    np.testing.assert_allclose(slope, np.exp([0.3, -0.2]) * losses, rtol=1e-5)


def test_a_saved_loss_is_the_one_without_weights(draw):
    y, z, known = draw("binary")
    plain = TaskLoss("rebalanced", positive_fraction=RHO)
    weighted = plain.weighted_by(Weights(np.ones(2, np.float32)))
    again = keras.losses.deserialize(keras.losses.serialize(weighted))
    assert again.get_config() == plain.get_config()
    assert float(again(y, z, known)) == float(plain(y, z, known))


def test_the_mask_is_what_keras_calls_sample_weight(draw):
    y, z, known = draw("binary")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, use_bias=False)])
    model.set_weights([np.eye(2)])
    model.compile(keras.optimizers.SGD(0.0), loss := TaskLoss("plain"))
    mask = known.astype(np.float32)
    expected = float(loss(y, z, known))
    assert model.evaluate(z, y, sample_weight=mask, verbose=0) == pytest.approx(expected, rel=1e-6)
    assert model.train_on_batch(z, y, mask) == pytest.approx(expected, rel=1e-6)


def test_labels_may_be_integers_and_the_mask_bool(draw):
    y, z, known = draw("classes")
    loss = TaskLoss("crossentropy")
    assert float(loss(y.astype(np.int8), z, known)) == float(loss(y, z, known.astype(np.float32)))


@pytest.mark.parametrize(
    ("name", "constants", "message"),
    [
        ("rebalanced", {}, "expected the constants positive_fraction, received no constants"),
        ("mse", {"rho": 1.0}, "expected no constants, received the constants rho"),
        ("msa", {}, "unknown loss 'msa'"),
    ],
)
def test_what_a_loss_does_not_take_is_refused(name, constants, message):
    with pytest.raises(InputError, match=message):
        TaskLoss(name, **constants)
