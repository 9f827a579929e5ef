"""The inputs of a nested model, in the order and of the type that Keras gives."""

from collections.abc import Mapping
from typing import Any

import keras


def ordered_inputs(graph: Any, given: Any) -> list[Any]:
    """Return what a functional model is called with, in the order of its inputs.

    Parameters
    ----------
    graph
        Functional model or function.
    given
        Its argument: a tensor, or a structure of tensors. A mapping given to a model that was built
        of a list of inputs is read by their names, all else in the order of ``keras.tree``, which
        sorts keys.
    """
    by_name = isinstance(given, Mapping) and isinstance(graph, keras.Model)
    if by_name and not isinstance(graph.input, Mapping):
        return [given[tensor.name] for tensor in graph.inputs]
    return keras.tree.flatten(given)


def casting_layer(outer: Any, inner: Any) -> Any:
    """Return the layer that makes integers floats as the input of a nested model, or None.

    Parameters
    ----------
    outer, inner
        Symbolic tensors: what the model is called with, and its input.
    """
    is_float = keras.backend.is_float_dtype
    if is_float(outer.dtype) or not is_float(inner.dtype):
        return None
    return keras.layers.Rescaling(1.0, dtype="float32", name="cast")
