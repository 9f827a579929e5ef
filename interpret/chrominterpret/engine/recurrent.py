"""Pairs carried along a sequence: through recurrent layers, and through one layer a position.

A recurrent layer is its cell, once a position: products of the weights with input and state,
which are linear, gates and candidates, which are elementwise, and products of two of these, which
are bilinear. So the multipliers follow from the rules of the parts, chained over the positions, and
the contributions of all positions sum to the change of the output with nothing integrated: what
Arras et al. 2019 (doi:10.1007/978-3-030-28954-6_11) do with relevance, with DeepLIFT's rules.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from keras import ops, tree

from chrominterpret.engine.precision import as_float32
from chrominterpret.engine.secant import Pair

Carry = Callable[[list[Pair]], list[Pair]]


def recurrent(
    layer: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    cell: Carry,
    shape: tuple[Any, ...],
) -> list[Pair]:
    """Carry pairs through a recurrent layer; returns its outputs as a flat list.

    Parameters
    ----------
    layer
        Recurrent layer that keeps no state between calls.
    args, kwargs
        Its arguments, pairs in place of tensors: sequences (N, L, ...), and maybe initial states
        and a mask (N, L), false at positions that are passed over.
    cell
        Function that carries the input at a position and the states, a flat list of pairs, to the
        output and the new states.
    shape
        Shape of the cell's output, batch axis left out.
    """
    given = bound(layer, args, kwargs)
    sequences, mask = given["sequences"], given.get("mask")
    mask = mask[0] if isinstance(mask, list | tuple) else mask
    n = sequences.n
    states = initial_states(layer, sequences, given.get("initial_state"))
    read = [_by_position(layer, pair) for pair in (sequences, mask) if pair is not None]
    output = _pair([ops.zeros((side.shape[0], *shape)) for side in _sides(sequences)], n)

    def advance(carried: Any, at: Any) -> Any:
        old = [_pair(sides, n) for sides in carried]
        new = cell([_pair(at[0], n), *old[1:]])
        for known in at[1:]:
            kept = [output if layer.zero_output_for_mask else old[0], *old[1:]]
            new = [_where(known, *each) for each in zip(new, kept, strict=True)]
        after = [_sides(pair) for pair in new]
        return after, after

    # A loop of the backend's, which carries the output and the states and compiles the cell once.
    start = [_sides(pair) for pair in (output, *states)]
    last, every = ops.scan(advance, start, [_sides(pair) for pair in read])
    first = [ops.moveaxis(side, 0, 1) for side in every[0]] if layer.return_sequences else last[0]
    made = [first, *(last[1:] if layer.return_state else ())]
    return [_pair(sides, n) for sides in made]


def position_wise(sequence: Pair, layer: Carry) -> list[Pair]:
    """Carry a pair (N, L, ...) through a layer at every position alone.

    The positions of a sequence become sequences, each with its R references.
    """
    n, length = sequence.x.shape[:2]
    each = sequence.r.shape[0] // n
    x = ops.reshape(sequence.x, (n * length, *sequence.x.shape[2:]))
    apart = ops.reshape(sequence.r, (n, each, *sequence.r.shape[1:]))
    r = ops.reshape(ops.moveaxis(apart, 1, 2), (n * length * each, *sequence.r.shape[2:]))
    made = []
    for pair in layer([Pair(x, r, n * length, sequence.active, sequence.depends)]):
        y = ops.reshape(pair.x, (n, length, *pair.x.shape[1:]))
        apart = ops.moveaxis(ops.reshape(pair.r, (n, length, each, *pair.r.shape[1:])), 1, 2)
        at_r = ops.reshape(apart, (n * each, length, *pair.r.shape[1:]))
        made.append(Pair(y, at_r, n, pair.active, pair.depends))
    return made


def bound(layer: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a layer's call by name."""
    return inspect.signature(layer.call).bind(*args, **kwargs).arguments


def initial_states(layer: Any, sequences: Pair, given: Any) -> list[Pair]:
    """Return the states that a recurrent layer starts from, a flat list of pairs."""
    if given is not None:
        return tree.flatten(given)
    x, r = (
        tree.map_structure(as_float32, tree.flatten(layer.get_initial_state(side.shape[0])))
        for side in (sequences.x, sequences.r)
    )
    return [Pair(a, b, sequences.n, True) for a, b in zip(x, r, strict=True)]


def _by_position(layer: Any, pair: Pair) -> Pair:
    """Return a pair with the positions first, in the order in which the layer reads them."""
    sides = [ops.moveaxis(side, 1, 0) for side in _sides(pair)]
    if layer.go_backwards:
        sides = [ops.flip(side, axis=0) for side in sides]
    return _pair(sides, pair.n)


def _pair(sides: Sequence[Any], n: int) -> Pair:
    x, r = sides
    return Pair(x, r, n, True)


def _sides(pair: Pair) -> tuple[Any, Any]:
    return pair.x, pair.r


def _where(known: tuple[Any, Any], new: Pair, old: Pair) -> Pair:
    """Return the new values where a position is known, and else the old ones."""
    sides = []
    for mask, one, other in zip(known, _sides(new), _sides(old), strict=True):
        wide = ops.reshape(ops.cast(mask, "bool"), (-1, *(1,) * (len(one.shape) - 1)))
        sides.append(ops.where(wide, one, other))
    return _pair(sides, new.n)
