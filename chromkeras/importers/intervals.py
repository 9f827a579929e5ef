"""Intervals on a genome, and which windows touch them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Intervals:
    """Stretches of a genome: chrom, start and end, each of shape (M,), 0-based half-open."""

    chrom: np.ndarray
    start: np.ndarray
    end: np.ndarray

    def __len__(self) -> int:
        return len(self.start)

    def touched(self, chrom: np.ndarray, start: np.ndarray, length: int) -> np.ndarray:
        """Return which windows share a base with an interval.

        Parameters
        ----------
        chrom, start
            Shape (N,), str, and (N,), int64, 0-based.
        length
            Bases of each window.

        Returns
        -------
        np.ndarray
            Shape (N,), bool.

        Examples
        --------
        >>> gaps = Intervals(np.array(["I"]), np.array([10]), np.array([20]))
        >>> gaps.touched(np.array(["I", "I", "II"]), np.array([5, 6, 12]), 5).tolist()
        [False, True, False]
        """
        found = np.zeros(len(start), bool)
        for name in np.unique(chrom):
            rows, here = chrom == name, self.chrom == name
            found[rows] = _touches(start[rows], length, self.start[here], self.end[here])
        return found


def _touches(start: np.ndarray, length: int, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return which windows of one chromosome share a base with an interval of it."""
    if not len(first):
        return np.zeros(len(start), bool)
    order = np.argsort(first)
    reach = np.maximum.accumulate(last[order])
    before = np.searchsorted(first[order], start + length)
    return (before > 0) & (reach[np.maximum(before - 1, 0)] > start)
