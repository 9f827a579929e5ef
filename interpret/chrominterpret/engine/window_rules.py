"""How a stretch of changed positions passes each Keras layer or operation.

Tensors are (rows, length, channels).

A layer of one's own declares itself by a class attribute ``window_rule``:

- ``"position"``: each output position is made from that position of the inputs alone, in the same
  way at all positions.
- ``"window"``: a convolution. The attributes ``kernel_size``, ``padding`` and, where they are not
  1, ``strides`` and ``dilation_rate`` mean what they mean in ``keras.layers.Conv1D``, padding adds
  zeros, and ``call`` reads ``self.padding`` each time.
- ``"flatten"``: made to end the positions; what follows is dense layers that run in full.

Keras's own may also be ``"identity"`` (as in `chrominterpret.engine.rules`), ``"pool"``,
``"crop"``, ``"flip"``, or the ``"mean"`` or ``"maximum"`` over all positions. All else
runs in full.
"""

from typing import Any

import keras
from keras import activations, layers

from chrominterpret.engine.graph import Step, defining_class
from chrominterpret.engine.rule_table import RULE_OF_OPERATION
from chrominterpret.engine.rules import activation_rule, named_rule
from chrominterpret.engine.secant import Pair
from chrominterpret.errors import InputError

DECLARABLE = ("position", "window", "flatten")

_MERGES = (layers.Add, layers.Average, layers.Maximum, layers.Minimum, layers.Multiply)
_LAYERS: dict[str, tuple[type, ...]] = {
    "position": (
        *_MERGES,
        layers.Subtract,
        layers.Concatenate,
        layers.Activation,
        layers.BatchNormalization,
        layers.Dense,
        layers.ELU,
        layers.LayerNormalization,
        layers.LeakyReLU,
        layers.PReLU,
        layers.ReLU,
        layers.Softmax,
    ),
    "window": (layers.Conv1D, layers.DepthwiseConv1D, layers.SeparableConv1D),
    "pool": (layers.MaxPooling1D, layers.AveragePooling1D),
    "crop": (layers.Cropping1D, layers.ZeroPadding1D),
    "mean": (layers.GlobalAveragePooling1D,),
    "maximum": (layers.GlobalMaxPooling1D,),
    "flatten": (layers.Flatten, layers.Reshape),
}
_RULE_OF_LAYER = {cls: rule for rule, group in _LAYERS.items() for cls in group}

_BROADCASTING = "Add Subtract Multiply Divide TrueDivide Negative Maximum Minimum"
_RULE_OF_OPERATION = {
    **{name: "position" for name, rule in RULE_OF_OPERATION.items() if rule == "elementwise"},
    **dict.fromkeys([*_BROADCASTING.split(), "Concatenate", "Softmax", "LogSoftmax"], "position"),
    "Flip": "flip",
    "Mean": "mean",
    "Max": "maximum",
}
_CHANNELS = (-1, 2)
_POSITIONS = (-2, 1)


def window_rule(step: Step, changed: list[Any], others: list[Any]) -> str | None:
    """Return the rule for a call, or None where it has to run in full.

    Parameters
    ----------
    step
        Call in the model.
    changed
        Arguments of which a stretch changes, as tensors (rows, length, channels).
    others
        Other arguments; those that are the same for all mutants as pairs.
    """
    operation = step.operation
    if named_rule(operation) == "identity":
        return "identity"
    rule = _declared(operation) or _known(operation)
    if rule != "position":
        return rule if len(changed) == 1 else None
    same_length = len({tensor.shape[1] for tensor in changed}) == 1
    return rule if same_length and all(_is_the_same_everywhere(v) for v in others) else None


def _declared(operation: Any) -> str | None:
    for cls in type(operation).__mro__:
        if "window_rule" in vars(cls):
            rule = vars(cls)["window_rule"]
            if rule not in DECLARABLE:
                raise InputError(
                    f"expected a window rule of {DECLARABLE} for {cls.__name__}, received {rule!r}"
                )
            return str(rule)
    return None


def _known(operation: Any) -> str | None:
    owner = defining_class(operation)
    if not owner.__module__.startswith("keras."):
        return None
    if isinstance(operation, layers.Layer):
        cls = next((cls for cls in type(operation).__mro__ if cls in _RULE_OF_LAYER), None)
        return _RULE_OF_LAYER[cls] if cls is not None and _layer_fits(operation) else None
    rule = _RULE_OF_OPERATION.get(owner.__name__)
    return rule if rule is not None and _operation_fits(operation, rule) else None


def _layer_fits(layer: Any) -> bool:
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        return isinstance(layer, layers.Flatten)
    if isinstance(layer, layers.PReLU):
        return 1 in (layer.shared_axes or ())
    if isinstance(layer, layers.Reshape):
        return len(layer.target_shape) == 1
    if isinstance(layer, layers.AveragePooling1D) and keras.backend.backend() == "torch":
        return bool(layer.padding == "valid")  # "same" repeats the last position there
    return _on_channels(getattr(layer, "axis", -1)) and _fits(getattr(layer, "activation", None))


def _operation_fits(operation: Any, rule: str) -> bool:
    axis: Any = getattr(operation, "axis", -1)
    if rule in ("mean", "maximum"):
        whole = getattr(operation, "initial", None) is None
        return whole and axis is not None and len(axis) == 1 and axis[0] in _POSITIONS
    return _on_channels(axis) if rule == "position" else axis is not None


def _on_channels(axis: Any) -> bool:
    axes = axis if isinstance(axis, list | tuple) else [axis]
    return all(a in _CHANNELS for a in axes)


def _fits(activation: Any) -> bool:
    if activation is None or activation in (activations.softmax, activations.log_softmax):
        return True
    if isinstance(activation, layers.Layer):
        return named_rule(activation) == "identity" or _known(activation) == "position"
    return activation_rule(activation) is not None


def _is_the_same_everywhere(value: Any) -> bool:
    """Return whether a value is a number, or (rows, 1, channels) that no mutation changes."""
    if isinstance(value, Pair):
        return len(value.x.shape) == 3 and value.x.shape[1] == 1
    return not getattr(value, "shape", ())
