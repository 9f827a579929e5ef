"""Batches of one shape: a compiled function compiles once."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from chrominterpret.engine.backend import Compiled

TARGETS_AT_ONCE = 8  # gradients taken from one forward pass

Progress = Callable[[int, int], None]
"""Called as ``progress(done, total)``."""


def batches(n: int, size: int, progress: Progress | None = None) -> Iterator[slice]:
    """Yield slices of at most ``size`` over n rows and report progress after each."""
    for start in range(0, n, size):
        stop = min(start + size, n)
        yield slice(start, stop)
        if progress is not None:
            progress(stop, n)


def even(n: int, size: int) -> int:
    """Return the smallest batch that covers n in as few batches as those of at most ``size``."""
    return -(-n // -(-n // size))


def padded(array: np.ndarray, rows: int, axis: int = 0) -> np.ndarray:
    """Return the array with copies of its last row up to a number of rows."""
    missing = rows - array.shape[axis]
    if not missing:
        return array
    last = np.take(array, [-1], axis=axis)
    return np.concatenate([array, np.repeat(last, missing, axis=axis)], axis=axis)


def target_groups(
    compiled: Compiled, weights: np.ndarray, z: np.ndarray, *others: np.ndarray
) -> Iterator[tuple[slice, np.ndarray, Any, np.ndarray]]:
    """Run a compiled gradient for K targets, a few at a time to bound memory.

    Parameters
    ----------
    compiled
        Function of `compile_gradient`.
    weights
        Weights of the outputs in each target, (K, 1, T), or (K, n, T) where they differ from row to
        row: as many rows of z for each, one after the other.
    z, *others
        Arguments of the compiled function.

    Yields
    ------
    tuple
        Slice of the targets, outputs of these targets (k, rows), extra outputs of these targets
        (k, rows of extra), gradients (k, *z.shape).
    """
    size = even(len(weights), TARGETS_AT_ONCE)
    for start in range(0, len(weights), size):
        group = weights[start : start + size]
        filled = np.zeros((size, *weights.shape[1:]), np.float32)  # one compiled shape
        filled[: len(group)] = group
        if filled.shape[1] > 1:
            filled = np.repeat(filled, len(z) // filled.shape[1], axis=1)
        outputs, extra, gradients = compiled(z, filled, *others)
        which = slice(start, start + len(group))
        yield which, weighted(group, outputs), weighted(group, extra), gradients[: len(group)]


def weighted(weights: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return the targets (K, rows) of outputs (rows, T) by weights as for `target_groups`."""
    k, n, t = weights.shape
    if n == 1:
        return weights[:, 0] @ outputs.T
    by_row = outputs.reshape(n, -1, t)
    return np.einsum("knt,nrt->knr", weights, by_row).reshape(k, len(outputs))
