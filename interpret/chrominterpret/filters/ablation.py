"""Mean ablation of channels of the first layer: what follows it, run again without them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import keras
import numpy as np
from numpy.typing import NDArray

from chrominterpret.engine.backend import compile_forward
from chrominterpret.engine.graph import Step, functional, is_plain_convolution, run_graph
from chrominterpret.engine.keras_private import nodes_of
from chrominterpret.engine.precision import as_float32
from chrominterpret.engine.rules import logit_step, prepare_call, prepare_logit_call
from chrominterpret.errors import InputError
from chrominterpret.filters.first_layer import FirstLayer, is_elementwise
from chrominterpret.motifs.pwm import Floats

Scale = Literal["logit", "output"]
Arrays = list[NDArray[np.float32]]
Without = Callable[[slice], Floats]

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
        First layer of the model; ``first.output`` holds the channels, ``first.others`` those of the
        layer's other calls, which are replaced together.
    scale : "logit" or "output"
        Whether predictions are taken before a sigmoid or softmax that ends the model; see
        `influence.filter_influence`.
    head : int or None
        Position of the only output that is wanted; None means all, side by side.
    """

    def __init__(
        self, model: keras.Model, first: FirstLayer, scale: Scale, head: int | None = None
    ) -> None:
        if scale not in ("logit", "output"):
            raise InputError(f"expected scale 'logit' or 'output'; received {scale!r}")
        heads = range(len(model.outputs)) if head is None else [head]
        tensors = [model.outputs[index] for index in heads]
        if any(None in tensor.shape[1:] for tensor in tensors):
            raise InputError(f"expected outputs of fixed shape; received {model.output_shape}")
        found = [logit_step(model, index) for index in heads] if scale == "logit" else []
        logits = {step.path for step in found if step is not None}
        sizes = [int(np.prod(tensor.shape[1:])) for tensor in tensors]
        self.n_outputs = sum(sizes)
        steps = {path[0] for path in logits}
        self.bridge = None if first.others else _find_bridge(model, first.output, tensors, steps)
        begins = [first.output, *first.others] if self.bridge is None else [self.bridge.after]
        # the model's own inputs too: a side branch may read them
        rest = keras.Function([*begins, *model.inputs], tensors)

        def apply(step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            prepare = prepare_logit_call if step.path in logits else prepare_call
            return prepare(step, args, kwargs).function(*args, **kwargs)

        def side_by_side(*values: Any) -> Any:
            outputs = run_graph(rest, list(values), apply)
            flat = [keras.ops.reshape(y, (-1, n)) for y, n in zip(outputs, sizes, strict=True)]
            return keras.ops.concatenate([as_float32(y) for y in flat], axis=1)

        def replaced(taken: Any, means: Any, *values: Any) -> Any:
            n = len(begins)
            channels = [keras.ops.where(taken > 0, means, value) for value in values[:n]]
            return side_by_side(*channels, *values[n:])

        self._function = compile_forward(side_by_side, model.variables)
        # The channels are replaced where the model runs, so that no copy of them goes there.
        self._replaced = compile_forward(replaced, model.variables)

    def start(
        self, activations: Arrays, rows: Arrays, means: NDArray[np.float32]
    ) -> tuple[Floats, Without]:
        """Run a batch.

        Parameters
        ----------
        activations : list of ndarray of shape (B, L', F), float32
            Activations of the first layer, of each of its calls.
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
            there = [keras.ops.convert_to_tensor(activation) for activation in activations]

            def without(channels: slice) -> Floats:
                taken = np.zeros_like(means)
                taken[channels] = 1
                return self._replaced(taken, means, *there, *rows).astype(np.float64)

            return without(slice(0)), without
        usual, change = self.bridge.start(activations[0], means)
        return self._predict(usual, rows), lambda channels: self._predict(change(channels), rows)

    def _predict(self, begin: Any, rows: Arrays) -> Floats:
        return self._function(begin, *rows).astype(np.float64)


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
    model: keras.Model,
    tensor: keras.KerasTensor,
    ends: list[keras.KerasTensor],
    logits: set[int],
) -> _Bridge | None:
    """Follow the only reader of each tensor to a plain convolution, or return None.

    Calls whose activation is left out, by the ids of their nodes, are no part of a bridge.
    """
    nodes = nodes_of(functional(model))
    begin = tensor
    while not any(tensor is end for end in ends):
        readers = [n for n in nodes if any(t is tensor for t in n.input_tensors)]
        if len(readers) != 1 or len(readers[0].input_tensors) != 1 or id(readers[0]) in logits:
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
