"""SmoothGrad against its definition."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from chrominterpret.methods.gradient import gradient
from chrominterpret.methods.smooth_grad import smooth_grad
from chrominterpret.sequences import one_hot

pytestmark = pytest.mark.backend


def square_model(width: int) -> keras.Model:
    """Return a model of the squared sum of its inputs: gradient 2 sum(x) at each of them."""
    x = keras.Input((width,))
    return keras.Model(x, ops.sum(x, axis=-1, keepdims=True) ** 2)


def dna_model() -> keras.Model:
    keras.utils.set_random_seed(0)
    x = keras.Input((10, 4))
    h = layers.Flatten()(layers.Conv1D(4, 3, activation="relu")(x))
    return keras.Model(x, layers.Dense(2)(h))


def sequences(n: int) -> np.ndarray:
    return one_hot(np.random.default_rng(0).integers(0, 4, (n, 10)))


def test_no_noise_is_the_gradient():
    model, x = dna_model(), sequences(3)
    smooth, plain = smooth_grad(model, x, sigma=0, n_samples=3), gradient(model, x)
    np.testing.assert_allclose(smooth.multipliers, plain.multipliers, atol=1e-6)
    np.testing.assert_allclose(smooth.attributions, plain.multipliers * x, atol=1e-6)
    np.testing.assert_allclose(smooth.prediction, plain.prediction, atol=1e-6)


@pytest.mark.parametrize("scale", [1, 10, 0])
def test_noise_goes_with_the_range_of_each_row(scale):
    # The mean gradient is 2 (sum of x + mean sum of noise): its spread over rows tells sigma.
    inner = np.random.default_rng(0).uniform(0, 3, (300, 2))
    x = (scale * np.column_stack([inner, np.zeros(300), np.full(300, 3)]) + 5).astype(np.float32)
    result = smooth_grad(square_model(4), x, n_samples=25, sigma=0.2)
    noise = result.multipliers[0, :, 0] - 2 * x.sum(1)
    # of one number 0.2 of the range 3; of the sum of 4 twice that; of a mean of 25 a fifth; times 2
    assert np.std(noise) == pytest.approx(0.2 * 3 * scale * 0.8, rel=0.15, abs=1e-4)
    assert abs(np.mean(noise)) < 0.1 * scale + 1e-4


def test_options():
    model, x = dna_model(), sequences(2)
    every = smooth_grad(model, x, times_input=False)
    np.testing.assert_array_equal(every.attributions, every.multipliers)
    centred = smooth_grad(model, x, gradient_correction=True)
    expected = every.multipliers - every.multipliers.mean(-1, keepdims=True)
    np.testing.assert_allclose(centred.attributions, expected * x, atol=1e-7)
    for bad in ({"n_samples": 0}, {"sigma": -1}):
        with pytest.raises(ValueError, match="n_samples of at least 1"):
            smooth_grad(model, x, **bad)
