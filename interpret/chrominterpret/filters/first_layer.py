"""The first convolution of a model: its place, its windows, and its activations."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from chrominterpret.engine.dna import as_given
from chrominterpret.engine.graph import functional, input_names, names_of_inputs
from chrominterpret.engine.keras_private import maker_of, nodes_of
from chrominterpret.engine.layout import Layout, layout_of
from chrominterpret.engine.windows import sliding_of
from chrominterpret.errors import InputError
from chrominterpret.filters.position_shift import shift_between, walk_between

Stage = Literal["activation", "convolution"]

_ACTIVATION_LAYERS: Final = (
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ELU,
)
_MIXING_ACTIVATIONS: Final = {"softmax", "log_softmax", "sparsemax", "glu"}
_ACTIVATION_OPS: Final = {
    "Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Gelu", "Silu", "Softplus", "Sigmoid", "Tanh",
    "Exp", "HardSigmoid", "HardSilu",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class FirstLayer:
    """The first convolution of a functional model and the geometry of its windows.

    Attributes
    ----------
    name : str
        Name of the convolution layer.
    input : KerasTensor of shape (None, L, 4)
        Input of the model that the convolution reads, by way of other layers or not.
    layout : Layout
        How that input holds DNA, where its shape is another.
    output : KerasTensor of shape (None, L', F)
        Tensor whose channels are the filters' activations.
    length : int
        L, sequence length in bp.
    n_positions, n_filters : int
        L' and F.
    width, stride, dilation, pad_left : int
        Output position j sees input positions ``j · stride − pad_left + k · dilation`` for k
        below ``width``. Padding and cropping before the convolution are counted in.
    read : slice
        Input positions that the convolution reads: all, or what is left after cropping.
    others : tuple of KerasTensor
        As ``output``, of the layer's other calls, such as that on the reverse complement.
    """

    name: str
    input: keras.KerasTensor
    layout: Layout
    output: keras.KerasTensor
    length: int
    n_positions: int
    n_filters: int
    width: int
    stride: int
    dilation: int
    pad_left: int
    read: slice
    others: tuple[keras.KerasTensor, ...] = ()

    @property
    def starts(self) -> NDArray[np.int64]:
        """First input position of every output position's window; may be below 0."""
        return np.arange(self.n_positions) * self.stride - self.pad_left

    @property
    def inside(self) -> slice:
        """Output positions whose whole window lies in the sequence."""
        span = (self.width - 1) * self.dilation + 1
        good = np.flatnonzero(
            (self.starts >= self.read.start) & (self.starts + span <= self.read.stop)
        )
        if not len(good):
            raise InputError(
                f"layer {self.name!r}: expected sequences longer than its window of {span} bp; "
                f"received {self.length} bp"
            )
        return slice(int(good[0]), int(good[-1]) + 1)


def find_first_layer(
    model: keras.Model,
    *,
    layer: str | None = None,
    wrt: str | None = None,
    stage: Stage = "activation",
) -> FirstLayer:
    """Find the first convolution that reads one-hot DNA.

    Parameters
    ----------
    model : keras.Model
        Functional model or built ``Sequential``, with a one-hot input of shape (None, L, 4), or of
        another that layers such as Permute bring into it. The convolution is the first layer of
        rank 3 in and out, four channels in, that has ``kernel`` and ``kernel_size``: Conv1D or a
        layer of one's own. Its ``strides``, ``padding`` and ``dilation_rate`` are read where it has
        them.
    layer : str or None
        Name of the convolution, where the model has several on the one-hot input.
    wrt : str or None
        Name of the model's input that the convolution reads, where the model has several with a
        convolution on four channels: two sequences, or a signal of four tracks beside the DNA.
    stage : "activation" or "convolution"
        "activation" follows batch normalisation and activations that come directly after the
        convolution; "convolution" takes the output of the layer itself.

    Raises
    ------
    InputError
        If the model is neither functional nor a built ``Sequential``, no or several
        convolutions qualify, or layers before it mix positions or turn them round.
    """
    if stage not in ("activation", "convolution"):
        raise InputError(f"expected stage 'activation' or 'convolution'; received {stage!r}")
    nodes = nodes_of(functional(model))
    *calls, last = _candidates(model, nodes, layer, wrt)
    for node in calls:
        try:
            first = _describe(model, nodes, node, stage)
        except InputError:
            continue
        break
    else:
        first = _describe(model, nodes, last, stage)
    outputs = [_output(nodes, node, stage) for node in (*calls, last)]
    return replace(first, others=tuple(t for t in outputs if t is not first.output))


def _candidates(
    model: keras.Model, nodes: list[Any], layer: str | None, wrt: str | None
) -> list[Any]:
    """Return the calls of the first convolution, those next to the model's input first."""
    if wrt is not None and wrt not in input_names(model):
        raise InputError(
            f"expected wrt= to name one input among {input_names(model)}, received {wrt!r}"
        )
    found = [node for node in nodes if _reads_dna(node)]
    read = {id(node): names_of_inputs(node.input_tensors) for node in found}
    names = sorted({f"{n.operation.name!r} of {', '.join(sorted(read[id(n)]))}" for n in found})
    if layer is not None:
        found = [node for node in found if node.operation.name == layer]
    if wrt is not None:
        found = [node for node in found if read[id(node)] == {wrt}]
    if not found:
        raise InputError(
            f"expected a convolution on a one-hot input (None, L, 4)"
            f"{'' if layer is None else f' named {layer!r}'}"
            f"{'' if wrt is None else f' that reads {wrt!r} alone'}; "
            f"the model has {'; '.join(names) or 'none'}"
        )
    if len({id(node.operation) for node in found}) > 1:
        raise InputError(
            "expected one convolution on the one-hot input, received several; "
            f"name one by layer= or its input by wrt=: {'; '.join(names)}"
        )
    # a layer that also reads the reverse complement: the node next to the model's input comes first
    return sorted(found, key=lambda node: not _is_model_input(node.input_tensors[0]))


def _is_model_input(tensor: keras.KerasTensor) -> bool:
    return bool(maker_of(tensor).node.is_input)


def _reads_dna(node: Any) -> bool:
    operation, tensors = node.operation, node.input_tensors
    if not (hasattr(operation, "kernel") and hasattr(operation, "kernel_size")) or not tensors:
        return False
    seen, made = tensors[0].shape, node.outputs[0].shape
    return len(seen) == 3 and seen[-1] == 4 and len(made) == 3


def _output(nodes: list[Any], node: Any, stage: Stage) -> keras.KerasTensor:
    made = node.outputs[0]
    return _follow_activations(nodes, made) if stage == "activation" else made


def _follow_activations(nodes: list[Any], tensor: keras.KerasTensor) -> keras.KerasTensor:
    while True:
        readers = [n for n in nodes if any(t is tensor for t in n.input_tensors)]
        if len(readers) != 1 or not is_elementwise(readers[0].operation):
            return tensor
        tensor = readers[0].outputs[0]


def is_elementwise(operation: Any) -> bool:
    """Return whether a layer or operation treats every channel of (B, L, F) on its own."""
    name = type(operation).__name__
    if isinstance(operation, keras.layers.BatchNormalization):
        return operation.axis in (-1, 2)
    if isinstance(operation, keras.layers.Activation):
        return getattr(operation.activation, "__name__", "") not in _MIXING_ACTIVATIONS
    return (
        isinstance(operation, _ACTIVATION_LAYERS)
        or name in _ACTIVATION_OPS
        or name.endswith(("BatchNormalization", "Activation"))
    )


def _describe(model: keras.Model, nodes: list[Any], node: Any, stage: Stage) -> FirstLayer:
    convolution, seen, output = node.operation, node.input_tensors[0], _output(nodes, node, stage)
    length, n_positions, n_filters = seen.shape[1], output.shape[1], output.shape[2]
    if length is None or n_positions is None:
        raise InputError(
            f"layer {convolution.name!r}: expected a fixed sequence length; received {seen.shape}"
        )
    sliding = sliding_of(convolution, length, n_positions)
    given = _input_of(model, convolution, seen)
    layout = layout_of(given)
    if layout is None:
        raise InputError(
            f"layer {convolution.name!r}: expected an input of one-hot DNA (None, L, 4) of a fixed "
            f"length; received {given.shape}"
        )
    shift = 0 if seen is given else shift_between(layout, given, seen)
    return FirstLayer(
        convolution.name,
        given,
        layout,
        output,
        layout.length,
        n_positions,
        n_filters,
        sliding.size,
        sliding.stride,
        sliding.dilation,
        sliding.left + shift,
        slice(max(0, -shift), min(layout.length, length - shift)),
    )


def _input_of(model: keras.Model, convolution: Any, seen: keras.KerasTensor) -> keras.KerasTensor:
    """Return the one input of the model that the convolution reads."""
    names = names_of_inputs([seen])
    inputs = [t for t in functional(model).inputs if maker_of(t).operation.name in names]
    if len(inputs) != 1:
        raise InputError(
            f"layer {convolution.name!r}: expected a convolution on one input, received one that "
            f"reads {sorted(names)}"
        )
    return inputs[0]


def checked_filter_names(names: list[str] | None, n_filters: int) -> list[str]:
    """Return the names of the filters, ``f0`` … where None is given.

    Raises
    ------
    InputError
        If their number is wrong or one occurs twice.
    """
    if names is None:
        return [f"f{index}" for index in range(n_filters)]
    if len(names) != n_filters or len(set(names)) != n_filters:
        raise InputError(
            f"expected {n_filters} different filter names; "
            f"received {len(names)}, {len(set(names))} of them different"
        )
    return list(names)


def checked_onehot(onehot: ArrayLike, first: FirstLayer) -> NDArray[Any]:
    """Return one-hot sequences as an array shaped as the model takes them, or raise InputError."""
    x: Any = onehot
    if tuple(getattr(x, "shape", ())[1:]) != first.layout.shape:
        x = as_given(onehot, first.input)
    if tuple(x.shape[1:]) != first.layout.shape or not x.shape[0]:
        expected = ", ".join(map(str, ("N", *first.layout.shape)))
        raise InputError(f"expected one-hot sequences of shape ({expected}); received {x.shape}")
    return x


def activations(
    first: FirstLayer, onehot: NDArray[Any], *, batch_size: int
) -> Iterator[tuple[slice, NDArray[np.float32], NDArray[np.float32]]]:
    """Yield, batch by batch, the rows, their sequences and their activations.

    Yields
    ------
    rows : slice
        Which sequences.
    x : ndarray of shape (B, L, 4), float32
        The sequences.
    activation : ndarray of shape (B, L', F), float32
        The activations of the filters.
    """
    if batch_size < 1:
        raise InputError(f"expected a batch size of at least 1; received {batch_size}")
    for start in range(0, len(onehot), batch_size):
        rows = slice(start, min(start + batch_size, len(onehot)))
        x = np.asarray(onehot[rows], dtype=np.float32)
        yield rows, first.layout.sites(x), walk_between(first.input, first.output, x)


def to_numpy(tensor: Any) -> NDArray[np.float32]:
    """Return a backend tensor as a float32 array."""
    return np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32")))
