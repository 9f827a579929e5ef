"""Compiled gradients on whichever backend runs."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from chrominterpret.engine.backend import compile_gradient

pytestmark = pytest.mark.backend


def test_gradient_by_hand():
    def function(z):
        return ops.stack([z[:, 0] ** 2, 3 * z[:, 1]], axis=1), z

    x = np.array([[1.0, 2], [3, 4]], np.float32)
    outputs, _, gradients = compile_gradient(function)(x, np.ones((1, 2), np.float32))
    np.testing.assert_allclose(outputs, [[1, 6], [9, 12]])
    np.testing.assert_allclose(gradients, [[[2, 3], [6, 3]]])


def test_weights_others_and_extra():
    def function(z, factor):
        outputs = ops.stack([z[:, 0] * factor[:, 0], z[:, 0] ** 2], axis=1)
        return outputs, factor + 1

    compiled = compile_gradient(function)
    z, factor = np.array([[1.0], [2]], np.float32), np.array([[5.0], [7]], np.float32)
    weights = np.array([[1, 0], [0, 1], [2, -1]], np.float32)
    outputs, extra, gradients = compiled(z, weights, factor)
    np.testing.assert_allclose(outputs, [[5, 1], [14, 4]])
    np.testing.assert_allclose(extra, [[6], [8]])
    np.testing.assert_allclose(gradients[..., 0], [[5, 7], [2, 4], [8, 10]])


def test_an_output_without_gradient_gives_zeros():
    compiled = compile_gradient(lambda z: (ops.stop_gradient(z) * 2, z))
    _, _, gradients = compiled(np.ones((2, 3)), np.ones((1, 3)))
    np.testing.assert_array_equal(gradients, np.zeros((1, 2, 3)))


def test_equal_shapes_trace_once():
    traces = []

    def function(z):
        traces.append(z.shape)
        return z * 2, z

    compiled = compile_gradient(function)
    for value in (1.0, 2.0, 3.0):
        compiled(np.full((2, 3), value, np.float32), np.ones((1, 3), np.float32))
    assert len(traces) == (3 if keras.backend.backend() == "torch" else 1)


def test_variables_are_read_at_each_call():
    dense = layers.Dense(1, use_bias=False, kernel_initializer="ones")
    dense.build((None, 2))
    compiled = compile_gradient(lambda z: (dense(z), z), dense.variables)
    arguments = np.ones((1, 2), np.float32), np.ones((1, 1), np.float32)
    np.testing.assert_array_equal(compiled(*arguments)[2], [[[1, 1]]])
    dense.kernel.assign([[3.0], [4.0]])
    np.testing.assert_array_equal(compiled(*arguments)[2], [[[3, 4]]])


def test_the_precision_setting_is_put_back():
    compiled = compile_gradient(lambda z: (1 / 0 if z.shape[0] == 3 else z, z))
    before = precision()
    compiled(np.ones((2, 3)), np.ones((1, 3)))
    with pytest.raises(ZeroDivisionError):
        compiled(np.ones((3, 3)), np.ones((1, 3)))
    assert precision() == before


def precision():
    match keras.backend.backend():
        case "tensorflow":
            import tensorflow as tf

            return tf.config.experimental.tensor_float_32_execution_enabled()
        case "jax":
            import jax

            return jax.config.jax_default_matmul_precision
        case "torch":
            import torch

            return torch.backends.cudnn.allow_tf32
