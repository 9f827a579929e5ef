"""References of a sequence, or of a row of another input.

The default for DNA, as many dinucleotide shuffles of each sequence as wanted, keeps the sequence's
length, composition and counts of adjacent pairs (CpG above all) and nothing else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from chrominterpret.errors import InputError
from chrominterpret.methods.base.explained import ExplainedModel
from chrominterpret.sequences import dinucleotide_shuffle, is_unknown, one_hot

DNA_KINDS = ("dinucleotide_shuffle", "background", "uniform", "zeros")
NUMBER_KINDS = ("zeros", "mean")

Choice = str | np.ndarray | Sequence[float] | None


@dataclass(frozen=True)
class References:
    """The references of a set of rows, made a batch at a time.

    Attributes
    ----------
    kind
        Name in `DNA_KINDS` or `NUMBER_KINDS`, or ``"given"``.
    n
        Number R of references of a row.
    seed
        Seed of the shuffles, None for the other kinds.
    make
        Function: ``make(x, rows)`` returns float32 (n, R, ...) for the x (n, ...) that are ``rows``
        (a slice) of the whole set.
    """

    kind: str
    n: int
    seed: int | None
    make: Callable[[np.ndarray, slice], np.ndarray]

    @property
    def are_shuffles(self) -> bool:
        """Whether they are one-hot and made of each sequence by a seed."""
        return self.kind == "dinucleotide_shuffle"


def resolve_references(
    explained: ExplainedModel, references: Choice = None, *, n_references: int = 20, seed: int = 0
) -> References:
    """Resolve a choice of references into something that makes them.

    Parameters
    ----------
    explained
        Model with the attributed input x.
    references
        Choice for one-hot x (N, L, 4): None or ``"dinucleotide_shuffle"`` (R = ``n_references``),
        an N staying where it is, as it is;
        ``"background"``, the mean base frequencies of all of x at every position; ``"uniform"``,
        0.25 each; ``"zeros"`` (R = 1 for these three); or an array: base frequencies (4,), one
        reference (L, 4), R references for every sequence (R, L, 4), or R for each (N, R, L, 4).

        Choice for another input of shape (N, ...): None or ``"zeros"``; ``"mean"``, the mean over
        all rows of x; or an array: one reference (...), R references for every row (R, ...), or R
        for each (N, R, ...).
    n_references
        Number of shuffles of a sequence.
    seed
        Seed of the shuffles. The shuffles of a sequence depend on it and the sequence alone.

    Raises
    ------
    InputError
        For an unknown name or an array of another shape.
    """
    x = explained.x
    if isinstance(references, str) or references is None:
        if not explained.is_dna:
            return _of_numbers(references or "zeros", x)
        if references in (None, "dinucleotide_shuffle"):
            return _shuffles(n_references, seed)
        return _shared(str(references), _frequencies(str(references), x)[None, None], x)
    return _given(np.asarray(references, np.float32), x, explained.is_dna)


def _shuffles(n: int, seed: int) -> References:
    if n < 1:
        raise InputError(f"expected n_references of at least 1, received {n}")

    def make(x: np.ndarray, rows: slice) -> np.ndarray:
        shuffled = one_hot(dinucleotide_shuffle(x, n=n, seed=seed))
        # An N is not one-hot, and what stands for it in x does so in the references.
        unknown = np.broadcast_to(is_unknown(x)[:, None], shuffled.shape[:-1])
        shuffled[unknown] = np.broadcast_to(x[:, None], shuffled.shape)[unknown]
        return shuffled

    return References("dinucleotide_shuffle", n, seed, make)


def _frequencies(kind: str, x: np.ndarray) -> np.ndarray:
    if kind == "background":
        counts = x.sum((0, 1), dtype=np.float64)
        return (counts / max(counts.sum(), 1)).astype(np.float32)
    if kind not in DNA_KINDS:
        raise InputError(f"expected references of {DNA_KINDS} or an array, received {kind!r}")
    return np.full(4, 0.25 if kind == "uniform" else 0.0, np.float32)


def _of_numbers(kind: str, x: np.ndarray) -> References:
    if kind not in NUMBER_KINDS:
        raise InputError(
            f"expected references of {NUMBER_KINDS} or an array for an input that is not one-hot "
            f"DNA, received {kind!r}"
        )
    value = np.zeros_like(x[0]) if kind == "zeros" else x.mean(0, dtype=np.float64)
    return _shared(kind, np.asarray(value, np.float32)[None], x)


def _given(given: np.ndarray, x: np.ndarray, is_dna: bool) -> References:
    one = x.shape[1:]
    each = given.ndim == x.ndim + 1 and given.shape[0] == len(x) and given.shape[2:] == one
    if each and given.shape[1]:
        return References("given", given.shape[1], None, lambda _, rows: given[rows])
    if is_dna and given.shape == (4,):
        given = given[None]
    shared = given[None] if given.ndim == x.ndim - 1 else given
    fits = shared.shape[1:] == one or (is_dna and shared.shape[1:] == (1, 4))
    if not fits or not len(shared):
        rest = ", ".join(map(str, one))
        raise InputError(
            f"expected references of shape {'(4,), ' if is_dna else ''}{one}, (R, {rest}) or "
            f"({len(x)}, R, {rest}), received {given.shape}"
        )
    return _shared("given", shared, x)


def _shared(kind: str, shared: np.ndarray, x: np.ndarray) -> References:
    """Return the same references (R, ...) for all rows."""
    every = np.broadcast_to(shared, (len(shared), *x.shape[1:])).astype(np.float32)

    def make(batch: np.ndarray, rows: slice) -> np.ndarray:
        return np.broadcast_to(every, (len(batch), *every.shape))

    return References(kind, len(every), None, make)
