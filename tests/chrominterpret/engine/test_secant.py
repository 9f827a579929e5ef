"""The rectifier against the rule for any activation; masks and indices."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from chrominterpret.engine.backend import compile_gradient
from chrominterpret.engine.secant import Call, Pair, elementwise, rectifier
from chrominterpret.methods.deep_lift_shap import deep_lift_shap
from chrominterpret.sequences import one_hot

pytestmark = pytest.mark.backend


def multipliers(rule, x: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the outputs on references (N·R, C) and the multipliers of a rule for ReLU."""

    def function(z, sequences):
        pair = rule(Call(ops.relu, ((Pair(sequences, z, len(x), True),), {})))
        return pair.r, pair.x

    outputs, _, gradients = compile_gradient(function)(r, np.ones((1, r.shape[1])), x)
    return outputs, gradients[0]


def test_the_rectifier_is_the_secant_of_relu():
    rng = np.random.default_rng(0)
    x, r = (rng.normal(size=(n, 7)).astype("float32") for n in (3, 12))
    r[:4] = x[0]
    found, expected = (multipliers(rule, x, r) for rule in (rectifier, elementwise))
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_allclose(found[1], expected[1], atol=1e-6)


def test_the_rectifier_by_hand():
    x = np.array([[3.0, -3.0, 2.0, 0.0, 5.0, 1e-8]], "float32")
    r = np.array([[1.0, -1.0, -2.0, 0.0, 5.0, -3e-8]], "float32")
    np.testing.assert_allclose(multipliers(rectifier, x, r)[1], [[1, 0, 0.5, 0, 1, 0.25]])


def masked_recurrent(x):
    return layers.SimpleRNN(3)(layers.Masking()(x))


def best_three(x):
    return ops.top_k(ops.transpose(layers.Conv1D(2, 3)(x), (0, 2, 1)), 3)[0]


def best_places(x):
    values, places = ops.top_k(ops.transpose(layers.Conv1D(2, 3)(x), (0, 2, 1)), 3)
    return values + 0.1 * ops.cast(places, "float32")


@pytest.mark.parametrize("body", [masked_recurrent, best_three, best_places])
def test_masks_and_indices_have_no_gradient(body):
    keras.utils.set_random_seed(0)
    x = keras.Input((10, 4))
    model = keras.Model(x, layers.Dense(1)(layers.Flatten()(body(x))))
    values = one_hot(np.random.default_rng(0).integers(0, 4, (2, 10)))
    values[:, 6:8] = 0
    result = deep_lift_shap(model, values, n_references=3, integrate=True)
    assert result.attributions.any()
    compared = one_hot(result.reference_codes)
    difference = [
        (model.predict(values, verbose=0) - model.predict(compared[:, k], verbose=0))[:, 0]
        for k in range(3)
    ]
    missed = result.attributions.sum((0, 2, 3)) - np.mean(difference, axis=0)
    np.testing.assert_allclose(result.delta[0].mean(-1), missed, atol=1e-5)
    if body is masked_recurrent:  # smooth, and masked alike in every reference
        assert np.abs(result.delta).max() < 1e-5
