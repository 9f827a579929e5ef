"""Scores of regions as bigWig files, for genome browsers."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise, repeat
from pathlib import Path
from typing import Any

import numpy as np

from chrominterpret.tracks.bigwig import write_intervals
from chromkeras.errors import InputError
from chromkeras.files import file_names, replacing_together
from chromkeras.scoring.layout import Layout

_BLOCK = 1 << 16
_log = logging.getLogger(__name__)


def write_bigwig(
    path: Path,
    layout: Layout,
    pieces: Callable[[], Iterable[Mapping[str, np.ndarray]]],
    facts: Mapping[str, Any],
) -> tuple[Path, ...]:
    """Write a bigWig file for each column of scores; their paths are returned.

    Of centred windows the region has the score, of tiled ones the ``stride`` bases in the middle of
    the window. Where several cover a base, it has the mean of their scores. One column is written
    to ``path`` itself, several to ``STEM.COLUMN.bw`` beside each other. Regions without a base
    inside their chromosome are left out.

    Some 100 bytes for each row are in memory.

    Parameters
    ----------
    path
        File to write, .bw.
    layout, pieces
        Columns ``chrom``, ``start``, ``end`` and ``window``, and the rows, as ``Chunks`` has them.
    facts
        What was done; its ``source`` says the lengths of the windows and of the chromosomes.

    Raises
    ------
    InputError
        The scores are not of regions, or none of these lies inside its chromosome.
    OSError
        A file cannot be written whole, as on a full disk.
    """
    source = facts.get("source", {})
    if source.get("kind") != "bed":
        raise InputError(f"{path}: expected scores of regions (`bed`) for bigWig")
    lengths = {str(name): int(size) for name, size in source["genome"]["lengths"].items()}
    places = _Places(pieces, source["length"], int(facts.get("stride", 0)), lengths)
    if not places.lengths:
        raise InputError(f"{path}: expected a region inside its chromosome for bigWig")
    columns = [(m, k, name) for m, names in layout.matrices.items() for k, name in enumerate(names)]
    files = _paths(path, [name for _, _, name in columns])
    if places.overlapping:
        _log.info("where regions overlap, bigWig has the mean of their scores")
    with replacing_together(*files) as besides:
        for beside, (matrix, column, _) in zip(besides, columns, strict=True):
            scores = np.concatenate([arrays[matrix][:, column] for arrays in pieces()])
            write_intervals(beside, places.lengths, places.intervals(scores))
    return files


def _paths(path: Path, names: list[str]) -> tuple[Path, ...]:
    if len(names) == 1:
        return (path,)
    return tuple(path.with_name(f"{path.stem}.{name}.bw") for name in file_names(names))


class _Places:
    """Where each row lies: regions, or the middles of tiles, in the order of a bigWig file."""

    def __init__(
        self,
        pieces: Callable[[], Iterable[Mapping[str, np.ndarray]]],
        length: int,
        stride: int,
        lengths: Mapping[str, int],
    ) -> None:
        self.names = sorted(lengths)
        number = {name.encode(): k for k, name in enumerate(self.names)}
        size = np.array([lengths[name] for name in self.names], np.int64)
        parts: list[tuple[np.ndarray, ...]] = []
        for arrays in pieces():
            chrom = np.array([number[name] for name in arrays["chrom"].tolist()], np.int32)
            start, end = arrays["start"], arrays["end"]
            if stride:
                width = min(stride, length)
                start = arrays["window"] + (length - width) // 2
                end = start + width
            low, high = (np.clip(x, 0, size[chrom]).astype(np.int32) for x in (start, end))
            parts.append((chrom, low, high))
        self.chrom, self.start, self.end = (np.concatenate(x) for x in zip(*parts, strict=True))
        kept = np.flatnonzero(self.end > self.start)
        self.order = kept[np.lexsort((self.start[kept], self.chrom[kept]))]
        chrom, start, end = (x[self.order] for x in (self.chrom, self.start, self.end))
        furthest = np.maximum.accumulate(end.astype(np.int64) + chrom * np.int64(2**33))
        follows = start[1:] + chrom[1:] * np.int64(2**33) < furthest[:-1]
        self.overlapping = bool(follows.any())
        self.lengths = {self.names[k]: int(size[k]) for k in np.unique(chrom)}

    def intervals(self, scores: np.ndarray) -> Iterator[tuple[str, int, int, float]]:
        """Yield (chromosome, start, end, score) in order, of scores (n,)."""
        chroms = self.chrom[self.order]
        bounds = np.flatnonzero(np.diff(chroms, prepend=-1, append=-1))
        for first, last in pairwise(bounds.tolist()):
            rows = self.order[first:last]
            start, end, value = self.start[rows], self.end[rows], scores[rows]
            if self.overlapping:
                start, end, value = _mean(start, end, value)
            name, value = self.names[chroms[first]], value.astype(np.float32)
            for at in range(0, len(start), _BLOCK):
                some = slice(at, at + _BLOCK)
                columns = (x[some].tolist() for x in (start, end, value))
                yield from zip(repeat(name), *columns, strict=False)


def _mean(
    start: np.ndarray, end: np.ndarray, score: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return intervals that do not overlap, with the mean of the scores that cover each."""
    edges = np.unique(np.concatenate([start, end]))
    first, last = np.searchsorted(edges, start), np.searchsorted(edges, end)
    count, total = (
        np.cumsum(np.bincount(first, w, len(edges)) - np.bincount(last, w, len(edges)))[:-1]
        for w in (np.ones(len(start)), score.astype(np.float64))
    )
    covered = count > 0.5
    return edges[:-1][covered], edges[1:][covered], total[covered] / count[covered]
