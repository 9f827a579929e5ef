"""Operations and layers of Keras in terms of simpler ones, which have rules of their own.

Each of the functions takes the operation or layer and its arguments, symbolic ones, and computes
the same. All follow from the rescale rule of the parts:

- the larger of two is ``a + relu(b - a)``: with m the secant of relu at ``b - a``, it gives a the
  multiplier 1 - m and b the multiplier m, whichever is named first;
- a quotient is ``a (1 / b)``, a product of which both factors change;
- normalization is the centred value times the inverse root of its mean square: a product of which
  both factors change, one of them through a sum of squares, where ``Δ(c²) = (c(x) + c(r)) Δc``;
- attention is a product, softmax (`chrominterpret.engine.softmax`) and another product, as in
  Achtibat et al. 2024 (arXiv:2402.05602), who also split a product evenly between its factors.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from keras import Operation, config, layers, ops

from chrominterpret.engine.graph import defining_class
from chrominterpret.errors import InputError


def composition(operation: Any) -> Callable[..., Any] | None:
    """Return the function of its arguments that an operation is made of, None where none is known.

    Parameters
    ----------
    operation
        Keras layer or operation; only those whose ``call`` is Keras's own are known.
    """
    owner = defining_class(operation)
    made = COMPOSITIONS.get(owner.__name__) if owner.__module__.startswith("keras.") else None
    return None if made is None else partial(made, operation)


def _maximum(operation: Operation, x1: Any, x2: Any) -> Any:
    return x1 + ops.relu(x2 - x1)


def _minimum(operation: Operation, x1: Any, x2: Any) -> Any:
    return x1 - ops.relu(x1 - x2)


def _least(operation: Operation, x: Any) -> Any:
    largest = ops.max(-x, axis=operation.axis, keepdims=operation.keepdims)
    return -largest


def _quotient(operation: Operation, x1: Any, x2: Any) -> Any:
    return ops.multiply(x1, ops.reciprocal(x2))


def _logaddexp(operation: Operation, x1: Any, x2: Any) -> Any:
    return x1 + ops.softplus(x2 - x1)


def _logsumexp(operation: Operation, x: Any) -> Any:
    axes = _axes(operation, x)
    if len(axes) > 1:  # Keras's log_softmax takes one
        raise InputError(f"expected one axis, received {operation.axis}")
    (axis,) = axes
    return ops.mean(x - ops.log_softmax(x, axis=axis), axis=axis, keepdims=operation.keepdims)


def _average(operation: Operation, x: Any, weights: Any) -> Any:
    axis = operation.axis
    return ops.sum(x * weights, axis=axis) / ops.sum(weights, axis=axis)


def _variance(operation: Operation, x: Any) -> Any:
    centred = x - ops.mean(x, axis=operation.axis, keepdims=True)
    return ops.mean(ops.square(centred), axis=operation.axis, keepdims=operation.keepdims)


def _deviation(operation: Operation, x: Any) -> Any:
    return ops.sqrt(_variance(operation, x))


def _moments(operation: Operation, x: Any) -> Any:
    axes, keep = operation.axes, operation.keepdims
    mean = ops.mean(x, axis=axes, keepdims=True)
    variance = ops.mean(ops.square(x - mean), axis=axes, keepdims=keep)
    return (mean if keep else ops.squeeze(mean, axis=axes)), variance


def _normalize(operation: Operation, x: Any) -> Any:
    if operation.order != 2:
        raise InputError(f"expected the Euclidean norm, order 2, received order {operation.order}")
    least = config.epsilon() if operation.epsilon is None else operation.epsilon
    size = ops.sum(ops.square(x), axis=operation.axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(size, least**2))


def _group_norm(layer: Any, x: Any) -> Any:
    axis, sizes = layer.axis % len(x.shape), [-1, *x.shape[1:]]
    apart = [*sizes[:axis], layer.groups, sizes[axis] // layer.groups, *sizes[axis + 1 :]]
    grouped = ops.reshape(x, apart)
    axes = [i for i in range(1, len(apart)) if i != axis]
    centred = grouped - ops.mean(grouped, axis=axes, keepdims=True)
    variance = ops.mean(ops.square(centred), axis=axes, keepdims=True)
    scaled = ops.reshape(centred * ops.rsqrt(variance + layer.epsilon), sizes)
    scaled = scaled * _along(layer.gamma, [axis], x) if layer.scale else scaled
    return scaled + _along(layer.beta, [axis], x) if layer.center else scaled


def _layer_norm(operation: Operation, x: Any, gamma: Any = None, beta: Any = None) -> Any:
    axes = _axes(operation, x)
    centred = x - ops.mean(x, axis=axes, keepdims=True)
    variance = ops.mean(ops.square(centred), axis=axes, keepdims=True)
    inverse = ops.rsqrt(variance + _epsilon(operation))
    scaled = (x if operation.rms_scaling else centred) * inverse
    scaled = scaled if gamma is None else scaled * _along(gamma, axes, x)
    return scaled if beta is None or operation.rms_scaling else scaled + _along(beta, axes, x)


def _rms_norm(operation: Operation, x: Any, scale: Any = None) -> Any:
    axes = _axes(operation, x)
    size = ops.mean(ops.square(x), axis=axes, keepdims=True)
    scaled = x * ops.rsqrt(size + _epsilon(operation))
    return scaled if scale is None else scaled * scale


def _dot_product_attention(
    operation: Operation,
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: Any = None,
) -> Any:
    heads, width = query.shape[2:]
    if key.shape[2] != heads:  # a key and a value for several heads
        key, value = (ops.repeat(each, heads // key.shape[2], axis=2) for each in (key, value))
    scale = 1 / math.sqrt(width) if scale is None else scale
    logits = ops.einsum("btnh,bsnh->bnts", query, key) * scale
    logits = logits if bias is None else logits + bias
    if operation.is_causal:
        ones = ops.ones_like(logits)  # the lengths themselves are not known here
        past = ops.cumsum(ones, axis=-2) >= ops.cumsum(ones, axis=-1)
        mask = past if mask is None else ops.logical_and(mask, past)
    shares = layers.Softmax()(logits, mask=mask)
    return ops.einsum("bnts,bsnh->btnh", shares, value)


def _glu(operation: Operation, x: Any) -> Any:
    value, gate = ops.split(x, 2, axis=operation.axis)
    return value * ops.sigmoid(gate)


def _bidirectional(layer: Any, sequences: Any, initial_state: Any = None, mask: Any = None) -> Any:
    states: tuple[Any, Any] = (None, None)
    if initial_state is not None:
        half = len(initial_state) // 2
        states = initial_state[:half], initial_state[half:]
    both = [
        each(sequences, initial_state=state, mask=mask)
        for each, state in zip((layer.forward_layer, layer.backward_layer), states, strict=True)
    ]
    rest = [state for made in both for state in made[1:]] if layer.return_state else []
    first, second = (made[0] if layer.return_state else made for made in both)
    second = ops.flip(second, axis=1) if layer.return_sequences else second
    merged = {
        "concat": lambda: ops.concatenate([first, second], axis=-1),
        "sum": lambda: first + second,
        "ave": lambda: (first + second) / 2,
        "mul": lambda: first * second,
        None: lambda: (first, second),
    }[layer.merge_mode]()
    if not layer.return_state:
        return merged
    return (*merged, *rest) if layer.merge_mode is None else (merged, *rest)


COMPOSITIONS: dict[str, Callable[..., Any]] = {
    "Amin": _least,
    "Average": _average,
    "Bidirectional": _bidirectional,
    "Divide": _quotient,
    "DotProductAttention": _dot_product_attention,
    "Glu": _glu,
    "GroupNormalization": _group_norm,
    "LayerNorm": _layer_norm,
    "Logaddexp": _logaddexp,
    "Logsumexp": _logsumexp,
    "Maximum": _maximum,
    "Min": _least,
    "Minimum": _minimum,
    "Moments": _moments,
    "Normalize": _normalize,
    "RMSNorm": _rms_norm,
    "Std": _deviation,
    "TrueDivide": _quotient,
    "Var": _variance,
}


def _axes(operation: Operation, x: Any) -> list[int]:
    axes = operation.axis if isinstance(operation.axis, list | tuple) else [operation.axis]
    return sorted(axis % len(x.shape) for axis in axes)


def _epsilon(operation: Operation) -> float:
    return config.epsilon() if operation.epsilon is None else operation.epsilon


def _along(weights: Any, axes: list[int], x: Any) -> Any:
    """Return the weights of some axes, shaped to be multiplied with x."""
    shape = [x.shape[axis] if axis in axes else 1 for axis in range(len(x.shape))]
    return ops.reshape(weights, shape)
