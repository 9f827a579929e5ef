"""Layers opened into the operations they are made of.

What a layer computes is found by calling it on symbolic tensors, once: its graph is then walked
like that of a nested model, each operation by its own rule. That holds for Keras's attention and
normalization, and for any layer of one's own, and `Lambda`, written in ``keras.ops``.
"""

from collections.abc import Callable
from functools import partial
from inspect import signature
from typing import Any

import keras
from keras import tree

from chrominterpret.engine.compositions import composition
from chrominterpret.engine.graph import Step, symbolic_arguments
from chrominterpret.engine.keras_private import (
    attach_mask,
    mask_of,
    variables_give_way,
    without_dropout,
)
from chrominterpret.engine.precision import FLOAT, in_float32


class Opened:
    """A call as a graph of other operations.

    Attributes
    ----------
    graph
        ``keras.Function`` of the call's symbolic arguments.
    places
        Position of each of its inputs among the flat arguments.
    """

    def __init__(self, function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> None:
        leaves, fresh = tree.flatten((args, kwargs)), {}
        for place, leaf in enumerate(leaves):
            if isinstance(leaf, keras.KerasTensor) and id(leaf) not in fresh:
                fresh[id(leaf)] = (place, _same_kind(leaf, place), leaf)
        for _, tensor, leaf in fresh.values():
            if id(mask_of(leaf)) in fresh:
                attach_mask(tensor, fresh[id(mask_of(leaf))][1])
        given = [fresh[id(leaf)][1] if id(leaf) in fresh else leaf for leaf in leaves]
        args, kwargs = tree.pack_sequence_as((args, kwargs), given)
        self.places = [place for place, _, _ in fresh.values()]
        inputs = [tensor for _, tensor, _ in fresh.values()]
        self.graph = keras.Function(inputs, function(*args, **kwargs))

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """Shape of the first output, batch axis left out."""
        return tuple(self.graph.outputs[0].shape[1:])


def opened_call(step: Step) -> Opened | None:
    """Return the call of a layer or operation as a graph, or None where it cannot be opened."""
    operation, symbolic = step.operation, symbolic_arguments(step)
    function = composition(operation)
    if function is None and isinstance(operation, keras.Layer):
        function = partial(operation.call, **_at_inference(operation))
    if function is None or symbolic is None:
        return None
    args, kwargs = symbolic
    return _traced(operation, function, args, {k: v for k, v in kwargs.items() if k != "training"})


def opened_cell(layer: Any, sequences: Any) -> Opened | None:
    """Return the cell of a recurrent layer as a graph of the input at a position and the states.

    Parameters
    ----------
    layer
        Recurrent layer.
    sequences
        Symbolic tensor (N, L, ...).
    """
    states = tree.map_structure(
        lambda state: keras.KerasTensor((None, *state.shape[1:]), dtype=FLOAT),
        layer.get_initial_state(batch_size=1),
    )
    at_one = keras.KerasTensor((None, *sequences.shape[2:]), dtype=FLOAT)

    def advance(value: Any, states: Any) -> Any:
        output, new = layer.cell.call(value, states, **_at_inference(layer.cell))
        return [output, *tree.flatten(new)]

    return _traced(layer, advance, (at_one, list(states)), {})


def opened_inside(layer: Any, sequences: Any) -> Opened | None:
    """Return the call of a layer at one position of symbolic sequences (N, L, ...)."""
    at_one = keras.KerasTensor((sequences.shape[0], *sequences.shape[2:]), dtype=FLOAT)
    return _traced(layer, layer, (at_one,), {})


def _traced(owner: Any, function: Callable[..., Any], args: Any, kwargs: Any) -> Opened | None:
    try:
        with in_float32(owner), variables_give_way(), without_dropout(owner):
            return Opened(function, args, kwargs)
    # A call of someone else's may do anything with a symbolic tensor, and fail as it likes.
    except Exception:
        return None


def _at_inference(layer: Any) -> dict[str, bool]:
    return {"training": False} if "training" in signature(layer.call).parameters else {}


def _same_kind(tensor: Any, place: int) -> Any:
    dtype = FLOAT if keras.backend.is_float_dtype(tensor.dtype) else tensor.dtype
    return keras.Input(batch_shape=tensor.shape, dtype=dtype, name=f"argument_{place}")
