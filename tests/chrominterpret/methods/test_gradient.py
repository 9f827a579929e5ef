"""Gradients against hand values, finite differences and each other."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from chrominterpret.methods.gradient import gradient
from chrominterpret.methods.gradient_x_input import gradient_x_input
from chrominterpret.sequences import one_hot

pytestmark = pytest.mark.backend


def small_model(activation: str = "softplus") -> keras.Model:
    keras.utils.set_random_seed(0)
    x = keras.Input((30, 4))
    h = layers.Conv1D(6, 5, activation=activation)(x)
    h = layers.Dropout(0.5)(layers.GlobalAveragePooling1D()(h))
    return keras.Model(x, layers.Dense(3, activation="sigmoid")(h))


def sequences(n: int) -> np.ndarray:
    return one_hot(np.random.default_rng(0).integers(0, 4, (n, 30)))


def test_a_linear_model_by_hand():
    x = keras.Input((2, 4))
    dense = layers.Dense(2)
    model = keras.Model(x, dense(layers.Flatten()(x)))
    weights = np.arange(16.0).reshape(8, 2)
    dense.set_weights([weights, np.array([1.0, -1])])
    result = gradient(model, one_hot([[0, 3]]), targets=[1, 0])
    np.testing.assert_allclose(result.attributions[:, 0].reshape(2, 8), weights.T[::-1])
    np.testing.assert_allclose(result.prediction, [[1 + 15 - 1], [0 + 14 + 1]])
    product = gradient_x_input(model, one_hot([[0, 3]]), targets=1)
    np.testing.assert_allclose(product.attributions[0, 0].sum(-1), [1, 15])
    assert np.count_nonzero(product.attributions) == 2


@pytest.mark.parametrize("output", ["as is", "logit"])
def test_finite_differences(output):
    model, x = small_model(), sequences(1)
    found = gradient(model, x, targets=[1], output=output).attributions[0, 0]

    def value(z):
        y = float(ops.convert_to_numpy(model(z))[0, 1])
        return y if output == "as is" else np.log(y / (1 - y))

    for position, base in ((3, 1), (17, 0), (29, 3)):
        step = np.zeros_like(x)
        step[0, position, base] = 0.05
        estimate = (value(x + step) - value(x - step)) / 0.1
        assert found[position, base] == pytest.approx(estimate, rel=0.02, abs=1e-5)


def test_batches_make_no_difference():
    model, x, seen = small_model(), sequences(7), []
    whole = gradient(model, x)
    parts = gradient(model, x, batch_size=3, progress=lambda *p: seen.append(p))
    np.testing.assert_allclose(parts.attributions, whole.attributions, atol=1e-7)
    np.testing.assert_allclose(parts.prediction, whole.prediction, atol=1e-6)
    assert seen == [(3, 7), (6, 7), (7, 7)]


def test_more_targets_than_run_at_once():
    x = keras.Input((30, 4))
    model = keras.Model(x, layers.Dense(11)(layers.Flatten()(x)))
    result = gradient(model, sequences(2))
    kernel = ops.convert_to_numpy(model.layers[-1].kernel)
    np.testing.assert_allclose(result.attributions[:, 1].reshape(11, -1), kernel.T, atol=1e-6)
    assert result.target_names == tuple(map(str, range(11)))


def test_correction_centres_the_bases():
    model, x = small_model(), sequences(2)
    plain, centred = gradient(model, x), gradient(model, x, gradient_correction=True)
    np.testing.assert_allclose(centred.attributions.sum(-1), 0, atol=1e-7)
    expected = plain.attributions - plain.attributions.mean(-1, keepdims=True)
    np.testing.assert_array_equal(centred.attributions, expected)
    product = gradient_x_input(model, x, gradient_correction=True)
    np.testing.assert_array_equal(product.attributions, centred.attributions * x)


def test_any_layer_will_do():
    x = keras.Input((30, 4))
    h = layers.LayerNormalization()(layers.Conv1D(4, 3)(x))
    model = keras.Model(x, layers.Dense(1)(layers.Flatten()(h)))
    assert np.abs(gradient(model, sequences(1)).attributions).max() > 0
