"""All use of Keras's private attributes.

Keras offers no public way to the nodes of a graph, which are the calls of its operations: a layer
that two branches share is one layer with two nodes. A node itself is of a class that Keras does not
export; of it `NODE` is read. A test names each attribute, and pyproject.toml keeps Keras below the
next version that might move one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras

NODE = ("operation", "arguments", "input_tensors", "outputs", "is_input")


class Maker(NamedTuple):
    """The call that made a symbolic tensor.

    Attributes
    ----------
    operation
        Layer or operation that is called, or None.
    node
        The call, or None.
    place
        Position of the tensor among the call's outputs.
    """

    operation: Any
    node: Any
    place: int


def maker_of(tensor: Any) -> Maker:
    """Return the call that made a symbolic tensor."""
    operation, node_index, place = tensor._keras_history
    node = operation._inbound_nodes[node_index] if operation is not None else None
    return Maker(operation, node, place)


def graph_of_sequential(model: Any) -> Any:
    """Return the functional graph of a built ``Sequential``, None of one that is not built."""
    return model._functional


def nodes_of(graph: Any) -> list[Any]:
    """Return the nodes of a functional graph, from its inputs to its outputs."""
    by_depth = graph._nodes_by_depth
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]


def with_sublayers(layer: Any) -> list[Any]:
    """Return a layer and all layers in it, as a recurrent layer has its cell."""
    return list(layer._flatten_layers())


@contextmanager
def policy_replaced(layer: Any, policy: Any) -> Iterator[None]:
    """Give a layer another dtype policy inside the block.

    Past the public attribute, which would change the policies of other layers where these share a
    map of policies.
    """
    before = layer._dtype_policy
    layer._dtype_policy = policy
    try:
        yield
    finally:
        layer._dtype_policy = before


def mask_of(tensor: Any) -> Any:
    """Return the mask that goes with a symbolic tensor, or None."""
    return getattr(tensor, "_keras_mask", None)


def attach_mask(tensor: Any, mask: Any) -> None:
    """Let a mask go with a symbolic tensor, as the layers that made it would."""
    tensor._keras_mask = mask


@contextmanager
def without_dropout(layer: Any) -> Iterator[None]:
    """Make attention take the way inside the block that it takes where it has no dropout.

    At inference both give the same.
    """
    name = next((name for name in ("_dropout", "dropout") if hasattr(layer, name)), None)
    if name is None or not isinstance(layer, _WITH_DROPOUT):
        yield
        return
    before = getattr(layer, name)
    setattr(layer, name, 0.0)
    try:
        yield
    finally:
        setattr(layer, name, before)


_WITH_DROPOUT = (keras.layers.MultiHeadAttention, keras.layers.GroupQueryAttention)


@contextmanager
def variables_give_way() -> Iterator[None]:
    """Let ``weight * tensor`` work with a symbolic tensor inside the block, as the reverse does."""
    names = [f"__{name}__" for name in ("add", "sub", "mul", "truediv", "pow", "matmul")]
    own = {name: vars(keras.Variable).get(name) for name in names}
    for name in names:
        setattr(keras.Variable, name, _giving_way(getattr(keras.Variable, name)))
    try:
        yield
    finally:
        for name, method in own.items():
            if method is None:
                delattr(keras.Variable, name)
            else:
                setattr(keras.Variable, name, method)


def _giving_way(method: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def operate(self: Any, other: Any) -> Any:
        return NotImplemented if isinstance(other, keras.KerasTensor) else method(self, other)

    return operate


def takes_training(operation: Any) -> bool:
    """Return whether an operation may be called with ``training=``, as all layers may."""
    return "training" in getattr(operation, "_call_context_args", ())
