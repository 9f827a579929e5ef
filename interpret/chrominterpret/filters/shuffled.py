"""The filters of a first layer with their positions in random order, as a control."""

from typing import Any

import keras
import numpy as np

from chrominterpret.engine.keras_private import maker_of
from chrominterpret.engine.precision import in_float32
from chrominterpret.errors import InputError
from chrominterpret.filters.correlation import Head
from chrominterpret.filters.first_layer import FirstLayer, to_numpy
from chrominterpret.filters.position_shift import walk_between


def shuffled_head(layer: FirstLayer, *, seed: int) -> Head:
    """Return the function from sequences to the activations of a layer's shuffled filters.

    Every filter keeps its weights, so what it favours in bases, but their positions along the
    sequence are in random order. The model itself is left as it is.

    Parameters
    ----------
    layer : FirstLayer
        First layer, its kernel (..., K, 4, F).
    seed : int
        Seed of the order.

    Raises
    ------
    InputError
        If the kernel has another shape.
    """
    convolution, given = _made_by(layer)
    read, convolved = given.input_tensors[0], given.outputs[0]
    weights, state = _shuffled_weights(convolution, layer, seed)

    def head(x: np.ndarray) -> np.ndarray:
        taken = layer.layout.given(x)
        seen = taken if layer.input is read else walk_between(layer.input, read, taken)
        with in_float32(convolution):
            out = to_numpy(convolution.stateless_call(weights, state, seen)[0])
        return out if convolved is layer.output else walk_between(convolved, layer.output, out)

    return head


def _made_by(layer: FirstLayer) -> tuple[Any, Any]:
    """Return the convolution and the node by which the model calls it."""
    tensor = layer.output
    while (node := maker_of(tensor).node).operation.name != layer.name:
        tensor = node.input_tensors[0]
    return node.operation, node


def _shuffled_weights(
    convolution: Any, layer: FirstLayer, seed: int
) -> tuple[list[Any], list[Any]]:
    kernel = to_numpy(convolution.kernel)
    if kernel.ndim < 3 or kernel.shape[-3:-1] != (layer.width, 4):
        raise InputError(
            f"layer {layer.name!r}: expected a kernel of shape (..., {layer.width}, 4, filters), "
            f"received {kernel.shape}"
        )
    drawn = np.random.default_rng(seed).random((*kernel.shape[:-2], 1, kernel.shape[-1]))
    places = np.broadcast_to(np.argsort(drawn, axis=-3), kernel.shape)
    mixed = keras.ops.convert_to_tensor(np.take_along_axis(kernel, places, axis=-3))
    trainable, other = (
        [mixed if v.path.endswith("kernel") and v.shape == kernel.shape else v.value for v in some]
        for some in (convolution.trainable_variables, convolution.non_trainable_variables)
    )
    return trainable, other
