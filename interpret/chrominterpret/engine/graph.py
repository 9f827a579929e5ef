"""The graph of a functional Keras model: its nodes in order, and an interpreter over them.

A layer shared by two branches is one layer with two nodes, so nodes are walked, not layers.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras

from chrominterpret.engine.keras_private import (
    graph_of_sequential,
    maker_of,
    nodes_of,
    takes_training,
)
from chrominterpret.engine.nested import casting_layer, ordered_inputs
from chrominterpret.errors import InputError


@dataclass(frozen=True)
class Step:
    """One call of an operation in a model.

    Attributes
    ----------
    operation
        Keras layer or operation that is called.
    path
        Ids of the nodes from the outermost model down to this one, which identify the call.
    n_outputs
        Number of tensors that the call returns.
    discrete
        Places of those that are no floats: masks and indices, which have no gradient.
    node
        Node of the call, None where it is not of a graph.
    """

    operation: Any
    path: tuple[int, ...]
    n_outputs: int
    discrete: frozenset[int] = frozenset()
    node: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, node: Any, path: tuple[int, ...] = ()) -> "Step":
        """Return the call of a node in the model of a path."""
        is_float = [keras.backend.is_float_dtype(tensor.dtype) for tensor in node.outputs]
        discrete = frozenset(i for i, yes in enumerate(is_float) if not yes)
        return cls(node.operation, (*path, id(node)), len(node.outputs), discrete, node)

    def __str__(self) -> str:
        return f"{self.operation.name!r} of class {type(self.operation).__name__}"


def symbolic_arguments(step: Step) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """Return the symbolic tensors of a call among its arguments, None where they are not known."""
    if step.node is None:
        return None
    args, kwargs = step.node.arguments.fill_in({id(t): t for t in step.node.input_tensors})
    return args, kwargs


Apply = Callable[[Step, tuple[Any, ...], dict[str, Any]], Any]


def defining_class(operation: Any) -> type:
    """Return the class whose ``call`` method an operation runs."""
    return next(cls for cls in type(operation).__mro__ if "call" in vars(cls))


def is_functional(operation: Any) -> bool:
    """Return whether an operation is a model whose graph can be walked."""
    if isinstance(operation, keras.Sequential):
        graph = graph_of_sequential(operation)
    else:
        graph = operation if isinstance(operation, keras.Function) else None
    return graph is not None and defining_class(operation).__module__.startswith("keras.")


def functional(model: Any) -> Any:
    """Return the functional graph of a model.

    Raises
    ------
    InputError
        If the model is neither functional nor a built ``Sequential``.
    """
    if not is_functional(model):
        raise InputError(
            "expected a functional Keras model or a built Sequential, "
            f"received {type(model).__name__} {getattr(model, 'name', '')!r}"
        )
    return graph_of_sequential(model) if isinstance(model, keras.Sequential) else model


def input_index(model: Any, wrt: str | None) -> int:
    """Return the position of the model input to attribute to.

    Parameters
    ----------
    model
        Functional Keras model.
    wrt
        Name or key of the input; None chooses the only input, or the only one of shape (N, L, 4).

    Raises
    ------
    InputError
        If there is no such input, more than one for None, or the input is not of floats.
    """
    tensors = functional(model).inputs
    names, keys = [tensor.name for tensor in tensors], input_keys(model)
    if wrt is not None:
        known = names if wrt in names or keys is None else keys
        found = [i for i, name in enumerate(known) if name == wrt]
    elif len(tensors) == 1:
        found = [0]
    else:
        found = [i for i, t in enumerate(tensors) if len(t.shape) == 3 and t.shape[-1] == 4]
    if len(found) != 1:
        raise InputError(f"expected wrt= to name one input among {names}, received {wrt!r}")
    dtype = tensors[found[0]].dtype
    if not keras.backend.is_float_dtype(dtype):
        raise InputError(f"expected an input of floats, received {names[found[0]]!r} of {dtype}")
    return found[0]


def output_index(model: Any, head: str | int | None) -> int:
    """Return the position of the model output to attribute.

    Parameters
    ----------
    model
        Functional Keras model.
    head
        Name, key or position of the output; None is allowed for a model with one output.

    Raises
    ------
    InputError
        If there is no such output, or it is neither (N,), (N, T) nor (N, bins, tracks).
    """
    graph = functional(model)
    names = [maker_of(tensor).operation.name for tensor in graph.outputs]
    keys = _keys(graph.output)
    if keys is not None and head in keys:
        names = keys
    choices: list[str | int | None] = [*names, *range(len(names))]
    if len(names) == 1:
        choices.append(None)
    if head not in choices or names.count(str(head)) > 1:
        raise InputError(f"expected head= to choose one output of {names}, received {head!r}")
    index = 0 if head is None else names.index(head) if isinstance(head, str) else head
    if not 1 <= len(graph.outputs[index].shape) <= 3:
        raise InputError(
            "expected a model output of shape (N,), (N, T) or (N, bins, tracks), "
            f"received {names[index]!r} of shape {graph.outputs[index].shape}"
        )
    return index


def input_names(model: Any) -> list[str]:
    """Return the names of a model's inputs, in order."""
    return [tensor.name for tensor in functional(model).inputs]


