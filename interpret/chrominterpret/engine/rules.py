"""Which DeepLIFT rule each Keras layer or operation follows.

A layer of one's own declares itself by an attribute ``attribution_rule``, of its class or of the
layer alone, or by `register_rule`. The rules are

- ``"identity"``: the output is the input at inference; the layer is not called.
- ``"linear"``: linear or affine in its active inputs. A fused activation (``layer.activation``) is
  split off and treated as elementwise.
- ``"elementwise"``: output entry i depends on input entry i alone.
- ``"max_pool"``: each output entry is the maximum of some input entries.
- ``"bilinear"``: linear in each of two active inputs.
- ``"opened"``: made of ``keras.ops`` and other layers, each of which follows its own rule. So does
  any layer that declares none, as far as it can be called on symbolic tensors.
- ``"integrated"``: anything smooth; its gradient is averaged over 16 points between reference and
  sequence, so it costs 16 calls.

Keras's own may also be ``"softmax"`` (`chrominterpret.engine.softmax`), or ``"recurrent"`` and
``"position_wise"``, which carry a cell or a layer along the sequence
(`chrominterpret.engine.recurrent`).
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import keras
from keras import activations, layers, tree

from chrominterpret.engine.graph import (
    Step,
    defining_class,
    last_step,
    without_activation,
)
from chrominterpret.engine.precision import call_in_float32
from chrominterpret.engine.rule_table import (
    ELEMENTWISE_ACTIVATIONS,
    RULE_OF_LAYER,
    RULE_OF_OPERATION,
)
from chrominterpret.engine.secant import RULES, Call, elementwise, linear, rectifier
from chrominterpret.engine.softmax import log_softmax, softmax
from chrominterpret.errors import InputError

DECLARABLE = ("identity", "linear", "elementwise", "max_pool", "bilinear", "opened", "integrated")
INSIDE = ("opened", "recurrent", "position_wise")
"""Rules that open a layer: what is inside follows rules of its own."""

RESHAPING = frozenset({"Reshape", "Flatten", "Permute", "Transpose", "Squeeze", "ExpandDims"})
_declared: dict[type, str] = {}
_declared_alone: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def register_rule(layer: Any, rule: str) -> None:
    """Register the rule of a layer of one's own.

    Parameters
    ----------
    layer
        Subclass of ``keras.layers.Layer``, for all layers of it and its subclasses; or one layer,
        such as a ``Lambda``, for it alone.
    rule
        One of `DECLARABLE`; see this module's description.

    Raises
    ------
    InputError
        If the rule is none of the names in this module's description.

    Examples
    --------
    >>> import keras
    >>> square = keras.layers.Lambda(lambda x: x**2)
    >>> register_rule(square, "elementwise")
    """
    if isinstance(layer, type):
        _declared[layer] = _known(rule, layer)
    else:
        _declared_alone[layer] = _known(rule, type(layer))


def rule_of(step: Step, call: Call, *, trusted: bool = False) -> str | None:
    """Return the rule for a call, given which of its inputs are active, or None where none fits.

    Parameters
    ----------
    step
        Call in the model.
    call
        Same call with its arguments; only the marks of their leaves are read.
    trusted
        Whether to take a condition that depends on the input for a mask, which no change that
        counts makes another.
    """
    operation = step.operation
    if not call.active() or len(step.discrete) == step.n_outputs:
        return "linear"
    declared = declared_rule(operation)
    if declared == "linear":
        rule: str | None = "linear"
    elif _known_rule(operation) == "choice":
        rule = _choice(call, trusted)
    else:
        rule = _fit(named_rule(operation), call, operation)
    return None if rule == "linear" and not _splits(operation) else rule


def apply_rule(rule: str, step: Step, call: Call) -> Any:
    """Carry pairs through one call of a layer or operation by a rule."""
    made = _carried(rule, step, call)
    if not step.discrete:
        return made
    pairs = [
        replace(pair, active=False, depends=pair.active or pair.depends)
        if place in step.discrete
        else pair
        for place, pair in enumerate(tree.flatten(made))
    ]
    return tree.pack_sequence_as(made, pairs)


def _carried(rule: str, step: Step, call: Call) -> Any:
    if rule == "identity":
        return call.leaves()[call.active()[0]]
    activation = fused_activation(step.operation)
    if rule == "linear" and activation is not None and call.active():
        with without_activation(step.operation):
            before = linear(call)
        return _arithmetic(activation)(Call(activation, ((before,), {})))
    if rule in ("elementwise", "softmax"):
        return _arithmetic(step.operation)(call)
    return RULES[rule](call)


def prepare_call(step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    """Return the call of a step's operation at inference."""

    def function(*args: Any, **kwargs: Any) -> Any:
        return call_in_float32(step.operation, args, kwargs)

    return Call(function, (args, kwargs))


