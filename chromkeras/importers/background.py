"""Windows that touch no peak, with the GC content of the elements."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from chromkeras.data.codes import UNKNOWN
from chromkeras.errors import InputError
from chromkeras.importers.genome import Genome
from chromkeras.importers.intervals import Intervals

BINS = 50
_STEPS = 6


@dataclass(frozen=True)
class _Candidates:
    """Windows on a grid; ``slot`` numbers grid points so that near numbers overlap."""

    chrom: np.ndarray
    start: np.ndarray
    slot: np.ndarray
    bin: np.ndarray


def gc_bins(blocks: Iterable[np.ndarray]) -> np.ndarray:
    """Return the GC bin (0 to ``BINS``) of sequences.

    Parameters
    ----------
    blocks
        Base codes, each of shape (n, length), uint8.

    Returns
    -------
    np.ndarray
        Shape (N,), int64: floor(``BINS`` · (C + G) / known bases); 0 when no base is known.
    """
    bins = [np.zeros(0, np.int64)]
    for codes in blocks:
        known = (codes < UNKNOWN).sum(axis=1)
        gc = ((codes == 1) | (codes == 2)).sum(axis=1)
        bins.append(gc * BINS // np.maximum(known, 1))
    return np.concatenate(bins)


def draw_background(
    genome: Genome, bins: np.ndarray, avoid: Intervals, *, length: int, ratio: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw windows without N that touch neither ``avoid`` nor each other.

    The elements' GC bins are filled ``ratio`` times over, from windows on a grid of a sixth of
    ``length`` with a random offset; a bin that runs out stays short.

    Parameters
    ----------
    genome
        Where to draw.
    bins
        Shape (R,), int64: ``gc_bins`` of the elements.
    avoid
        Peaks and regions.
    length
        Bases of a window.
    ratio
        Windows per element.
    seed
        Seed of the draw.

    Returns
    -------
    tuple
        chrom, shape (B,), str, and start, shape (B,), int64, 0-based; sorted by genome place.

    Raises
    ------
    InputError
        ``ratio`` is not positive.
    """
    if not 0 < ratio < np.inf:
        raise InputError(f"expected a positive background ratio, received {ratio}")
    rng = np.random.default_rng(seed)
    candidates = _candidates(genome, avoid, length, rng)
    counts = np.bincount(bins, minlength=BINS + 1)
    wanted = np.diff(np.rint(np.cumsum(counts) * ratio).astype(int), prepend=0)
    chosen = _choose(candidates, wanted, rng)
    return candidates.chrom[chosen], candidates.start[chosen]


def _candidates(
    genome: Genome, avoid: Intervals, length: int, rng: np.random.Generator
) -> _Candidates:
    step = -(-length // _STEPS)
    columns: list[tuple[np.ndarray, ...]] = []
    slots = 0
    for name, codes in genome.codes.items():
        start = np.arange(rng.integers(step), len(codes) - length + 1, step)
        slot = slots + np.arange(len(start))
        slots += len(start) + _STEPS
        free = ~avoid.touched(np.full(len(start), name), start, length)
        start, slot = start[free], slot[free]
        known = _sum(codes == UNKNOWN, start, length) == 0
        start, slot = start[known], slot[known]
        gc = _sum((codes == 1) | (codes == 2), start, length)
        columns.append((np.full(len(start), name), start, slot, gc * BINS // length))
    return _Candidates(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def _sum(mask: np.ndarray, start: np.ndarray, length: int) -> np.ndarray:
    total = np.zeros(len(mask) + 1, np.int32)
    np.cumsum(mask, out=total[1:])
    return total[start + length].astype(np.int64) - total[start]


def _choose(candidates: _Candidates, wanted: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return candidate numbers, sorted; the bins with least to spare choose first."""
    available = np.bincount(candidates.bin, minlength=BINS + 1)
    taken = np.zeros(candidates.slot.max(initial=0) + 2 * _STEPS, bool)
    chosen: list[int] = []
    for one in np.argsort(available / np.maximum(wanted, 1), kind="stable"):
        left = wanted[one]
        for i in rng.permutation(np.flatnonzero(candidates.bin == one)) if left else ():
            slot = candidates.slot[i]
            if taken[slot + _STEPS]:
                continue
            taken[slot + 1 : slot + 2 * _STEPS] = True
            chosen.append(i)
            left -= 1
            if not left:
                break
    return np.sort(np.array(chosen, np.int64))
