"""Nested models are called with their inputs in the order and of the type that Keras gives."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from chrominterpret.engine.graph import call_at_inference, run_graph

pytestmark = pytest.mark.backend

SHAPE = (6, 4)


def evaluate(step, args, kwargs):
    return call_at_inference(step.operation, args, kwargs)


def inner_of(structure: str) -> keras.Model:
    """Return a model that tells its inputs apart, built of inputs in a structure."""
    keras.utils.set_random_seed(0)
    b, a = keras.Input(SHAPE, name="b"), keras.Input(SHAPE, name="a")
    made = layers.Flatten()(b) * 2.0 - layers.Flatten()(a)
    inputs = {"list": [b, a], "mapping": {"b": b, "a": a}, "sorted": {"a": a, "b": b}}[structure]
    return keras.Model(inputs, layers.Dense(2)(made))


@pytest.mark.parametrize(
    ("structure", "called"),
    [("list", "list"), ("list", "mapping"), ("mapping", "mapping"), ("sorted", "mapping")],
)
def test_inputs_of_nested_models_in_every_structure(structure, called):
    x = keras.Input(SHAPE)
    turned = ops.flip(x, axis=1)
    given = {"list": [x, turned], "mapping": {"a": x, "b": turned}}[called]
    model = keras.Model(x, inner_of(structure)(given))
    values = np.random.default_rng(0).random((3, *SHAPE)).astype(np.float32)
    (walked,) = run_graph(model, [ops.convert_to_tensor(values)], evaluate)
    np.testing.assert_allclose(
        ops.convert_to_numpy(walked), ops.convert_to_numpy(model(values)), rtol=1e-5
    )


def test_integers_become_floats():
    last = keras.Input((5, 1))
    inner = keras.Model(last, layers.Flatten()(layers.Conv1D(2, 3)(last)))
    x = keras.Input((5, 1), dtype="int32")
    model = keras.Model(x, layers.Dense(1)(inner(x)))
    values = np.arange(10, dtype=np.int32).reshape(2, 5, 1)
    (walked,) = run_graph(model, [ops.convert_to_tensor(values)], evaluate)
    np.testing.assert_allclose(
        ops.convert_to_numpy(walked), ops.convert_to_numpy(model(values)), rtol=1e-5
    )