def input_keys(model: Any) -> list[str] | None:
    """Return the keys of a model's inputs, in order, where it was built of a mapping of them."""
    return _keys(functional(model).input)


def _keys(structure: Any) -> list[str] | None:
    """Return the keys of a flat mapping in the order of ``keras.tree``, None of anything else."""
    flat = isinstance(structure, Mapping) and len(keras.tree.flatten(structure)) == len(structure)
    return sorted(structure) if flat else None


def names_of_inputs(tensors: Sequence[Any]) -> frozenset[str]:
    """Return the names of the inputs that symbolic tensors are made of."""
    return frozenset(node.operation.name for node in _ancestors(tensors) if node.is_input)


def input_shape(model: Any, index: int) -> tuple[int | None, ...]:
    """Return the symbolic shape of a model input, batch axis (None) included."""
    return tuple(functional(model).inputs[index].shape)


def output_shape(model: Any, index: int, inputs: Sequence[Any]) -> tuple[int, ...]:
    """Return the shape of a model output for one row.

    Parameters
    ----------
    model
        Functional Keras model.
    index
        Position of the output.
    inputs
        Arrays of all inputs, whose length tells that of an output of any length.
    """
    graph = functional(model)
    shape = tuple(graph.outputs[index].shape[1:])
    if None not in shape:
        return shape
    given = [
        keras.KerasTensor((1, *array.shape[1:]), tensor.dtype)
        for array, tensor in zip(inputs, graph.inputs, strict=True)
    ]
    made = graph.compute_output_spec(keras.tree.pack_sequence_as(graph.input, given))
    return tuple(keras.tree.flatten(made)[index].shape[1:])


def of_fixed_shapes(model: Any, inputs: Sequence[Any]) -> Any:
    """Return a model whose inputs have the lengths of some arrays, where they may have any.

    It is the model itself where its lengths are fixed, else a copy of it with the same weights.

    Parameters
    ----------
    model
        Functional Keras model.
    inputs
        Arrays of all inputs.
    """
    graph = functional(model)
    if not any(None in tensor.shape[1:] for tensor in graph.inputs):
        return model
    given = [
        keras.Input(array.shape[1:], dtype=tensor.dtype, name=tensor.name)
        for array, tensor in zip(inputs, graph.inputs, strict=True)
    ]
    packed = keras.tree.pack_sequence_as(graph.input, given)
    fixed = keras.models.clone_model(graph, input_tensors=packed)
    fixed.set_weights(graph.get_weights())
    return fixed


def values_per_row(model: Any, index: int, length: int) -> int:
    """Count the numbers that the tensors on the way to an output hold for one row of inputs.

    Parameters
    ----------
    model
        Functional Keras model.
    index
        Position of the output.
    length
        Length taken for every axis that has none but the batch axis.
    """
    graph = functional(model)
    return sum(_values_of(node, length) for node in _ordered_nodes(graph, [graph.outputs[index]]))


def values_inside(graph: Any, length: int) -> int:
    """Count the numbers that all tensors of a functional graph hold for one row of inputs."""
    return sum(_values_of(node, length) for node in nodes_of(graph) if not node.is_input)


def run_graph(
    model: Any,
    values: Sequence[Any],
    apply: Apply,
    *,
    wanted: Sequence[int] | None = None,
    path: tuple[int, ...] = (),
) -> list[Any]:
    """Interpret a model: call ``apply`` at each node, nested models walked in place.

    Parameters
    ----------
    model
        Functional Keras model.
    values
        Values of the inputs, of any type that is a leaf for ``keras.tree``.
    apply
        Function called as ``apply(step, args, kwargs)`` with values in place of tensors; returns a
        value for each output tensor, in the operation's own structure.
    wanted
        Positions of the outputs needed; nodes that no such output depends on are left out.
    path
        Path of the nested model; leave at its default.

    Returns
    -------
    list
        One value a wanted output.
    """
    graph = functional(model)
    outputs = [graph.outputs[i] for i in (range(len(graph.outputs)) if wanted is None else wanted)]
    known = {id(tensor): value for tensor, value in zip(graph.inputs, values, strict=True)}
    for node in _ordered_nodes(graph, outputs):
        args, kwargs = node.arguments.fill_in(known)
        step = Step.of(node, path)
        if is_functional(node.operation):
            inner = _nested_inputs(step, node, known, apply)
            result = run_graph(node.operation, inner, apply, path=step.path)
        else:
            result = keras.tree.flatten(apply(step, args, kwargs))
        known.update(zip((id(tensor) for tensor in node.outputs), result, strict=True))
    return [known[id(tensor)] for tensor in outputs]


