"""Whether walking a model's graph gives what the model gives, before anything is made of it."""

from typing import Any

import keras
import numpy as np
from keras import ops, tree

from chrominterpret.engine.backend import run_once
from chrominterpret.engine.graph import Step, functional, is_functional, run_graph
from chrominterpret.engine.keras_private import nodes_of
from chrominterpret.engine.nested import ordered_inputs
from chrominterpret.engine.precision import (
    as_float32,
    call_in_float32,
    in_float32,
    is_all_float32,
)
from chrominterpret.errors import InputError
from chrominterpret.methods.base.explained import ExplainedModel

ROWS = 2
TOLERANCE = 1e-3
ROUNDED = 0.02  # with 16-bit floats, to which some models cast their inputs and inner results


def check_agreement(explained: ExplainedModel) -> None:
    """Check on a few rows that the walk through a model's graph predicts what the model does.

    Both run in float32, in the same program.

    Parameters
    ----------
    explained
        Model with its inputs, of which the first rows are run.

    Raises
    ------
    InputError
        If they differ, naming the first layer where they do.
    """
    model = explained.model
    rows, others = explained.x[:ROWS], _other_rows(explained)

    def both(attributed: Any, taken: Any, *context: Any) -> Any:
        inputs = explained.in_order(taken, context)
        return ops.stack([explained.predictions(attributed, context), _by_keras(explained, inputs)])

    walked, predicted = run_once(both, [rows, explained.as_taken(rows), *others], model.variables)
    tolerance = TOLERANCE if is_all_float32(model) else ROUNDED
    # Probabilities may all be small; sums of either sign may be small by chance.
    size = np.maximum(np.abs(predicted).astype(np.float64), 1e-30)
    size = size if explained.logit else max(float(size.max()), 1e-6)
    if np.allclose(walked / size, predicted / size, rtol=0, atol=tolerance, equal_nan=True):
        return
    taken = explained.in_order(explained.as_taken(rows), others)
    place = first_parting(model, [ops.convert_to_tensor(array) for array in taken], tolerance)
    raise InputError(
        f"expected a model whose layers, called one by one, give its predictions, received "
        f"{predicted.ravel()[0]:.6g} by the model and {walked.ravel()[0]:.6g} by its layers, which "
        f"part at {place or 'its inputs'}"
    )


def _other_rows(explained: ExplainedModel) -> list[np.ndarray]:
    """Return the first rows of the inputs that are not attributed."""
    return [array[:ROWS] for array in explained.context]


def _by_keras(explained: ExplainedModel, inputs: Any) -> Any:
    given = tree.pack_sequence_as(functional(explained.model).input, list(inputs))
    with in_float32(explained.model):
        outputs = explained.model(given, training=False)
    output = as_float32(tree.flatten(outputs)[explained.head])
    return ops.reshape(output, (output.shape[0], -1))


def first_parting(model: Any, values: list[Any], tolerance: float = TOLERANCE) -> Step | None:
    """Return the first call of a model whose output is not what Keras makes there, or None.

    Parameters
    ----------
    model
        Functional Keras model.
    values
        Tensors of its inputs, in order.
    tolerance
        Largest difference relative to the largest value of a tensor.
    """
    graph = functional(model)
    nodes = [node for node in nodes_of(graph) if not node.is_input]
    tensors = [tensor for node in nodes for tensor in node.outputs]
    probe = keras.Function(graph.inputs, tensors)
    with in_float32(model):
        by_keras = probe(values)
    walked = run_graph(probe, values, lambda s, a, k: call_in_float32(s.operation, a, k))
    known = {id(t): v for t, v in zip([*graph.inputs, *tensors], [*values, *by_keras], strict=True)}
    found = {id(tensor): value for tensor, value in zip(tensors, walked, strict=True)}
    for node in nodes:
        if all(_alike(found[id(t)], known[id(t)], tolerance) for t in node.outputs):
            continue
        inner = None
        if is_functional(node.operation):
            args, kwargs = node.arguments.fill_in(known)
            given = ordered_inputs(
                functional(node.operation), args[0] if args else kwargs["inputs"]
            )
            inner = first_parting(node.operation, given, tolerance)
        return inner or Step.of(node)
    return None


def _alike(one: Any, other: Any, tolerance: float) -> bool:
    a, b = (ops.convert_to_numpy(as_float32(value)) for value in (one, other))
    if a.dtype == bool or np.issubdtype(a.dtype, np.integer):
        return np.array_equal(a, b)
    size = np.abs(b).max(initial=1e-6)
    return bool(np.allclose(a / size, b / size, rtol=0, atol=tolerance, equal_nan=True))
