"""References of any input: those of DNA, or zeros, means and given arrays for other numbers."""

from collections.abc import Sequence

import numpy as np

from chrominterpret.errors import InputError
from chrominterpret.methods.problem import Problem
from chrominterpret.methods.references import References, resolve_references

NUMBER_KINDS = ("zeros", "mean")

Choice = str | np.ndarray | Sequence[float] | None


def references_of(problem: Problem, references: Choice, n_references: int, seed: int) -> References:
    """Turn a user's choice of references into something that makes them.

    Parameters
    ----------
    problem
        With the attributed input x.
    references
        For DNA see `chrominterpret.methods.references.resolve_references`; None is
        ``"dinucleotide_shuffle"``. For another input of shape (N, ...): None or ``"zeros"``;
        ``"mean"``, the mean over all rows of x; or an array: one reference (...), R references for
        every row (R, ...), or R for each (N, R, ...).
    n_references, seed
        Of the shuffles.

    Raises
    ------
    InputError
        For an unknown name or an array of another shape.
    """
    if problem.is_dna:
        chosen = "dinucleotide_shuffle" if references is None else references
        return resolve_references(chosen, problem.x, n_references=n_references, seed=seed)
    if references is None or isinstance(references, str):
        return _named(references or "zeros", problem.x)
    return _given(np.asarray(references, np.float32), problem.x)


def _named(kind: str, x: np.ndarray) -> References:
    if kind not in NUMBER_KINDS:
        raise InputError(
            f"expected references of {NUMBER_KINDS} or an array for an input that is not one-hot "
            f"DNA, received {kind!r}"
        )
    value = np.zeros_like(x[0]) if kind == "zeros" else x.mean(0, dtype=np.float64)
    return _shared(kind, np.asarray(value, np.float32)[None])


def _given(given: np.ndarray, x: np.ndarray) -> References:
    one = x.shape[1:]
    if given.shape == one:
        return _shared("given", given[None])
    if given.shape[1:] == one and len(given):
        return _shared("given", given)
    if given.ndim == x.ndim + 1 and given.shape[0] == len(x) and given.shape[2:] == one:
        return References("given", given.shape[1], None, lambda _, rows: given[rows])
    raise InputError(
        f"expected references of shape {one}, (R, {', '.join(map(str, one))}) or "
        f"({len(x)}, R, {', '.join(map(str, one))}), received {given.shape}"
    )


def _shared(kind: str, shared: np.ndarray) -> References:
    def make(batch: np.ndarray, rows: slice) -> np.ndarray:
        return np.broadcast_to(shared, (len(batch), *shared.shape))

    return References(kind, len(shared), None, make)
