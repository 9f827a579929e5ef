"""Memory of a functional model's activations, per sequence, from its graph."""

import math
from dataclasses import dataclass
from typing import Any

import keras

from chromkeras.backend.keras_private import nodes
from chromkeras.cost.operations import RECURRENT, recurrent_cells
from chromkeras.layers.task_conv1d import TaskConv1D
from chromkeras.layers.task_dense import TaskDense

INPUT, OUTPUT = "input", "output"
# What a layer keeps from the forward pass until its gradient is known; others keep both.
KEPT: dict[type, tuple[str, ...]] = {
    keras.layers.Conv1D: (INPUT,),
    TaskConv1D: (INPUT,),
    keras.layers.Dense: (INPUT,),
    TaskDense: (INPUT,),
    keras.layers.BatchNormalization: (INPUT,),
    keras.layers.Activation: (OUTPUT,),
    keras.layers.MaxPooling1D: (INPUT, OUTPUT),
    keras.layers.Dropout: (OUTPUT,),
    keras.layers.RNN: (INPUT,),
    keras.layers.Bidirectional: (INPUT,),
    keras.layers.Flatten: (),
    keras.layers.InputLayer: (),
}
# What a recurrent cell keeps of every position besides its gates, in vectors of its units: an LSTM
# its state before and after the tanh and its output, a GRU the recurrent part of its candidate and
# its output; a simple one has a single "gate", its output.
BESIDE_GATES = {keras.layers.LSTMCell: 3, keras.layers.GRUCell: 2, keras.layers.SimpleRNNCell: 0}
# How layers that need no gradient of their own say so.
NOTHING_KEPT = ("identity", "linear")


@dataclass(frozen=True)
class Activations:
    """Bytes of activations per sequence.

    Attributes
    ----------
    kept
        Bytes that a training step keeps from the forward pass for the backward pass.
    largest
        Bytes of the largest output of a layer.
    passing
        Largest sum of a layer's input and output, which a prediction holds at a time.
    """

    kept: int
    largest: int
    passing: int


def model_activations(model: keras.Model) -> Activations:
    """Return the memory of a model's activations.

    A convolution and a dense layer keep their input (for the kernel's gradient), batch
    normalisation its input, an activation its output, a max-pool both, dropout its mask; a
    recurrent layer keeps its input, and the gates and states of every position. A
    tensor that two layers keep counts once; a layer that only changes the shape, or that is
    folded into the one before it, keeps nothing and its output is its input.

    Parameters
    ----------
    model
        Functional model without models inside it, of which every dimension but the batch is
        known; weights need not be there.
    """
    kept: dict[int, int] = {}
    same: dict[int, Any] = {}
    folded = _folded(model)
    largest = passing = 0
    for node in nodes(model):
        inputs = [same.get(id(t), t) for t in node.input_tensors]
        outputs = list(node.output_tensors)
        if inputs and (node.operation in folded or _only_renames(node.operation)):
            same[id(outputs[0])] = inputs[0]
            continue
        if isinstance(node.operation, RECURRENT):
            kept[id(node.operation)] = _gates(node.operation, inputs[0])
        wanted = _kept(node.operation)
        tensors = [*(inputs if INPUT in wanted else ()), *(outputs if OUTPUT in wanted else ())]
        kept |= {id(t): _bytes(t) for t in tensors}
        largest = max(largest, *map(_bytes, outputs))
        passing = max(passing, sum(map(_bytes, (*inputs, *outputs))))
    return Activations(sum(kept.values()), largest, passing)


def _folded(model: keras.Model) -> list[Any]:
    """Return the layers that do nothing in training, as a convolution normalises for them."""
    convolutions = (layer for layer in model.layers if isinstance(layer, TaskConv1D))
    return [norm for c in convolutions if (norm := c.folded(training=True)) is not None]


def _only_renames(layer: Any) -> bool:
    identity = getattr(layer, "attribution_rule", "") == "identity"
    return identity or isinstance(layer, keras.layers.Flatten)


def _kept(layer: Any) -> tuple[str, ...]:
    for kind, what in KEPT.items():
        if isinstance(layer, kind):
            return what
    rule = getattr(layer, "attribution_rule", "")
    return () if rule in NOTHING_KEPT else (INPUT, OUTPUT)


def _gates(layer: Any, read: Any) -> int:
    """Return the bytes that a recurrent layer keeps of gates and states of all positions."""
    values = 0
    for cell in recurrent_cells(layer):
        states = next(n for kind, n in BESIDE_GATES.items() if isinstance(cell, kind))
        units, gates = cell.recurrent_kernel.shape
        values += gates + states * units
    return _width(read) * int(read.shape[1]) * values


def _bytes(tensor: Any) -> int:
    """Return the bytes of a tensor for one sequence; the batch is the dimension that is unknown."""
    return _width(tensor) * math.prod(n for n in tensor.shape if n is not None)


def _width(tensor: Any) -> int:
    half = keras.backend.standardize_dtype(tensor.dtype) in ("bfloat16", "float16")
    return 2 if half else 4
