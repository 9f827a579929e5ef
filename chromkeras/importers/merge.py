"""Basset's greedy merge of peaks of many cell types into regions of one length.

Kelley, Snoek and Rinn 2016, Genome Research 26:990 (program ``preprocess_features``).
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from chromkeras.errors import InputError
from chromkeras.importers.peaks import Peaks
from chromkeras.names import unknown

Weights = Literal["basset", "tasks"]
WEIGHTS: dict[Weights, int] = {"basset": 1, "tasks": 0}


@dataclass(frozen=True)
class Regions:
    """Merged regions, sorted by chromosome name, strand (+ first) and start.

    Attributes
    ----------
    chrom
        Shape (R,), str.
    start
        Shape (R,), int64, 0-based.
    strand
        Shape (R,), int8: 1 or -1.
    activity
        Shape (R, T), int8: 1 where the region holds a peak of the cell type, else 0.
    length
        Bases of each region.
    """

    chrom: np.ndarray
    start: np.ndarray
    strand: np.ndarray
    activity: np.ndarray
    length: int

    def __len__(self) -> int:
        return len(self.start)

    def select(self, kept: np.ndarray) -> "Regions":
        """Return some of the regions, shape (R,), bool."""
        return Regions(
            chrom=self.chrom[kept],
            start=self.start[kept],
            strand=self.strand[kept],
            activity=self.activity[kept],
            length=self.length,
        )


def merge_peaks(
    peaks: Sequence[Peaks],
    lengths: Mapping[str, int],
    *,
    length: int = 600,
    overlap: int = 200,
    weights: Weights = "basset",
) -> Regions:
    """Merge the peaks of all cell types as Basset does.

    Every peak becomes a window of ``length`` around its centre, moved to lie in its chromosome.
    Runs of windows that overlap by more than ``overlap`` form a cluster. In a cluster the
    neighbours with the largest overlap (leftmost on ties) are merged while they overlap by at
    least ``overlap``: their activities are united and the new midpoint is the weighted mean
    of theirs, rounded half up.

    Parameters
    ----------
    peaks
        One per cell type; the order is that of the columns of ``activity``.
    lengths
        Bases of each chromosome; each is at least ``length`` long.
    length
        Bases of a region.
    overlap
        Bases, 0 to ``length - 1``.
    weights
        "basset": 1 + number of active cell types; "tasks": number of active cell types.

    Raises
    ------
    InputError
        A number is out of range, ``weights`` is unknown or a chromosome is too short.
    """
    _check(peaks, lengths, length, overlap, weights)
    names, chrom, strand, start, activity = _distinct_windows(peaks, lengths, length)
    new_place = (np.diff(chrom) != 0) | (np.diff(strand) != 0)
    breaks = np.flatnonzero(new_place | (np.diff(start) >= length - overlap)) + 1
    edges = [0, *breaks.tolist(), len(start)]
    kept_at, kept_start, kept_activity = [], [], []
    starts = start.tolist()
    for first, last in pairwise(edges):
        cluster = [(starts[first], activity[first])]
        if last - first > 1:
            merger = _Cluster(starts[first:last], activity[first:last], length, overlap)
            highest = lengths[names[chrom[first]]] - length
            cluster = merger.merge(WEIGHTS[weights], highest)
        for one_start, one_activity in cluster:
            kept_at.append(first)
            kept_start.append(one_start)
            kept_activity.append(one_activity)
    return Regions(
        chrom=names[chrom[kept_at]],
        start=np.array(kept_start, np.int64),
        strand=(-strand[kept_at]).astype(np.int8),
        activity=_matrix(kept_activity, len(peaks)),
        length=length,
    )


def _check(
    peaks: Sequence[Peaks], lengths: Mapping[str, int], length: int, overlap: int, weights: str
) -> None:
    if weights not in WEIGHTS:
        raise unknown("weights", weights, WEIGHTS)
    if length < 1:
        raise InputError(f"expected a positive length, received {length}")
    if not 0 <= overlap < length:
        raise InputError(f"expected a merge distance from 0 to {length - 1}, received {overlap}")
    if not any(len(one) for one in peaks):
        raise InputError("expected at least one peak, received none")
    for name in {name for one in peaks for name in np.unique(one.chrom)}:
        if lengths[name] < length:
            raise InputError(f"chromosome {name} has {lengths[name]} bases, fewer than {length}")


def _distinct_windows(
    peaks: Sequence[Peaks], lengths: Mapping[str, int], length: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, list[int]]:
    """Return chromosome names, then per distinct window its number, -strand, start, activity.

    Equal windows overlap wholly, so Basset merges them before all others, and their common
    midpoint does not move: uniting them first changes nothing. Activities are bit masks.
    """
    task = np.repeat(np.arange(len(peaks)), [len(one) for one in peaks])
    names, chrom = np.unique(np.concatenate([one.chrom for one in peaks]), return_inverse=True)
    minus = -np.concatenate([one.strand for one in peaks]).astype(np.int64)
    center = np.concatenate([one.center for one in peaks])
    highest = np.array([lengths[name] for name in names])[chrom] - length
    start = np.minimum(np.maximum(center - length // 2, 0), highest)
    order = np.lexsort((start, minus, chrom))
    chrom, minus, start, task = chrom[order], minus[order], start[order], task[order]
    new = np.ones(len(start), bool)
    new[1:] = (np.diff(chrom) != 0) | (np.diff(minus) != 0) | (np.diff(start) != 0)
    activity = [0] * int(new.sum())
    for window, one_task in zip((np.cumsum(new) - 1).tolist(), task.tolist(), strict=True):
        activity[window] |= 1 << one_task
    return names, chrom[new], minus[new], start[new], activity


class _Cluster:
    """A linked list of windows and a heap of the distances between neighbours."""

    def __init__(self, start: list[int], activity: list[int], length: int, overlap: int) -> None:
        self.start = start
        self.activity = activity
        self.length = length
        self.overlap = overlap
        n = len(start)
        self.left = list(range(-1, n - 1))
        self.right = [*range(1, n), -1]
        self.alive = [True] * n
        self.heap = [(start[i + 1] - start[i], i) for i in range(n - 1)]
        heapq.heapify(self.heap)

    def merge(self, extra_weight: int, highest: int) -> list[tuple[int, int]]:
        """Return (start, activity) of what is left when no neighbours are near enough."""
        while self.heap and self.heap[0][0] <= self.length - self.overlap:
            distance, i = heapq.heappop(self.heap)
            if self._stands(distance, i):
                self._unite(i, extra_weight, highest)
        return [
            (s, a)
            for s, a, alive in zip(self.start, self.activity, self.alive, strict=True)
            if alive
        ]

    def _stands(self, distance: int, i: int) -> bool:
        j = self.right[i]
        return self.alive[i] and j >= 0 and self.start[j] - self.start[i] == distance

    def _unite(self, i: int, extra_weight: int, highest: int) -> None:
        j, half = self.right[i], self.length // 2
        one = extra_weight + self.activity[i].bit_count()
        other = extra_weight + self.activity[j].bit_count()
        total = (self.start[i] + half) * one + (self.start[j] + half) * other
        middle = int(0.5 + total / (one + other))
        self.start[i] = min(max(middle - half, 0), highest)
        self.activity[i] |= self.activity[j]
        self.alive[j] = False
        self.right[i] = self.right[j]
        if self.right[j] >= 0:
            self.left[self.right[j]] = i
            heapq.heappush(self.heap, (self.start[self.right[j]] - self.start[i], i))
        if self.left[i] >= 0:
            heapq.heappush(self.heap, (self.start[i] - self.start[self.left[i]], self.left[i]))


def _matrix(activity: Sequence[int], tasks: int) -> np.ndarray:
    width = -(-tasks // 8)
    raw = b"".join(mask.to_bytes(width, "little") for mask in activity)
    bits = np.frombuffer(raw, np.uint8).reshape(-1, width)
    return np.unpackbits(bits, axis=1, count=tasks, bitorder="little").astype(np.int8)
