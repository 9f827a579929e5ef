"""Mean ablation of channels of the first layer: what follows it, run again without them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import keras
import numpy as np
from numpy.typing import NDArray

from chrominterpret.engine.backend import compile_forward
from chrominterpret.engine.graph import functional, is_plain_convolution
from chrominterpret.engine.keras_private import maker_of, nodes_of
from chrominterpret.errors import InputError
from chrominterpret.filters.first_layer import FirstLayer, is_elementwise
from chrominterpret.motifs.pwm import Floats

Scale = Literal["logit", "output"]
Arrays = list[NDArray[np.float32]]
Without = Callable[[slice], Floats]

_SMALLEST: Final = float(np.finfo(np.float32).eps) / 2
_CHANNELWISE: Final = (
    keras.layers.MaxPooling1D,
    keras.layers.AveragePooling1D,
    keras.layers.Dropout,
    keras.layers.SpatialDropout1D,
)
"""Layers in which no channel sees another, besides the elementwise ones."""


class Ablation:
    """Predictions of a model with channels of its first layer replaced, from its activations.

    Where nothing but channelwise layers lies between the activations and the next Conv1D, which in
    a Basset holds nine tenths of the work that is left, that convolution runs once per batch, and a
    replaced channel adds the convolution of its own change. The rest runs in full.

    Parameters
    ----------
    model : keras.Model
        Functional model.
    first : FirstLayer
        First layer of the model; ``first.output`` holds the channels.
    scale : "logit" or "output"
        Whether predictions are taken before a sigmoid; see `influence.filter_influence`.
    head : int or None
        Position of the only output that is wanted; None means all, side by side.
    """

    def __init__(
        self, model: keras.Model, first: FirstLayer, scale: Scale, head: int | None = None
    ) -> None:
        if scale not in ("logit", "output"):
            raise InputError(f"expected scale 'logit' or 'output'; received {scale!r}")
        outputs = model.outputs if head is None else [model.outputs[head]]
        ends = [_logit_tensor(t) if scale == "logit" else (t, False) for t in outputs]
        self._invert = [invert for _, invert in ends]
        tensors = [tensor for tensor, _ in ends]
        if any(None in tensor.shape[1:] for tensor in tensors):
            raise InputError(f"expected outputs of fixed shape; received {model.output_shape}")
        sizes = [int(np.prod(tensor.shape[1:])) for tensor in tensors]
        self.n_outputs = sum(sizes)
        self._ends = np.cumsum(sizes)[:-1]
        self.bridge = _find_bridge(model, first.output, tensors)
        begins = first.output if self.bridge is None else self.bridge.after
        # the model's own inputs too: a side branch may read them
        rest = keras.Function([begins, *model.inputs], tensors)

        def side_by_side(begin: Any, *rows: Any) -> Any:
            outputs = rest([begin, *rows])
            flat = [keras.ops.reshape(y, (-1, n)) for y, n in zip(outputs, sizes, strict=True)]
            return keras.ops.concatenate([keras.ops.cast(y, "float32") for y in flat], axis=1)

        def replaced(activation: Any, taken: Any, means: Any, *rows: Any) -> Any:
            return side_by_side(keras.ops.where(taken > 0, means, activation), *rows)

        self._function = compile_forward(side_by_side, model.variables)
        # The channels are replaced where the model runs, so that no copy of them goes there.
        self._replaced = compile_forward(replaced, model.variables)

    def start(
        self, activation: NDArray[np.float32], rows: Arrays, means: NDArray[np.float32]
    ) -> tuple[Floats, Without]:
        """Run a batch.

        Parameters
        ----------
        activation : ndarray of shape (B, L', F), float32
            Activations of the first layer.
        rows : list of ndarray
            Inputs of the model.
        means : ndarray of shape (F,), float32
            Values that channels are replaced by.

        Returns
        -------
        predictions : ndarray of shape (B, T), float64
        without : callable
            Function of a slice of channels: predictions (B, T) with these replaced.
        """
        if self.bridge is None:
            there = keras.ops.convert_to_tensor(activation)

            def without(channels: slice) -> Floats:
                taken = np.zeros_like(means)
                taken[channels] = 1
                return self._at_ends(self._replaced(there, taken, means, *rows))

            return without(slice(0)), without
        usual, change = self.bridge.start(activation, means)
        return self._predict(usual, rows), lambda channels: self._predict(change(channels), rows)

    def _predict(self, begin: Any, rows: Arrays) -> Floats:
        return self._at_ends(self._function(begin, *rows))

    def _at_ends(self, outputs: NDArray[np.float32]) -> Floats:
        found = [
            _inverse_sigmoid(out) if invert else out.astype(np.float64)
            for out, invert in zip(np.split(outputs, self._ends, axis=1), self._invert, strict=True)
        ]
        return np.concatenate(found, axis=1)


@dataclass(frozen=True, eq=False)
class _Bridge:
    """Channelwise layers and the convolution that ends them."""

    before: keras.Function
    convolution: keras.layers.Conv1D
    after: keras.KerasTensor

    def start(
        self, activation: NDArray[np.float32], means: NDArray[np.float32]
    ) -> tuple[Any, Callable[[slice], Any]]:
        """Return the convolution's output, and a function that gives it with channels replaced."""
        layer, kernel = self.convolution, keras.ops.convert_to_tensor(self.convolution.kernel)
        seen = self.before([activation])[0]
        # channel by channel, so one run gives what every replaced channel becomes
        replaced = self.before([np.broadcast_to(means, activation.shape).copy()])[0]
        difference = replaced - seen

        def convolve(x: Any, weights: Any) -> Any:
            return keras.ops.conv(
                x, weights, layer.strides[0], layer.padding, dilation_rate=layer.dilation_rate[0]
            )

        linear = convolve(seen, kernel)
        if layer.use_bias:
            linear = linear + keras.ops.convert_to_tensor(layer.bias)

        def change(channels: slice) -> Any:
            own = convolve(difference[:, :, channels], kernel[:, channels])
            return layer.activation(linear + own)

        return layer.activation(linear), change


def _find_bridge(
    model: keras.Model, tensor: keras.KerasTensor, ends: list[keras.KerasTensor]
) -> _Bridge | None:
    """Follow the only reader of each tensor to a plain convolution, or return None."""
    nodes = nodes_of(functional(model))
    begin = tensor
    while not any(tensor is end for end in ends):
        readers = [n for n in nodes if any(t is tensor for t in n.input_tensors)]
        if len(readers) != 1 or len(readers[0].input_tensors) != 1:
            return None
        layer, made = readers[0].operation, readers[0].outputs[0]
        if is_plain_convolution(layer) and layer.padding in ("valid", "same"):
            return _Bridge(keras.Function([begin], [tensor]), layer, made)
        if not _is_channelwise(layer):
            return None
        tensor = made
    return None


def _is_channelwise(layer: Any) -> bool:
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        return False
    return is_elementwise(layer) or type(layer) in _CHANNELWISE


def _logit_tensor(output: keras.KerasTensor) -> tuple[keras.KerasTensor, bool]:
    """Return the tensor to read, and whether a sigmoid has yet to be inverted."""
    operation, node, _ = maker_of(output)
    if type(operation).__name__ != "Sigmoid" and not _has_sigmoid(operation):
        return output, False
    if isinstance(operation, keras.layers.Activation) or type(operation).__name__ == "Sigmoid":
        return node.input_tensors[0], False
    return output, True


def _has_sigmoid(operation: Any) -> bool:
    return getattr(operation, "activation", None) is keras.activations.sigmoid


def _inverse_sigmoid(p: NDArray[np.float32]) -> Floats:
    clipped = np.clip(p.astype(np.float64), _SMALLEST, 1 - _SMALLEST)
    return np.log(clipped) - np.log1p(-clipped)
