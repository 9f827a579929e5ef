"""Floating-point operations and parameters of a functional model."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from chromkeras.backend.keras_private import nodes
from chromkeras.errors import InputError
from chromkeras.layers.gapped_kmer_scores import GappedKmerScores
from chromkeras.layers.task_conv1d import TaskConv1D
from chromkeras.layers.task_dense import TaskDense
from chromkeras.layers.task_weights import TaskWeights


@dataclass(frozen=True)
class Cost:
    """Cost of a model.

    Attributes
    ----------
    parameters
        Number of weights, also of those that are not trained.
    forward
        Number of floating-point operations of a prediction, per sequence.
    training
        Number of floating-point operations of a training step, per sequence.
    """

    parameters: int
    forward: int
    training: int


def model_cost(model: keras.Model) -> Cost:
    """Count the multiplications and additions of a model's matrix products.

    Every weight of a kernel is multiplied and added once at each output position, so a layer
    does 2 · positions · weights operations forward: 2 · L' · W · C · F for a convolution (L' its
    output length), 2 · F · U for a dense layer, T times that for T tasks. A recurrent layer uses
    both its kernels at every position: 2 · L · G · U · (C + U), with G = 4 for an LSTM and 3 for
    a GRU, twice that in two directions. A training step does as many again for the gradient of
    the kernel and for the gradient of the input, so three times the forward count, but a frozen
    layer has no first, and a layer without anything to train before it, such as the one that
    reads the DNA, no second; the recurrent kernel of a layer that is trained always has both.

    Not counted: element-wise work (normalisation, activations, pooling, biases, the optimizer)
    and the soft-sharing penalty, whose cost does not depend on the batch.

    Parameters
    ----------
    model
        Functional model, of which every dimension but the batch is known.

    Raises
    ------
    InputError
        The model is not functional, a length is unknown, or a layer with weights has no formula.

    Notes
    -----
    A bias, like all of an element-wise layer's weights, counts as a parameter only.
    """
    costs = layer_costs(model)
    forward, training = (sum(cost[i] for cost in costs) for i in (1, 2))
    return Cost(model.count_params(), forward, training)


def layer_costs(model: keras.Model) -> list[tuple[Any, int, int]]:
    """Return every call of a layer, its operations forward and in a training step.

    They are counted per sequence, as ``model_cost`` says, with the same errors.
    """
    return _walk(model, trained=set())


def _walk(model: keras.Model, trained: set[int]) -> list[tuple[Any, int, int]]:
    """Return the calls' operations; ``trained`` are the tensors that need a gradient."""
    costs: list[tuple[Any, int, int]] = []
    for node in nodes(model):
        needed = [id(t) in trained for t in node.input_tensors]
        trains = bool(getattr(node.operation, "trainable_weights", ()))
        costs += _node_costs(node, needed, trains)
        if trains or any(needed):
            trained |= {id(t) for t in node.output_tensors}
    return costs


def _node_costs(node: Any, needed: list[bool], trains: bool) -> list[tuple[Any, int, int]]:
    """Return the operations of one call of a layer, or of all layers of a model."""
    if isinstance(node.operation, keras.Model):
        inputs = zip(node.operation.inputs, needed, strict=True)
        return _walk(node.operation, {id(t) for t, need in inputs if need})
    layer, steps = node.operation, 1 + trains + any(needed)
    if isinstance(layer, RECURRENT):
        read, carried = _recurrent_flops(layer, tuple(node.input_tensors[0].shape))
        through = 1 + trains + (trains or any(needed))
        return [(layer, read + carried, steps * read + through * carried)]
    ahead = _layer_flops(layer, tuple(node.output_tensors[0].shape))
    return [(layer, ahead, ahead * steps)]


def _recurrent_flops(layer: Any, input_shape: tuple[int | None, ...]) -> tuple[int, int]:
    """Return the forward operations, per sequence, of the input's and of the recurrent kernels."""
    cells = recurrent_cells(layer)
    _, length, _ = input_shape
    if length is None:
        raise InputError(f"{layer.name}: expected a known length, received shape {input_shape}")
    kernels = ([c.kernel for c in cells], [c.recurrent_kernel for c in cells])
    read, carried = (2 * length * sum(math.prod(k.shape) for k in some) for some in kernels)
    return read, carried


def recurrent_cells(layer: Any) -> list[Any]:
    """Return the cell of a recurrent layer, or those of its two directions.

    Raises
    ------
    InputError
        A cell is not an LSTM, a GRU or a simple one.
    """
    cells = [layer]
    if isinstance(layer, keras.layers.Bidirectional):
        cells = [layer.forward_layer, layer.backward_layer]
    cells = [getattr(one, "cell", None) for one in cells]
    if not all(isinstance(cell, CELLS) for cell in cells):
        raise InputError(f"{layer.name}: no formula for the cost of a {type(layer).__name__}")
    return cells


def _layer_flops(layer: Any, output_shape: tuple[int | None, ...]) -> int:
    """Return the forward operations of a layer per sequence."""
    formula = next((f for kind, f in POSITIONS.items() if isinstance(layer, kind)), None)
    if formula is not None:
        positions = formula(output_shape)
        known = [n for n in positions if n is not None]
        if len(known) < len(positions):
            raise InputError(
                f"{layer.name}: expected a known output length, received shape {output_shape}"
            )
        return 2 * math.prod(known) * math.prod(layer.kernel.shape)
    if isinstance(layer, GappedKmerScores):
        return layer.operations
    if not getattr(layer, "weights", ()) or isinstance(layer, ELEMENT_WISE):
        return 0
    raise InputError(f"{layer.name}: no formula for the cost of a {type(layer).__name__}")


def _between(shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
    """Return the dimensions between batch and channels."""
    return shape[1:-1]


def _one(shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
    return ()


# At how many output positions of one sequence each weight of the kernel is used.
POSITIONS: dict[type, Callable[[tuple[int | None, ...]], tuple[int | None, ...]]] = {
    keras.layers.Conv1D: _between,
    TaskConv1D: _between,
    keras.layers.Dense: _between,
    TaskDense: _one,
}
RECURRENT = (keras.layers.RNN, keras.layers.Bidirectional)
CELLS = (keras.layers.LSTMCell, keras.layers.GRUCell, keras.layers.SimpleRNNCell)
# Per-task batch normalisation is one too. Dropout's only weight is its seed.
ELEMENT_WISE = (keras.layers.BatchNormalization, keras.layers.Dropout, TaskWeights)
