"""Everything private of Keras that chromkeras uses, in one place.

``pyproject.toml`` keeps Keras below the next minor version, and
``tests/chromkeras/backend/test_keras_private.py`` names each attribute.
"""

from collections.abc import Iterator
from typing import Any

import keras
from keras.src.backend.common import global_state

from chromkeras.errors import InputError


def nodes(model: keras.Model) -> Iterator[Any]:
    """Yield the calls of layers in a functional model, those of which others depend first.

    Each has ``operation``, ``input_tensors`` and ``output_tensors``.

    Raises
    ------
    InputError
        The model is not functional.
    """
    by_depth = getattr(model, "_nodes_by_depth", None)
    if by_depth is None:
        raise InputError(f"expected a functional model, received {type(model).__name__}")
    for depth in sorted(by_depth, reverse=True):
        yield from by_depth[depth]


def producer(tensor: keras.KerasTensor) -> tuple[Any, list[Any]]:
    """Return the layer that made a tensor, None for none, and the tensors that it read."""
    operation, place, _ = tensor._keras_history
    return operation, [] if operation is None else list(
        operation._inbound_nodes[place].input_tensors
    )


def readers(layer: keras.layers.Layer) -> set[int]:
    """Return the identities of the layers that read a layer's output."""
    return {id(node.operation) for node in layer._outbound_nodes}


def calls(layer: keras.layers.Layer) -> list[Any]:
    """Return the calls of a layer, as in `nodes`."""
    return list(layer._inbound_nodes)


def all_layers(model: keras.Model) -> list[Any]:
    """Return the layers of a model and those inside them."""
    return list(model._flatten_layers())


def stay_without_values(model: keras.Model) -> None:
    """Take a model's variables off the list of those that Keras gives values later on.

    It does so when any other stateless scope ends, as in the first step of any training, and has
    no public way to decline.
    """
    key, own = "uninitialized_variables", {id(v) for v in model.variables}
    waiting = global_state.get_global_attribute(key) or []
    global_state.set_global_attribute(key, [v for v in waiting if id(v) not in own])