def prepare_logit_call(step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    """Return the call of a step's operation at inference, its activation left out."""

    def function(*args: Any, **kwargs: Any) -> Any:
        if not hasattr(step.operation, "activation"):
            return tree.flatten((args, kwargs))[0]
        with without_activation(step.operation):
            return call_in_float32(step.operation, args, kwargs)

    return Call(function, (args, kwargs))


def logit_step(model: Any, index: int) -> Step | None:
    """Return the step whose sigmoid or softmax makes a model output, or None if there is none."""
    step = last_step(model, index, _is_transparent)
    if step is None or not _is_output_activation(step.operation):
        return None
    operation = step.operation
    alone = isinstance(operation, layers.Activation) or not hasattr(operation, "activation")
    return step if alone or named_rule(operation) == "linear" else None


def final_activation(operation: Any) -> Any:
    """Return the function that `prepare_logit_call` leaves out of a step that `logit_step` gave."""
    return getattr(operation, "activation", operation)


def fused_activation(operation: Any) -> Any:
    """Return the activation inside a layer such as Dense, or None if there is none or a linear."""
    activation = getattr(operation, "activation", None)
    if isinstance(operation, layers.Activation) or not callable(activation):
        return None
    return None if activation is activations.linear else activation


def _known(rule: str, owner: type) -> str:
    if rule not in DECLARABLE:
        raise InputError(
            f"expected an attribution rule of {DECLARABLE} for {owner.__name__}, received {rule!r}"
        )
    return rule


def named_rule(operation: Any) -> str | None:
    """Return the rule that an operation declares or that is known of it, or None."""
    return declared_rule(operation) or _known_rule(operation)


def is_of_keras(operation: Any) -> bool:
    """Return whether what an operation computes is written in Keras."""
    return defining_class(operation).__module__.startswith("keras.")


def is_all_of_keras(operation: Any) -> bool:
    """Return whether all that an operation computes is written in Keras.

    A condition in such code is a mask; one in somebody's function or cell may be anything.
    """
    inner = getattr(operation, "cell", operation)
    functions = (getattr(inner, name, None) for name in ("activation", "recurrent_activation"))
    return (
        is_of_keras(operation)
        and is_of_keras(inner)
        and not isinstance(operation, layers.Lambda)
        and all(
            f is None or str(getattr(f, "__module__", "")).startswith("keras.") for f in functions
        )
    )


def declared_rule(operation: Any) -> str | None:
    """Return the rule that an operation declares, or that is registered for its class, or None."""
    if isinstance(operation, keras.layers.Layer):
        alone = _declared_alone.get(operation) or vars(operation).get("attribution_rule")
        if alone is not None:
            return _known(alone, type(operation))
    for cls in type(operation).__mro__:
        if cls in _declared:
            return _declared[cls]
        if "attribution_rule" in vars(cls):
            return _known(vars(cls)["attribution_rule"], cls)
    return None


def _known_rule(operation: Any) -> str | None:
    owner = defining_class(operation)
    if isinstance(operation, keras.layers.Layer):
        return _layer_rule(operation, owner)
    if is_of_keras(operation):
        return RULE_OF_OPERATION.get(owner.__name__)
    return None


def _layer_rule(layer: Any, owner: type) -> str | None:
    # A subclass with a call of its own may do anything: it must declare itself.
    known = next((cls for cls in type(layer).__mro__ if cls in RULE_OF_LAYER), None)
    if known is None or not is_of_keras(layer):
        return None
    if RULE_OF_LAYER[known] == "activation":
        return activation_rule(layer.activation)
    normalises = isinstance(layer, layers.Dot) and layer.normalize
    return None if normalises else RULE_OF_LAYER[known]


def activation_rule(activation: Any) -> str | None:
    """Return "identity", "elementwise" or "softmax" for an activation that is so, or None."""
    if activation is activations.linear:
        return "identity"
    if isinstance(activation, keras.layers.Layer):
        return named_rule(activation)
    if activation in ELEMENTWISE_ACTIVATIONS:
        return "elementwise"
    if activation in (activations.softmax, activations.log_softmax):
        return "softmax"
    declared = getattr(activation, "attribution_rule", None)
    return declared if declared in DECLARABLE else None


def _arithmetic(function: Any) -> Callable[[Call], Any]:
    """Return the arithmetic for a layer, operation or activation: elementwise or softmax."""
    if not isinstance(function, keras.Operation):
        return _OF_ACTIVATION.get(function, elementwise)
    owner = defining_class(function)
    if owner is layers.Activation:
        return _arithmetic(function.activation)
    if RULE_OF_LAYER.get(owner) == "softmax" or named_rule(function) == "softmax":
        return partial(_softmax, function)
    relu = owner.__module__.startswith("keras.") and owner.__name__ in ("ReLU", "Relu")
    bent = getattr(function, "negative_slope", 0) or getattr(function, "threshold", 0)
    bounded = getattr(function, "max_value", None) is not None
    return rectifier if relu and not bent and not bounded else elementwise


def _softmax(operation: Any, call: Call) -> Any:
    axis = operation.axis if isinstance(operation.axis, int) else tuple(operation.axis)
    if type(operation).__name__ == "LogSoftmax":
        return log_softmax(call, axis)
    args, kwargs = call.arguments
    return softmax(call, axis, mask=kwargs.get("mask", args[1] if len(args) > 1 else None))


_OF_ACTIVATION: dict[Any, Callable[[Call], Any]] = {
    activations.relu: rectifier,
    activations.softmax: partial(softmax, axis=-1),
    activations.log_softmax: partial(log_softmax, axis=-1),
}


def _splits(layer: Any) -> bool:
    activation = fused_activation(layer)
    return activation is None or activation_rule(activation) in ("elementwise", "softmax")


def _choice(call: Call, trusted: bool) -> str | None:
    """Return "linear" where the condition of a choice is no matter of the attributed input."""
    condition = call.leaves()[0]
    depends = getattr(condition, "active", False) or getattr(condition, "depends", False)
    return "linear" if trusted or not depends else None


def _fit(rule: str | None, call: Call, operation: Any = None) -> str | None:
    """Match a rule to the number of active inputs."""
    active = len(call.active())
    if rule == "recurrent":
        return None if operation.stateful else rule
    if rule == "softmax":  # over the batch too where the axis is None
        one_row = getattr(operation, "axis", -1) is not None
        return rule if call.active() == [0] and one_row else None
    if rule == "linear":  # in its first argument alone: not in the weights of an average
        return rule if call.active() == [0] else None
    if rule == "joint":
        return "linear"
    if rule in ("bilinear", "product"):
        return "linear" if active == 1 else rule if active == 2 or rule == "product" else None
    if rule == "quotient":
        first = active == 1 and call.active()[0] == 0
        return "linear" if first else "elementwise" if active == 1 else None
    if rule in ("elementwise", "max_pool", "identity"):
        return rule if active == 1 else None
    return rule


def _is_transparent(operation: Any) -> bool:
    return type(operation).__name__ in RESHAPING or named_rule(operation) == "identity"


def _is_output_activation(operation: Any) -> bool:
    if isinstance(operation, layers.Softmax) or type(operation).__name__ in ("Sigmoid", "Softmax"):
        return True
    return getattr(operation, "activation", None) in (activations.sigmoid, activations.softmax)
