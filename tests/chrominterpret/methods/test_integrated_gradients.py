"""Completeness of integrated gradients, and agreement with DeepLIFT as far as it should hold."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from chrominterpret.methods.deep_lift_shap import deep_lift_shap
from chrominterpret.methods.gradient import gradient
from chrominterpret.methods.integrated_gradients import integrated_gradients
from chrominterpret.sequences import one_hot

pytestmark = pytest.mark.backend

LENGTH = 16


def sequences(n: int, seed: int = 0) -> np.ndarray:
    return one_hot(np.random.default_rng(seed).integers(0, 4, (n, LENGTH)))


def model_with(activation: str) -> keras.Model:
    keras.utils.set_random_seed(0)
    x = keras.Input((LENGTH, 4))
    h = layers.Flatten()(layers.Conv1D(6, 5, activation=activation)(x))
    h = layers.Dropout(0.5)(layers.Dense(8, activation=activation)(h))
    return keras.Model(x, layers.Dense(2, activation="sigmoid")(h))


@pytest.mark.parametrize("output", ["logit", "as is"])
def test_a_smooth_model_is_complete(output):
    model, x = model_with("softplus"), sequences(3)
    result = integrated_gradients(model, x, n_steps=20, n_references=3, output=output)
    assert result.relative_delta.shape == (2, 3, 3)
    assert result.relative_delta.max() < 1e-4
    assert result.warnings == ()
    at_references = ops.convert_to_numpy(model(one_hot(result.reference_codes).reshape(-1, 16, 4)))
    at_x = ops.convert_to_numpy(model(x))
    if output == "logit":
        at_x, at_references = (np.log(y / (1 - y)) for y in (at_x, at_references))
    difference = at_x.T - at_references.reshape(3, 3, 2).mean(1).T
    np.testing.assert_allclose(result.attributions.sum((-2, -1)), difference, atol=1e-4)


def test_a_square_by_hand():
    # y = (w·x)²: the gradient 2 (w·z) w is linear along the path, so m = (w·x + w·r) w.
    x, dense = keras.Input((2, 4)), layers.Dense(1, use_bias=False)
    model = keras.Model(x, ops.square(dense(layers.Flatten()(x))))
    w = np.array([3, 0, 0, 0, 0, 2, 0, 1.0])
    dense.set_weights([w[:, None]])
    result = integrated_gradients(model, one_hot([[0, 1]]), references=one_hot([[1, 3]]), n_steps=1)
    np.testing.assert_allclose(result.multipliers.ravel(), 6 * w, rtol=1e-5)
    np.testing.assert_allclose(result.attributions.sum(-1).ravel(), [18, 6], rtol=1e-5)
    assert np.abs(result.delta).max() < 1e-4


def test_one_relu_layer_agrees_with_deep_lift():
    # Along the path a unit's input moves linearly, so its mean slope is the rescale multiplier.
    keras.utils.set_random_seed(0)
    x = keras.Input((LENGTH, 4))
    h = layers.Flatten()(layers.Conv1D(6, 5, activation="relu")(x))
    model = keras.Model(x, layers.Dense(1)(h))
    options = {"references": sequences(3, seed=5)}
    few = integrated_gradients(model, sequences(2), n_steps=50, **options)
    many = integrated_gradients(model, sequences(2), n_steps=1000, **options)
    exact = deep_lift_shap(model, sequences(2), **options)
    errors = [np.abs(r.attributions - exact.attributions).max() for r in (few, many)]
    assert errors[1] < 2e-3
    assert errors[0] > 4 * errors[1]  # the error falls with the number of steps
    np.testing.assert_allclose(many.hypothetical, exact.hypothetical, atol=2e-3)


def test_too_few_steps_are_told(caplog):
    model, x = model_with("relu"), sequences(2)
    result = integrated_gradients(model, x, n_steps=1, n_references=4)
    assert "by more than 0.05 of it" in caplog.text
    assert len(result.warnings) == 1
    assert result.relative_delta.max() > 0.05


def test_many_targets_and_references_at_zero_distance():
    x = keras.Input((LENGTH, 4))
    model = keras.Model(x, layers.Dense(11, activation="tanh")(layers.Flatten()(x)))
    rows = sequences(2)
    result = integrated_gradients(model, rows, references=rows[:, None], n_steps=3)
    assert result.attributions.shape == (11, 2, LENGTH, 4)
    np.testing.assert_allclose(result.attributions, 0, atol=1e-6)
    expected = gradient(model, rows).attributions
    np.testing.assert_allclose(result.multipliers, expected, atol=1e-5)


def test_columns_of_zeros_and_variable_length():
    keras.utils.set_random_seed(0)
    x = keras.Input((None, 4))
    h = layers.GlobalAveragePooling1D()(layers.Conv1D(4, 3, activation="softplus")(x))
    model, rows = keras.Model(x, layers.Dense(1)(h)), sequences(2)
    rows[0, 3:9] = 0
    result = integrated_gradients(model, rows, n_references=2, n_steps=8)
    np.testing.assert_array_equal(result.attributions[0, 0, 3:9], 0)
    assert result.relative_delta.max() < 1e-3


def test_bad_steps():
    with pytest.raises(ValueError, match="n_steps"):
        integrated_gradients(model_with("relu"), sequences(1), n_steps=0)
