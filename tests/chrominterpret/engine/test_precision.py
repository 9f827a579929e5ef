"""Models of other precisions compute in float32 while they are explained."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from chrominterpret.engine.precision import as_float32, call_in_float32, in_float32, is_all_float32
from chrominterpret.methods.registry import METHODS, applicable, attribute
from chrominterpret.sequences import one_hot

pytestmark = pytest.mark.backend

LENGTH = 16
POLICIES = ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64")
CASES = [("mixed_float16", name) for name in METHODS.names() if name != "shap"]  # knows no gelu
CASES += [(policy, "deep_lift_shap") for policy in POLICIES[1:]]


def models(policy: str) -> tuple[keras.Model, keras.Model]:
    """Return a model under a policy and the same with its weights cast to float32."""
    made = [_model(each) for each in (policy, "float32")]
    made[1].set_weights([ops.convert_to_numpy(ops.cast(w, "float32")) for w in made[0].weights])
    return made[0], made[1]


def _model(policy: str) -> keras.Model:
    keras.utils.set_random_seed(3)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        x = keras.Input((LENGTH, 4), dtype="float32")
        h = layers.BatchNormalization()(layers.Conv1D(6, 5, activation="relu")(x))
        h = layers.MaxPooling1D(2)(ops.tanh(h))
        h = keras.Sequential([keras.Input((6, 6)), layers.Flatten(), layers.Dense(4, "gelu")])(h)
        y = layers.Activation("sigmoid", dtype="float32")(layers.Dense(2)(h))
        return keras.Model(x, y)
    finally:
        keras.config.set_dtype_policy(before)


@pytest.mark.parametrize(("policy", "name"), CASES)
@pytest.mark.filterwarnings("ignore:.*float64.*truncated")  # JAX has no such weights
def test_attributions_are_those_of_the_model_cast_to_float32(policy, name):
    own, cast = models(policy)
    x = one_hot(np.random.default_rng(0).integers(0, 4, (3, LENGTH)))
    options = applicable(name, {"n_references": 3, "seed": 1})
    found, expected = (attribute(name, model, x, **options) for model in (own, cast))
    size = np.abs(expected.attributions).max()
    np.testing.assert_allclose(found.attributions, expected.attributions, atol=2e-6 * size)
    np.testing.assert_allclose(found.prediction, expected.prediction, rtol=1e-5, atol=1e-6)
    assert found.attributions.dtype == np.float32
    assert own.layers[1].dtype_policy.name == policy


def test_layers_within_layers_and_their_restoration_after_an_error():
    half = keras.DTypePolicy("mixed_bfloat16")
    layer = layers.Bidirectional(layers.LSTM(2, dtype=half), dtype=half)
    x = ops.ones((1, 5, 3))
    assert keras.backend.standardize_dtype(layer(x).dtype) == "bfloat16"
    assert not is_all_float32(layer)
    with in_float32(layer):
        assert keras.backend.standardize_dtype(layer(x).dtype) == "float32"
    with pytest.raises(RuntimeError, match="inside"), in_float32(layer):
        raise RuntimeError("inside")
    assert layer.forward_layer.cell.compute_dtype == "bfloat16"


def test_casts_to_other_floats_are_left_out():
    x = keras.Input((3,))
    made = keras.Function(x, ops.cast(x, "float16"))
    cast = made.outputs[0]._keras_history.operation
    value = ops.convert_to_tensor(np.array([[1.0001, 2.0002, 3.0003]], np.float32))
    np.testing.assert_array_equal(
        ops.convert_to_numpy(call_in_float32(cast, (value,), {})), ops.convert_to_numpy(value)
    )
    whole = ops.convert_to_tensor(np.array([1, 2], np.int32))
    assert as_float32(whole) is whole
