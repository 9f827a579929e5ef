"""Reference sequences: what a sequence is compared with.

The default, as many dinucleotide shuffles of each sequence as wanted, keeps the sequence's length,
composition and counts of adjacent pairs (CpG above all) and nothing else.
"""

import hashlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from chrominterpret.errors import InputError

KINDS = ("dinucleotide_shuffle", "background", "uniform", "zeros")
_LETTERS = 5  # A C G T and N, an all-zero column


@dataclass(frozen=True)
class References:
    """The references of a set of sequences, made a batch at a time.

    Attributes
    ----------
    kind
        One of `KINDS`, or ``"given"``.
    n
        R, how many references a sequence has.
    seed
        Seed of the shuffles, None for the other kinds.
    make
        ``make(x, rows)`` returns float32 (n, R, L, 4) for the sequences x (n, L, 4) that are
        ``rows`` (a slice) of the whole set.
    """

    kind: str
    n: int
    seed: int | None
    make: Callable[[np.ndarray, slice], np.ndarray]


def resolve_references(
    references: str | np.ndarray | Sequence[float],
    x: np.ndarray,
    *,
    n_references: int = 20,
    seed: int = 0,
) -> References:
    """Turn a user's choice of references into something that makes them.

    Parameters
    ----------
    references
        ``"dinucleotide_shuffle"`` (R = ``n_references``); ``"background"``, the mean base
        frequencies of all of x at every position; ``"uniform"``, 0.25 each; ``"zeros"`` (R = 1 for
        these three); or an array: base frequencies (4,), one reference (L, 4), R references for
        every sequence (R, L, 4), or R for each (N, R, L, 4).
    x
        float32 (N, L, 4), all sequences.
    n_references
        Shuffles a sequence.
    seed
        Seed of the shuffles. The shuffles of a sequence depend on it and the sequence alone.

    Raises
    ------
    InputError
        For an unknown name or an array of another shape.
    """
    if isinstance(references, str):
        if references == "dinucleotide_shuffle":
            return _shuffles(n_references, seed)
        return References(references, 1, None, _fixed(_frequencies(references, x)[None, None], x))
    given = np.asarray(references, np.float32)
    length = x.shape[1]
    if given.ndim == 4 and given.shape[0] == len(x) and given.shape[2:] == (length, 4):
        return References("given", given.shape[1], None, lambda _, rows: given[rows])
    shared = {1: given[None, None], 2: given[None]}.get(given.ndim, given)
    if shared.ndim != 3 or shared.shape[1] not in (1, length) or shared.shape[2] != 4:
        raise InputError(
            f"expected references of shape (4,), ({length}, 4), (R, {length}, 4) or "
            f"({len(x)}, R, {length}, 4), received {given.shape}"
        )
    return References("given", len(shared), None, _fixed(shared, x))


def dinucleotide_shuffle(x: np.ndarray, *, n: int = 20, seed: int = 0) -> np.ndarray:
    """Shuffle one-hot sequences, keeping exactly the counts of each pair of adjacent letters.

    Each shuffle is a uniform draw from all sequences with these counts, first and last letter: an
    Euler walk whose last exits form a random arborescence (Altschul and Erickson 1985,
    doi:10.1093/oxfordjournals.molbev.a040370). The arborescence is drawn from the list of all of
    them, so no draw is ever rejected. N (an all-zero column) is a fifth letter.

    Parameters
    ----------
    x
        (N, L, 4), one-hot or all-zero columns.
    n
        R, shuffles a sequence.
    seed
        With the sequence itself, the seed of its shuffles: they do not depend on the other
        sequences.

    Returns
    -------
    ndarray
        uint8 (N, R, L): 0-3 for ACGT, 4 for N.

    Raises
    ------
    InputError
        If a column is neither one-hot nor all zero.
    """
    codes = to_codes(x)
    if codes.shape[1] < 2 or not len(codes):
        return np.repeat(codes[:, None], n, axis=1)
    exits = np.stack([_shuffled_exits(sequence, n, seed) for sequence in codes])
    return _walk(np.repeat(codes, n, axis=0), exits.reshape(-1, codes.shape[1] - 1)).reshape(
        len(codes), n, -1
    )


def to_codes(x: np.ndarray) -> np.ndarray:
    """Return the uint8 codes (..., L) of one-hot columns (..., L, 4); all-zero columns are 4.

    Raises
    ------
    InputError
        If a column is neither one-hot nor all zero.
    """
    x = np.asarray(x)
    codes = np.where(x.any(-1), x.argmax(-1), 4).astype(np.uint8)
    if not np.array_equal(one_hot(codes), x):
        raise InputError("expected one-hot or all-zero columns (..., L, 4), received other values")
    return codes


