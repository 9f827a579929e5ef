"""The arithmetic of DeepLIFT-rescale: each non-linear step replaced by its secant linearisation.

A tensor of the model is carried as a pair, its value on the sequences and on their references. The
pair's reference side is built so that its ordinary gradient is the DeepLIFT multiplier: with
``sg = stop_gradient``, ``sg(value) + sg(m) (z - sg(z))`` has the value ``value`` and the gradient
``m``, and a custom gradient gives the same in fewer passes over the memory. Gradients flow through
references only, so a sequence runs forward once whatever its number of references.

Shrikumar et al. 2017 (arXiv:1704.02685), rescale rule; Lundberg and Lee 2017 (arXiv:1705.07874).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import backend, ops, tree

from chrominterpret.errors import InputError

NEAR = 1e-6
sg = ops.stop_gradient


@dataclass(frozen=True, eq=False)
class Pair:
    """A tensor's values on N sequences and on their N·R references.

    Attributes
    ----------
    x
        Values on the sequences: N entries on the batch axis, wherever that axis is.
    r
        Values on the references: N·R entries there, the R of one sequence together.
    n
        N.
    active
        Whether the tensor depends on the attributed input, and has a gradient.
    depends
        Whether it depends on that input without a gradient, as masks and indices do.
    """

    x: Any
    r: Any
    n: int
    active: bool
    depends: bool = False

    def repeated(self) -> Any:
        """Return the values on the sequences, repeated to stand beside the references."""
        return repeat_rows(self.x, self.r, self.n)

    def beside(self, function: Callable[[Any, Any], Any]) -> Any:
        """Return ``function(x, r)``, elementwise and without a gradient, shaped like r."""
        x, r = sg(self.x), sg(self.r)
        axis = batch_axis(x, r, self.n)
        if axis is None:
            return function(x, r)
        apart = (*r.shape[:axis], self.n, -1, *r.shape[axis + 1 :])
        return ops.reshape(function(ops.expand_dims(x, axis + 1), ops.reshape(r, apart)), r.shape)


@dataclass(frozen=True)
class Call:
    """An operation about to be called on pairs, found anywhere in its arguments."""

    function: Callable[..., Any]
    arguments: tuple[tuple[Any, ...], dict[str, Any]]

    def leaves(self) -> list[Any]:
        """Return the arguments as a flat list."""
        return tree.flatten(self.arguments)

    def active(self) -> list[int]:
        """Return the positions among the leaves that depend on the attributed input."""
        return [i for i, leaf in enumerate(self.leaves()) if getattr(leaf, "active", False)]

    def depends(self) -> bool:
        """Return whether an argument depends on the attributed input without a gradient."""
        return any(getattr(leaf, "depends", False) for leaf in self.leaves())

    def run(self, side: str, replaced: Mapping[int, Any] | None = None) -> Any:
        """Call on one side of each pair ("x" or "r"), some leaves replaced."""
        leaves = [getattr(v, side) if isinstance(v, Pair) else v for v in self.leaves()]
        for position, value in (replaced or {}).items():
            leaves[position] = value
        args, kwargs = tree.pack_sequence_as(self.arguments, leaves)
        return self.function(*args, **kwargs)

    def pairs(self, x: Any, r: Any) -> Any:
        """Return the pairs of an output structure."""
        carried = [leaf for leaf in self.leaves() if isinstance(leaf, Pair)]
        n, active, depends = carried[0].n, bool(self.active()), self.depends()
        return tree.map_structure(lambda a, b: Pair(a, b, n, active, depends), x, r)


def batch_axis(x: Any, r: Any, n: int) -> int | None:
    """Return the axis of the N entries of x and the N·R entries of r, or None for R = 1.

    It is the one where the two differ: inside a model it need not be the first.

    Raises
    ------
    InputError
        If x has another number of entries there.
    """
    axes = [axis for axis, (a, b) in enumerate(zip(x.shape, r.shape, strict=True)) if a != b]
    if not axes:
        return None
    (axis,) = axes
    if x.shape[axis] != n:
        raise InputError(
            f"expected a batch axis of {n} rows, received shape {tuple(x.shape)}: "
            "an operation that merges the batch axis with another cannot be attributed through"
        )
    return axis


def repeat_rows(x: Any, r: Any, n: int) -> Any:
    """Repeat the N entries of x on its batch axis to the N·R entries of r."""
    axis = batch_axis(x, r, n)
    return x if axis is None else ops.repeat(x, r.shape[axis] // n, axis=axis)


def linear(call: Call) -> Any:
    """Carry both sides through an operation that is linear (or affine) in its active inputs."""
    return call.pairs(call.run("x"), call.run("r"))


def elementwise(call: Call) -> Any:
    """Give f the multiplier (f(x) - f(r)) / (x - r), and f'(r) where x and r are as good as equal.

    There the secant adds (f(x) - f(r)) / 1, which is below 1e-6 of f'(r).
    """
    (position,) = call.active()
    pair = call.leaves()[position]
    difference = pair.beside(ops.subtract)
    near = ops.abs(difference) < NEAR
    # f hands back no gradient away from x = r, where its own might be infinite.
    x, r = call.run("x"), call.run("r", {position: _masked(pair.r, near)})
    change = Pair(x, sg(r), pair.n, True).beside(ops.subtract)
    slope = sg(change / ops.where(near, 1.0, difference))
    return call.pairs(x, with_slope(r, slope, pair.r))


def rectifier(call: Call) -> Any:
    """Give max(0, z) the multiplier (x⁺ + r⁺) / (|x| + |r|), and 0 where x = r = 0.

    That is (x⁺ - r⁺) / (x - r) without a difference, so also right where x and r are as good as
    equal, and in fewer passes over the memory than `elementwise` takes.
    """
    (position,) = call.active()
    pair = call.leaves()[position]
    x, r = call.run("x"), sg(call.run("r"))
    both = Pair(x, r, pair.n, True).beside(ops.add)
    size = Pair(ops.abs(pair.x), ops.abs(pair.r), pair.n, True).beside(ops.add)
    return call.pairs(x, with_slope(r, ops.divide_no_nan(both, size), pair.r))


def max_pool(call: Call) -> Any:
    """Send the change of a maximum to the entry where the larger of x and r is largest.

    With P the pooling: g = P(max(x, r)), the gradient of max(x, r) taken as 1 / (x - r), and
    y = P(r), the gradient taken as that of (P(x) - P(r)) g. The routing is the framework's own
    pooling gradient, so any window, stride and padding. Where it leads to an entry with x = r, both
    maxima are that entry, and there is no change to send.
    """
    (position,) = call.active()
    pair = call.leaves()[position]
    px, pr = call.run("x"), sg(call.run("r"))
    difference = pair.beside(ops.subtract)
    larger = _per_change(pair.beside(ops.maximum), difference, pair.r)
    routed = call.run("r", {position: larger})
    change = Pair(px, pr, pair.n, True).beside(ops.subtract)
    return call.pairs(px, with_slope(pr, change, routed))


def bilinear(call: Call) -> Any:
    """Split the change of f(a, b) evenly: f(Δa, mean b) + f(mean a, Δb)."""
    first, second = call.active()
    a, b = call.leaves()[first], call.leaves()[second]
    x, r = call.run("x"), call.run("r")
    by_a = call.run("r", {first: a.r - sg(a.r), second: _mean(b)})
    by_b = call.run("r", {first: _mean(a), second: b.r - sg(b.r)})
    return call.pairs(x, sg(r) + by_a + by_b)


def product(call: Call) -> Any:
    """Multiply any number of factors, two at a time, by the bilinear rule."""
    args, kwargs = call.arguments
    factors = args[0] if args else kwargs["inputs"]
    result = factors[0]
    for factor in factors[1:]:
        pairwise = Call(call.function, (([result, factor],), {}))
        result = (bilinear if len(pairwise.active()) == 2 else linear)(pairwise)
    return result


def integrated(call: Call) -> Any:
    """Give any smooth f its gradient averaged over the straight path from r to x.

    Integrated gradients of this one operation (Sundararajan et al. 2017, arXiv:1703.01365), with
    Gauss-Legendre nodes.
    """
    positions = call.active()
    starts = [call.leaves()[i] for i in positions]
    changes = [sg(pair.repeated() - pair.r) for pair in starts]
    x, r = call.run("x"), call.run("r")

    def add(totals: Any, node: Any) -> Any:
        t, weight = node
        moved = [
            sg(pair.r) + t * change + (pair.r - sg(pair.r))
            for pair, change in zip(starts, changes, strict=True)
        ]
        y = _floats(call.run("r", dict(zip(positions, moved, strict=True))))
        return [s + weight * (v - sg(v)) for s, v in zip(totals, y, strict=True)], None

    # A loop of the backend's, which compiles the operation once and not at every node.
    nodes = tuple(np.asarray(part, np.float32) for part in path_nodes(16))
    totals, _ = ops.scan(add, [sg(v) for v in _floats(r)], nodes)
    made = iter(totals)
    return call.pairs(x, tree.map_structure(lambda v: next(made) if _is_float(v) else v, r))


def _floats(values: Any) -> list[Any]:
    """Return the tensors of an output structure that are no indices or masks."""
    return [value for value in tree.flatten(values) if _is_float(value)]


def _is_float(value: Any) -> bool:
    return backend.is_float_dtype(backend.standardize_dtype(value.dtype))


RULES: dict[str, Callable[[Call], Any]] = {
    "linear": linear,
    "elementwise": elementwise,
    "max_pool": max_pool,
    "bilinear": bilinear,
    "product": product,
    "integrated": integrated,
}


@ops.custom_gradient
def with_slope(value: Any, slope: Any, z: Any) -> Any:
    """Return the value with its own gradient, and beside it the gradient ``slope`` by z.

    The same as ``value + sg(slope) * (z - sg(z))`` and faster.
    """

    def backward(*arguments: Any, upstream: Any = None) -> Any:
        # Backends pass the incoming gradient by place or by name.
        g = arguments[0] if upstream is None else upstream
        return g, ops.zeros_like(slope), g * slope

    return value, backward


@ops.custom_gradient
def _per_change(value: Any, change: Any, z: Any) -> Any:
    """Return the value with the gradient 1 / change by z alone, and none where change is 0."""

    def backward(*arguments: Any, upstream: Any = None) -> Any:
        g = arguments[0] if upstream is None else upstream
        return ops.zeros_like(value), ops.zeros_like(change), ops.divide_no_nan(g, change)

    return value, backward


@ops.custom_gradient
def _masked(z: Any, mask: Any) -> Any:
    """Return z with a gradient where the mask is true alone."""

    def backward(*arguments: Any, upstream: Any = None) -> Any:
        g = arguments[0] if upstream is None else upstream
        return ops.where(mask, g, 0.0), ops.zeros_like(mask)

    return z, backward


def _mean(pair: Pair) -> Any:
    return sg((pair.repeated() + pair.r) / 2)


def path_nodes(n: int) -> tuple[list[float], list[float]]:
    """Return n Gauss-Legendre nodes within 0..1 and their weights, which sum to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return ((nodes + 1) / 2).tolist(), (weights / 2).tolist()
