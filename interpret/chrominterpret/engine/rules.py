"""Which DeepLIFT rule each Keras layer or operation follows.

A layer of one's own declares itself by a class attribute ``attribution_rule`` or by
`register_rule`. The rules are

- ``"identity"``: the output is the input at inference; the layer is not called.
- ``"linear"``: linear or affine in its active inputs. A fused activation (``layer.activation``) is
  split off and treated as elementwise.
- ``"elementwise"``: output entry i depends on input entry i alone.
- ``"max_pool"``: each output entry is the maximum of some input entries.
- ``"bilinear"``: linear in each of two active inputs.
- ``"integrated"``: anything smooth; its gradient is averaged over 16 points between reference and
  sequence, so it costs 16 calls.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

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
from chrominterpret.errors import InputError

DECLARABLE = ("identity", "linear", "elementwise", "max_pool", "bilinear", "integrated")

RESHAPING = frozenset({"Reshape", "Flatten", "Permute", "Transpose", "Squeeze", "ExpandDims"})
_declared: dict[type, str] = {}


def register_rule(layer_class: type, rule: str) -> None:
    """Register the rule of a layer class of one's own, and so of its subclasses.

    Parameters
    ----------
    layer_class
        Subclass of ``keras.layers.Layer``.
    rule
        One of `DECLARABLE`; see this module's description.

    Raises
    ------
    InputError
        If the rule is none of the names in this module's description.
    """
    _declared[layer_class] = _known(rule, layer_class)


def rule_for(step: Step, call: Call, *, integrate: bool = False) -> str:
    """Return the rule for a call, given which of its inputs are active.

    Parameters
    ----------
    step
        Call in the model.
    call
        Same call with its arguments; only the ``active`` mark of their leaves is read.
    integrate
        Whether to use the ``"integrated"`` rule where no other fits, instead of an error.

    Raises
    ------
    InputError
        If no rule fits, naming the layer and its class.
    """
    if not call.active() or len(step.discrete) == step.n_outputs:
        return "linear"
    declared = declared_rule(step.operation)
    rule = "linear" if declared == "linear" else _fit(named_rule(step.operation), call)
    if rule == "linear" and not _splits(step.operation):
        rule = None
    if rule is None and not integrate:
        raise InputError(
            f"expected layers with a DeepLIFT rule, received {step} "
            f"with {len(call.active())} active input(s); declare one with register_rule"
        )
    return rule or "integrated"


def apply_rule(rule: str, step: Step, call: Call) -> Any:
    """Carry pairs through one call of a layer or operation by a rule."""
    made = _carried(rule, step, call)
    if not step.discrete:
        return made
    pairs = [
        replace(pair, active=False) if place in step.discrete else pair
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
    if rule == "elementwise":
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
            return args[0]
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


def declared_rule(operation: Any) -> str | None:
    """Return the rule that an operation declares, or that is registered for its class, or None."""
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
    if owner.__module__.startswith("keras."):
        return RULE_OF_OPERATION.get(owner.__name__)
    return None


def _layer_rule(layer: Any, owner: type) -> str | None:
    # A subclass with a call of its own may do anything: it must declare itself.
    known = next((cls for cls in type(layer).__mro__ if cls in RULE_OF_LAYER), None)
    if known is None or not owner.__module__.startswith("keras."):
        return None
    if RULE_OF_LAYER[known] == "activation":
        return activation_rule(layer.activation)
    normalises = isinstance(layer, layers.Dot) and layer.normalize
    return None if normalises else RULE_OF_LAYER[known]


def activation_rule(activation: Any) -> str | None:
    """Return "identity" or "elementwise" for an activation that is so, or None."""
    if activation is activations.linear:
        return "identity"
    if isinstance(activation, keras.layers.Layer):
        return named_rule(activation)
    if activation in ELEMENTWISE_ACTIVATIONS:
        return "elementwise"
    declared = getattr(activation, "attribution_rule", None)
    return declared if declared in DECLARABLE else None


def _arithmetic(function: Any) -> Callable[[Call], Any]:
    """Return the arithmetic for an elementwise layer, operation or activation function."""
    if not isinstance(function, keras.Operation):
        return rectifier if function is activations.relu else elementwise
    owner = defining_class(function)
    if owner is layers.Activation:
        return _arithmetic(function.activation)
    relu = owner.__module__.startswith("keras.") and owner.__name__ in ("ReLU", "Relu")
    bent = getattr(function, "negative_slope", 0) or getattr(function, "threshold", 0)
    bounded = getattr(function, "max_value", None) is not None
    return rectifier if relu and not bent and not bounded else elementwise


def _splits(layer: Any) -> bool:
    activation = fused_activation(layer)
    return activation is None or activation_rule(activation) == "elementwise"


def _fit(rule: str | None, call: Call) -> str | None:
    """Match a rule to the number of active inputs."""
    active = len(call.active())
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