def one_hot(codes: np.ndarray) -> np.ndarray:
    """Return float32 (..., L, 4) of codes (..., L); code 4 (N) becomes an all-zero column."""
    return np.eye(_LETTERS, 4, dtype=np.float32)[codes]


def _shuffles(n: int, seed: int) -> References:
    if n < 1:
        raise InputError(f"expected n_references of at least 1, received {n}")

    def make(x: np.ndarray, rows: slice) -> np.ndarray:
        return one_hot(dinucleotide_shuffle(x, n=n, seed=seed))

    return References("dinucleotide_shuffle", n, seed, make)


def _fixed(shared: np.ndarray, x: np.ndarray) -> Callable[[np.ndarray, slice], np.ndarray]:
    references = np.broadcast_to(shared, (len(shared), *x.shape[1:])).astype(np.float32)
    return lambda batch, rows: np.broadcast_to(references, (len(batch), *references.shape))


def _frequencies(kind: str, x: np.ndarray) -> np.ndarray:
    if kind == "background":
        counts = x.sum((0, 1), dtype=np.float64)
        return (counts / max(counts.sum(), 1)).astype(np.float32)
    if kind not in KINDS:
        raise InputError(f"expected references of {KINDS} or an array, received {kind!r}")
    return np.full(4, 0.25 if kind == "uniform" else 0.0, np.float32)


def _rng(codes: np.ndarray, seed: int) -> np.random.Generator:
    digest = hashlib.blake2b(codes.tobytes(), digest_size=8).digest()
    return np.random.default_rng([seed, int.from_bytes(digest, "little")])


def _shuffled_exits(codes: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Return the successors (n, L - 1), grouped by their letter, in the order of n Euler walks."""
    rng = _rng(codes, seed)
    source, target = codes[:-1].astype(np.intp), codes[1:].astype(np.intp)
    counts = np.zeros((_LETTERS, _LETTERS))
    np.add.at(counts, (source, target), 1)
    keys = rng.random((n, len(source))) / 2
    parents = _draw_arborescences(counts, int(codes[-1]), n, rng)
    first = _first_position(source * _LETTERS + target)
    for letter in np.unique(source):
        if letter != codes[-1]:
            edge = first[letter * _LETTERS + parents[:, letter]]
            keys[np.arange(n), edge] = 0.75  # above all others: this exit comes last
    return target[np.argsort(source + keys, axis=1)]


def _first_position(pairs: np.ndarray) -> np.ndarray:
    first = np.zeros(_LETTERS**2, np.intp)
    first[pairs[::-1]] = np.arange(len(pairs))[::-1]
    return first


def _draw_arborescences(
    counts: np.ndarray, root: int, n: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw n of the trees (5 parents each) that lead every letter to the root, by edge counts."""
    counts = counts.copy()
    counts[counts.sum(1) == 0, root] = 1  # an absent letter hangs on the root
    trees = _arborescences(root)
    others = [letter for letter in range(_LETTERS) if letter != root]
    cumulative = counts[others, trees[:, others]].prod(1).cumsum()
    return trees[np.searchsorted(cumulative, rng.random(n) * cumulative[-1], side="right")]


@cache
def _arborescences(root: int) -> np.ndarray:
    choices = [range(_LETTERS) if letter != root else [root] for letter in range(_LETTERS)]
    maps = np.array(list(itertools.product(*choices)))
    reached = maps
    for _ in range(_LETTERS):
        reached = np.take_along_axis(maps, reached, axis=1)
    return maps[(reached == root).all(1)]


def _walk(codes: np.ndarray, exits: np.ndarray) -> np.ndarray:
    """Follow the exits (rows, L - 1) from each first letter, all rows at once."""
    rows, length = codes.shape
    before = np.stack([(codes[:, :-1] < letter).sum(1) for letter in range(_LETTERS)], axis=1)
    next_exit: Any = (before + np.arange(rows)[:, None] * (length - 1)).ravel()
    offsets, flat = np.arange(rows) * _LETTERS, exits.ravel()
    walked = np.empty((length, rows), np.uint8)
    current = walked[0] = codes[:, 0]
    for step in range(1, length):
        at = offsets + current
        edge = next_exit[at]
        next_exit[at] = edge + 1
        current = walked[step] = flat[edge]
    return walked.T