def _nested_inputs(step: Step, node: Any, known: dict[int, Any], apply: Apply) -> list[Any]:
    """Return the values of a nested model's inputs, from those of its node's arguments."""
    graph = functional(node.operation)
    args, kwargs = node.arguments.fill_in({id(tensor): tensor for tensor in node.input_tensors})
    outer = ordered_inputs(graph, args[0] if args else kwargs["inputs"])
    values = []
    for place, (tensor, inner) in enumerate(zip(outer, graph.inputs, strict=True)):
        value, cast = known[id(tensor)], casting_layer(tensor, inner)
        if cast is not None:
            made = apply(Step(cast, (*step.path, place), 1), (value,), {})
            (value,) = keras.tree.flatten(made)
        values.append(value)
    return values


def last_step(model: Any, index: int, is_transparent: Callable[[Any], bool]) -> Step | None:
    """Return the step that makes a model output, looking into nested models.

    Parameters
    ----------
    model
        Functional Keras model.
    index
        Position of the output.
    is_transparent
        Function of an operation with one input: whether to look through it.

    Returns
    -------
    Step or None
        None if the output is an input of its model.
    """
    path: tuple[int, ...] = ()
    tensor = functional(model).outputs[index]
    while True:
        operation, node, tensor_index = maker_of(tensor)
        if node.is_input:
            return None
        if is_functional(operation):
            path = (*path, id(node))
            tensor = functional(operation).outputs[tensor_index]
        elif len(node.input_tensors) == 1 and is_transparent(operation):
            tensor = node.input_tensors[0]
        else:
            return Step.of(node, path)


def call_at_inference(operation: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Call an operation on arrays or tensors with ``training=False`` where it knows the option."""
    if takes_training(operation):
        kwargs = {**kwargs, "training": False}
    return operation(*args, **kwargs)


def is_plain_convolution(layer: Any) -> bool:
    """Return whether a layer is Keras's own convolution of one group, in float32."""
    return (
        type(layer) is keras.layers.Conv1D
        and layer.groups == 1
        and layer.data_format == "channels_last"
        and layer.compute_dtype == "float32"
    )


@contextmanager
def without_activation(layer: Any) -> Iterator[None]:
    """Make a layer leave out its fused activation inside the block."""
    with _replaced(layer, "activation", keras.activations.linear):
        yield


@contextmanager
def without_padding(layer: Any) -> Iterator[None]:
    """Make a layer with an attribute ``padding`` add no positions inside the block."""
    with _replaced(layer, "padding", "valid"):
        yield


@contextmanager
def _replaced(layer: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr(layer, name)
    # Past Keras's attribute tracking, which refuses to put back an activation that is a layer.
    object.__setattr__(layer, name, value)
    try:
        yield
    finally:
        object.__setattr__(layer, name, before)


def _values_of(node: Any, length: int) -> int:
    if is_functional(node.operation):
        inner = functional(node.operation)
        return sum(_values_of(n, length) for n in _ordered_nodes(inner, inner.outputs))
    return sum(_size(tensor.shape, length) for tensor in node.outputs)


def _size(shape: tuple[int | None, ...], length: int) -> int:
    """Count a tensor's numbers for one row: one axis of unknown length is the batch axis."""
    full = math.prod(length if size is None else size for size in shape)
    return full // length if None in shape else full


def _ordered_nodes(graph: Any, outputs: Sequence[Any]) -> Iterator[Any]:
    needed = {id(node) for node in _ancestors(outputs)}
    return (n for n in nodes_of(graph) if id(n) in needed and not n.is_input)


def _ancestors(tensors: Sequence[Any]) -> list[Any]:
    """Return the nodes that tensors are made by, directly or through others."""
    found: dict[int, Any] = {}
    waiting = [maker_of(tensor).node for tensor in tensors]
    while waiting:
        node = waiting.pop()
        if node is not None and id(node) not in found:
            found[id(node)] = node
            waiting.extend(maker_of(tensor).node for tensor in node.input_tensors)
    return list(found.values())
