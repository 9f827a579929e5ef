"""Walking nodes of functional models."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from chrominterpret.engine.graph import (
    call_at_inference,
    functional,
    input_index,
    last_step,
    of_fixed_shapes,
    output_index,
    run_graph,
    without_activation,
)


def evaluate(step, args, kwargs):
    return call_at_inference(step.operation, args, kwargs)


def names(model, wanted=None):
    seen = []

    def apply(step, args, kwargs):
        seen.append(step.operation.name)
        return [None] * step.n_outputs

    run_graph(model, [None] * len(model.inputs), apply, wanted=wanted)
    return seen


def nested_siamese():
    keras.utils.set_random_seed(0)
    inner_input = keras.Input((6, 4))
    inner = keras.Model(inner_input, layers.Conv1D(3, 3, name="conv")(inner_input), name="inner")
    x = keras.Input((6, 4), name="x")
    both = layers.Concatenate(name="both")([inner(x), inner(ops.flip(x, axis=1))])
    ending = keras.Sequential([layers.Flatten(name="flat"), layers.Dense(2, name="dense")])
    return keras.Model(x, ending(layers.BatchNormalization(name="norm")(both)))


def test_shared_and_nested_layers_run_once_a_node():
    seen = names(nested_siamese())
    assert seen.count("conv") == 2
    assert seen[-4:] == ["both", "norm", "flat", "dense"]


def test_running_the_graph_is_running_the_model():
    model, x = nested_siamese(), np.random.default_rng(0).random((3, 6, 4)).astype(np.float32)
    (found,) = run_graph(model, [ops.convert_to_tensor(x)], evaluate)
    np.testing.assert_allclose(
        ops.convert_to_numpy(found), ops.convert_to_numpy(model(x)), rtol=1e-5
    )


def test_each_call_of_a_shared_layer_has_its_own_path():
    paths = []

    def apply(step, args, kwargs):
        paths.append(step.path)
        return [None] * step.n_outputs

    run_graph(nested_siamese(), [None], apply)
    assert len(set(paths)) == len(paths)


def two_heads():
    x = keras.Input((6, 4), name="dna")
    other = keras.Input((6, 4), name="other")
    h = layers.Flatten(name="flat")(x)
    first = layers.Dense(2, name="first")(h)
    second = layers.Dense(3, name="second")(layers.Flatten(name="flat_other")(other))
    return keras.Model([x, other], [first, second])


def test_only_ancestors_of_the_wanted_output_run():
    assert names(two_heads(), wanted=[1]) == ["flat_other", "second"]


def test_choosing_inputs_and_outputs():
    model = two_heads()
    assert input_index(model, "other") == 1
    assert output_index(model, "second") == output_index(model, 1) == 1
    for bad in (None, "third", 2):
        with pytest.raises(ValueError, match="head="):
            output_index(model, bad)
    for bad in (None, "rna"):
        with pytest.raises(ValueError, match="wrt="):
            input_index(model, bad)


def test_an_output_of_another_rank_is_refused():
    x = keras.Input((6, 4))
    with pytest.raises(ValueError, match=r"\(N, T\) or \(N, bins, tracks\)"):
        output_index(keras.Model(x, layers.Reshape((2, 3, 4))(x)), None)


def is_reshaping(operation):
    return isinstance(operation, layers.Flatten | layers.Reshape)


def test_last_step_looks_through_reshaping_and_nesting():
    inner_input = keras.Input((4,))
    inner = keras.Model(inner_input, layers.Dense(2, name="inside")(inner_input))
    x = keras.Input((1, 4))
    h = inner(layers.Flatten()(x))
    model = keras.Model(x, layers.Flatten()(layers.Reshape((2, 1))(h)))
    step = last_step(model, 0, is_reshaping)
    assert step.operation.name == "inside"
    assert len(step.path) == 2
    assert last_step(keras.Model(x, layers.Flatten()(x)), 0, is_reshaping) is None


def test_models_without_a_graph_are_refused():
    class Own(keras.Model):
        def call(self, x):
            return x

    unbuilt = keras.Sequential([layers.Dense(2)])
    for model in (Own(), unbuilt, layers.Dense(2), 3):
        with pytest.raises(ValueError, match="functional"):
            functional(model)


@pytest.mark.parametrize("activation", ["relu", layers.LeakyReLU(0.1)])
def test_without_activation(activation):
    dense = layers.Dense(1, activation=activation, kernel_initializer="ones")
    x = -np.ones((1, 4), np.float32)
    before = float(dense(x)[0, 0])
    own = dense.activation
    with without_activation(dense):
        assert float(dense(x)[0, 0]) == -4
    with pytest.raises(RuntimeError, match="inside"), without_activation(dense):
        raise RuntimeError("inside")
    assert dense.activation is own
    assert float(dense(x)[0, 0]) == before


def test_a_model_of_any_length_gets_one():
    x = keras.Input((None, 4), name="dna")
    h = layers.BatchNormalization()(layers.Conv1D(3, 5, name="first")(x))
    model = keras.Model({"dna": x}, layers.GlobalMaxPooling1D()(h))
    model.get_layer("first").bias.assign([1.0, 2.0, 3.0])
    rows = np.random.default_rng(0).normal(size=(2, 9, 4)).astype(np.float32)
    fixed = of_fixed_shapes(model, [rows])
    assert fixed.inputs[0].shape == (None, 9, 4)
    found, expected = (m.predict({"dna": rows}, verbose=0) for m in (fixed, model))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert of_fixed_shapes(fixed, [rows]) is fixed
