"""Expected gradients go to integrated gradients as draws grow in number."""

import keras
import numpy as np
import pytest
from keras import layers

from chrominterpret.methods.expected_gradients import expected_gradients
from chrominterpret.methods.integrated_gradients import integrated_gradients
from chrominterpret.sequences import one_hot

pytestmark = pytest.mark.backend

LENGTH = 16


def sequences(n: int, seed: int = 0) -> np.ndarray:
    return one_hot(np.random.default_rng(seed).integers(0, 4, (n, LENGTH)))


def smooth_model() -> keras.Model:
    keras.utils.set_random_seed(0)
    x = keras.Input((LENGTH, 4))
    h = layers.Flatten()(layers.Conv1D(6, 5, activation="softplus")(x))
    return keras.Model(x, layers.Dense(2)(layers.Dense(8, activation="tanh")(h)))


def test_from_one_reference_they_are_integrated_gradients():
    # Stratified points of one path: a quadrature whose error falls as n^-1.5.
    model, x = smooth_model(), sequences(2)
    found = expected_gradients(model, x, references="zeros", n_references=200)
    exact = integrated_gradients(model, x, references="zeros")
    np.testing.assert_allclose(found.attributions, exact.attributions, atol=2e-3)
    np.testing.assert_allclose(found.hypothetical, exact.hypothetical, atol=2e-3)
    assert found.delta.shape == (2, 2, 1)
    assert found.relative_delta.max() < 0.01
    assert (found.n_references, found.seed, found.reference_kind) == (200, 0, "zeros")
    assert found.references.shape == (1, 1, LENGTH, 4)


def test_from_several_references_they_approach_the_mean():
    model, x, pool = smooth_model(), sequences(1), sequences(8, seed=4)
    exact = integrated_gradients(model, x, references=pool).attributions
    few, many = (
        expected_gradients(model, x, references=pool, n_references=8 * n, seed=1).attributions
        for n in (1, 100)
    )
    size = np.abs(exact).max()
    assert np.abs(many - exact).max() < 0.1 * size
    assert np.abs(few - exact).mean() > 2 * np.abs(many - exact).mean()


def test_a_large_error_is_told_and_no_draws_refused(caplog):
    x = keras.Input((LENGTH, 4))
    h = layers.Dense(1, kernel_initializer="ones")(layers.GlobalAveragePooling1D()(x))
    model = keras.Model(x, h**8)
    result = expected_gradients(model, sequences(1), references="zeros", n_references=1)
    assert "difference of outputs" in caplog.text
    assert len(result.warnings) == 1
    with pytest.raises(ValueError, match="n_references"):
        expected_gradients(model, sequences(1), references="zeros", n_references=0)
