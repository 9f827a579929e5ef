"""Mutants of one sequence, carried through a model as changed stretches of its activations.

Of a layer's output only the stretch that a mutated base can change is computed, from the changed
stretch of its input, the unmutated activations around it and the padding beyond the ends. What is
left out is what the unmutated sequence has, so nothing is approximated.

What no mutation changes is carried as a `Pair`: M rows in x for the mutants, one row in r.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from keras import layers, ops

from chrominterpret.engine.graph import Step, without_activation, without_padding
from chrominterpret.engine.secant import Call
from chrominterpret.engine.spread import spread
from chrominterpret.engine.windows import Sliding, Span, sliding_of, union
from chrominterpret.errors import InputError


@dataclass(frozen=True, eq=False)
class Mutants:
    """A tensor of the model on M mutants of one sequence.

    Attributes
    ----------
    usual
        (1, L', C), its values on the unmutated sequence.
    stretch
        (M, W, C), its values on each mutant in the stretch that may change.
    span
        Place of that stretch, for each position of the mutated base.
    at
        int (M,), the mutated positions.
    """

    usual: Any
    stretch: Any
    span: Span
    at: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the whole tensor, (M, L', C)."""
        return (self.stretch.shape[0], *self.usual.shape[1:])

    def cut(self, first: np.ndarray, width: int, beyond: float = 0.0) -> Any:
        """Return other stretches, (M, width, C), which may lie partly outside the tensor.

        Parameters
        ----------
        first
            int (L,): first position of the stretch for each position of the mutated base.
        width
            Positions of the stretch.
        beyond
            Value outside the tensor.
        """
        m, own, channels = self.stretch.shape
        end = ops.full((1, channels), beyond, dtype=self.usual.dtype)
        changed = ops.reshape(self.stretch, (m * own, channels))
        table = ops.concatenate([changed, self.usual[0], end], axis=0)
        inside, row = self.span.rows(first, width)
        row = np.where(inside, row, row + m * own)
        mine = self._here(inside) * ops.arange(0, m * own, own, dtype="int32")[:, None]
        return ops.take(table, self._here(row) + mine, axis=0)

    def whole(self) -> Any:
        """Return the tensor itself, (M, L', C)."""
        return self.cut(np.zeros_like(self.span.first), self.span.length)

    def moved(self, span: Span) -> "Mutants":
        """Return the same tensor with wider stretches."""
        if span.width == self.span.width:
            return self
        return replace(self, stretch=self.cut(span.first, span.width), span=span)

    def usual_stretch(self) -> Any:
        """Return what the unmutated sequence has in the stretches, (M, W, C)."""
        positions = self.span.first[:, None] + np.arange(self.span.width)
        return ops.take(self.usual[0], self._here(positions), axis=0)

    def _here(self, table: np.ndarray) -> Any:
        return ops.take(ops.convert_to_tensor(table.astype(np.int32)), self.at, axis=0)


def in_full(call: Call) -> Any:
    """Run on whole tensors."""
    return call.run("x", {i: leaf.whole() for i, leaf in _mutants(call).items()})


def carry(rule: str, step: Step, call: Call) -> Any:
    """Carry mutants through one call by a rule; returns `Mutants` or a tensor of M rows."""
    return _RULES[rule](step, call)


def _mutants(call: Call) -> dict[int, Mutants]:
    return {i: leaf for i, leaf in enumerate(call.leaves()) if isinstance(leaf, Mutants)}


def _only(call: Call) -> tuple[int, Mutants]:
    ((position, mutants),) = _mutants(call).items()
    return position, mutants


def _identity(step: Step, call: Call) -> Any:
    return _only(call)[1]


def _position(step: Step, call: Call) -> Any:
    mutants = _mutants(call)
    span = union([each.span for each in mutants.values()])
    moved = {i: each.moved(span) for i, each in mutants.items()}
    usual = call.run("r", {i: each.usual for i, each in moved.items()})
    stretch = call.run("x", {i: each.stretch for i, each in moved.items()})
    return Mutants(usual, stretch, span, next(iter(moved.values())).at)


def _window(step: Step, call: Call, beyond: float = 0.0) -> Any:
    position, mutants = _only(call)
    usual = call.run("r", {position: mutants.usual})
    sliding = sliding_of(step.operation, mutants.usual.shape[1], usual.shape[1])
    span = mutants.span.through(sliding, usual.shape[1])
    read = mutants.cut(*span.needed_by(sliding), beyond)
    with without_padding(step.operation):
        stretch = call.run("x", {position: read})
    if stretch.shape[1] != span.width:
        raise InputError(
            f"expected {span.width} positions by the window rule, received {stretch.shape[1]} "
            f"from {step}"
        )
    return Mutants(usual, stretch, span, mutants.at)


def _spread(step: Step, call: Call) -> Any:
    position, mutants = _only(call)
    layer = step.operation
    with without_activation(layer):
        usual = call.run("r", {position: mutants.usual})
    sliding = sliding_of(layer, mutants.usual.shape[1], usual.shape[1])
    span = mutants.span.through(sliding, usual.shape[1])
    # In the layer's own float32, which what comes before need not be in.
    changed, before = (
        ops.cast(each, usual.dtype) for each in (mutants.stretch, mutants.usual_stretch())
    )
    change = spread(changed - before, layer.kernel)
    # All that it reaches, of which some may lie outside the tensor.
    reached = Span(
        mutants.span.first + sliding.left - sliding.reach + 1, change.shape[1], span.length
    )
    changes = Mutants(ops.zeros_like(usual), change, reached, mutants.at)
    stretch = Mutants(usual, change, span, mutants.at).usual_stretch()
    stretch = stretch + changes.cut(span.first, span.width)
    return Mutants(layer.activation(usual), layer.activation(stretch), span, mutants.at)


def _pool(step: Step, call: Call) -> Any:
    if isinstance(step.operation, layers.MaxPooling1D):
        return _window(step, call, beyond=-np.inf)
    mutants = _window(step, call)
    if step.operation.padding == "valid":
        return mutants
    # Means leave padding out: count, by the means of ones, what each of them is over.
    _, before = _only(call)
    ones = replace(
        before,
        usual=ops.ones_like(before.usual[:, :, :1]),
        stretch=ops.ones_like(before.stretch[:, :, :1]),
    )
    counted = _window(step, Call(call.function, ((ones,), {})))
    return replace(mutants, stretch=mutants.stretch / counted.stretch)


def _crop(step: Step, call: Call) -> Any:
    position, mutants = _only(call)
    layer = step.operation
    left = layer.padding[0] if hasattr(layer, "padding") else -layer.cropping[0]
    usual = call.run("r", {position: mutants.usual})
    span = mutants.span.through(Sliding(left=left), usual.shape[1])
    stretch = mutants.cut(*span.needed_by(Sliding(left=left)))
    return Mutants(usual, stretch, span, mutants.at)


def _flip(step: Step, call: Call) -> Any:
    position, mutants = _only(call)
    axes = step.operation.axis
    positions_too = any(a in (1, -2) for a in (axes if isinstance(axes, list | tuple) else [axes]))
    usual = call.run("r", {position: mutants.usual})
    stretch = call.run("x", {position: mutants.stretch})
    span = mutants.span.flipped() if positions_too else mutants.span
    return Mutants(usual, stretch, span, mutants.at)


def _mean(step: Step, call: Call) -> Any:
    position, mutants = _only(call)
    usual = call.run("r", {position: mutants.usual})
    keep = step.operation.keepdims
    change = ops.sum(mutants.stretch - mutants.usual_stretch(), axis=1, keepdims=keep)
    return usual + change / mutants.span.length


def _maximum(step: Step, call: Call) -> Any:
    _, mutants = _only(call)
    span, usual = mutants.span, mutants.usual[0]
    low = ops.full((1, usual.shape[-1]), -np.inf, dtype=usual.dtype)
    before = ops.concatenate([low, _running_maximum(usual)], axis=0)
    after = ops.concatenate([low, _running_maximum(ops.flip(usual, axis=0))], axis=0)
    own = ops.max(mutants.stretch, axis=1)
    left = ops.take(before, mutants._here(span.first), axis=0)
    right = ops.take(after, mutants._here(span.length - span.first - span.width), axis=0)
    largest = ops.maximum(own, ops.maximum(left, right))
    return ops.expand_dims(largest, 1) if step.operation.keepdims else largest


def _running_maximum(x: Any) -> Any:
    """Return the maximum of rows 0..i in row i."""
    shift = 1
    while shift < x.shape[0]:
        x = ops.concatenate([x[:shift], ops.maximum(x[shift:], x[:-shift])], axis=0)
        shift *= 2
    return x


def _full(step: Step, call: Call) -> Any:
    return in_full(call)


_RULES: dict[str, Callable[[Step, Call], Any]] = {
    "identity": _identity,
    "position": _position,
    "window": _window,
    "spread": _spread,
    "pool": _pool,
    "crop": _crop,
    "flip": _flip,
    "mean": _mean,
    "maximum": _maximum,
    "flatten": _full,
}
