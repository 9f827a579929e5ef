"""A model that computes what several rows of a batch share only once.

Where rows are pairs, such as a gene and a condition, many of a batch have the same DNA. The model
made here has the layers and weights of another, but reads each distinct sequence once, and which
of them each row has; where the network meets an input of the rows themselves, every row takes what
was computed for its sequence. Outputs are the same. In training, dropout and batch normalisation
before that place see each distinct sequence once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from chrominterpret.engine.graph import Step, run_graph
from chromkeras.data.tables import rows_name
from chromkeras.layers.take_rows import TakeRows


@dataclass(frozen=True, eq=False)
class Value:
    """A tensor, and the only input that it depends on; "" where that is of no account."""

    tensor: Any
    of: str = ""


def run_by_input(
    model: keras.Model, values: Sequence[Value], joined: Callable[[Value], Value]
) -> list[Value]:
    """Call a model's layers anew, and change what depends on one input alone where it meets others.

    Parameters
    ----------
    model
        Functional model.
    values
        Tensors for its inputs, in their order.
    joined
        What becomes of a value where it meets one of another input, or of none.

    Returns
    -------
    list of Value
        The outputs.
    """

    def apply(step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        given = [leaf for leaf in keras.tree.flatten((args, kwargs)) if isinstance(leaf, Value)]
        common = {value.of for value in given}
        change = joined if len(common) > 1 else lambda value: value
        args, kwargs = keras.tree.map_structure(
            lambda leaf: change(leaf).tensor if isinstance(leaf, Value) else leaf, (args, kwargs)
        )
        of = common.pop() if len(common) == 1 else ""
        found = step.operation(*args, **kwargs)
        return keras.tree.map_structure(lambda tensor: Value(tensor, of), found)

    return run_graph(model, values, apply)


def with_shared_rows(model: keras.Model, names: Sequence[str]) -> keras.Model:
    """Return a model of the same layers that reads distinct rows of some inputs.

    Parameters
    ----------
    model
        Functional model with inputs by name.
    names
        Inputs to read the distinct rows of, U of each.

    Returns
    -------
    keras.Model
        From a dictionary of the inputs, of which those named have shape (U, ...), and of
        ``rows_name(NAME)`` for each, int32 of shape (batch,), which of the U a row has; to the
        outputs of ``model`` for the batch.
    """
    inputs = {t.name: keras.Input(t.shape[1:], dtype=t.dtype, name=t.name) for t in model.inputs}
    rows = {n: keras.Input((), dtype="int32", name=rows_name(n)) for n in names}
    values = [Value(x, n if n in rows else "") for n, x in inputs.items()]

    def for_the_batch(value: Value) -> Value:
        if not value.of:
            return value
        shape = value.tensor.shape
        axis = next(i for i, size in enumerate(shape) if size is None)
        return Value(TakeRows(axis)([value.tensor, rows[value.of]]))

    outputs = [for_the_batch(v).tensor for v in run_by_input(model, values, for_the_batch)]
    named = {rows_name(name): tensor for name, tensor in rows.items()}
    return keras.Model(
        inputs | named, outputs[0] if len(outputs) == 1 else outputs, name=model.name
    )


def shared_by_model(model: keras.Model) -> tuple[str, ...]:
    """Return the inputs of which a model reads distinct rows; none of any other model."""
    names = [tensor.name for tensor in model.inputs]
    return tuple(name for name in names if rows_name(name) in names)


def unshared_inputs(model: keras.Model) -> dict[str, tuple[int, ...]]:
    """Return the shape of a row of each input of a model, but for which rows are shared."""
    rows = {rows_name(name) for name in shared_by_model(model)}
    return {t.name: tuple(t.shape[1:]) for t in model.inputs if t.name not in rows}


def weights_of(model: keras.Model, trained: keras.Model, values: Sequence[Any]) -> list[Any]:
    """Return values in the order of a model's weights, given in the order of the other's.

    Parameters
    ----------
    model, trained
        Models of the same layers.
    values
        A value for each of ``trained.weights``.
    """
    by_variable = {id(v): x for v, x in zip(trained.weights, values, strict=True)}
    return [by_variable[id(variable)] for variable in model.weights]
