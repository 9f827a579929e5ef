"""Contribution tracks as bigWig files, for genome browsers."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pybigtools
from numpy.typing import ArrayLike, NDArray

from chrominterpret.errors import InputError
from chrominterpret.files import replacing

_LARGEST: Final = 2**32 - 1  # positions are 32 bits wide in the format

Track = tuple[NDArray[np.int64], NDArray[np.float64]]
Row = tuple[str, int, int, float]


def write_bigwig(
    path: str | os.PathLike[str],
    chroms: Sequence[str] | NDArray[np.str_],
    starts: ArrayLike,
    scores: ArrayLike,
    *,
    sizes: Mapping[str, int] | None = None,
) -> None:
    """Write scores of regions as a bigWig file, atomically.

    Where regions overlap, the mean of their scores is written; positions in no region are absent.
    Positions outside the chromosome (padding of a region at its end) are left out.

    Parameters
    ----------
    path : path
        File to write; ``.bw`` or ``.bigwig``.
    chroms : sequence of str, N
        Chromosome of every region.
    starts : array of shape (N,), int
        First position, from 0; below 0 where a region is padded.
    scores : array of shape (N, L)
        Scores of all positions, e.g. the contribution of the base that is there; kept as
        float32.
    sizes : mapping or None
        Length in bp of every chromosome; None takes the largest end of a region. The file lists
        those that have a region.

    Raises
    ------
    InputError
        If lengths differ, a score is not finite, a chromosome has no size or a region lies
        outside it.
    OSError
        If the file cannot be written whole, as on a full disk.
    """
    names, first, values = _checked(chroms, starts, scores)
    ends = first + values.shape[1]
    present = sorted(set(names.tolist()))
    if sizes is None:
        sizes = {c: int(ends[names == c].max()) for c in present}
    _check_inside(names, first, ends, sizes)
    tracks = {c: _track(first[names == c], values[names == c], sizes[c]) for c in present}
    with replacing(path) as temporary:
        listed = {c: int(sizes[c]) for c in present}
        write_intervals(temporary, listed, _intervals(tracks))


def _checked(
    chroms: Sequence[str] | NDArray[np.str_], starts: ArrayLike, scores: ArrayLike
) -> tuple[NDArray[np.str_], NDArray[np.int64], NDArray[np.float64]]:
    names, first = np.asarray(chroms, dtype=np.str_), np.asarray(starts)
    values = np.asarray(scores, np.float64)
    if values.ndim != 2 or not values.size:
        raise InputError(f"expected scores of shape (N, L); received {values.shape}")
    if names.shape != (len(values),) or first.shape != (len(values),):
        raise InputError(
            f"expected a chromosome and a start for each of {len(values)} regions; "
            f"received {names.shape} and {first.shape}"
        )
    if not np.issubdtype(first.dtype, np.integer):
        raise InputError(f"expected integer starts; received {first.dtype}")
    if not np.isfinite(values).all():
        raise InputError("expected finite scores; received NaN or infinity")
    return names, first.astype(np.int64), values


def _check_inside(
    names: NDArray[np.str_],
    first: NDArray[np.int64],
    ends: NDArray[np.int64],
    sizes: Mapping[str, int],
) -> None:
    for chrom in sorted(set(names.tolist()) - set(sizes)):
        raise InputError(f"expected a size for chromosome {chrom!r}; received {sorted(sizes)}")
    size = np.array([sizes[c] for c in names.tolist()])
    outside = np.flatnonzero((ends <= 0) | (first >= size) | (size > _LARGEST))
    if len(outside):
        n = outside[0]
        raise InputError(
            f"expected regions inside their chromosome; received {names[n]}:{first[n]}-{ends[n]} "
            f"where {names[n]} has {size[n]} bp"
        )


def _track(first: NDArray[np.int64], values: NDArray[np.float64], size: int) -> Track:
    """Return the covered positions, sorted, and the mean score of each."""
    positions = (first[:, None] + np.arange(values.shape[1])).ravel()
    inside = (positions >= 0) & (positions < size)
    covered, place = np.unique(positions[inside], return_inverse=True)
    total = np.bincount(place, weights=values.ravel()[inside])
    return covered, total / np.bincount(place)


def write_intervals(path: Path, sizes: Mapping[str, int], rows: Iterator[Row]) -> None:
    """Write (chromosome, start, end, score) to a bigWig file; raise what pybigtools only prints.

    It goes on as if nothing was where a full disk or Ctrl-C stops it.

    Parameters
    ----------
    path
        File to write.
    sizes
        Length of each chromosome in bp.
    rows
        Intervals in order that do not overlap, 0-based and half-open.

    Raises
    ------
    OSError
        If the file cannot be written whole, as on a full disk.
    """
    stopped: list[BaseException] = []

    def told() -> Iterator[Row]:
        try:
            yield from rows
        except BaseException as error:
            stopped.append(error)
            raise

    pybigtools.open(str(path), "w").write(sizes, told())
    if stopped:
        raise stopped[0]
    try:  # its header is written last
        pybigtools.open(str(path)).close()
    except pybigtools.BBIReadError as error:
        raise OSError(f"expected to write a bigWig file, received part of one: {path}") from error


def _intervals(tracks: Mapping[str, Track]) -> Iterator[Row]:
    """Yield (chromosome, start, end, score), neighbours of equal score in one."""
    for chrom, (covered, mean) in tracks.items():
        score = mean.astype(np.float32)
        new = (np.diff(covered) != 1) | (np.diff(score) != 0)
        begin = np.flatnonzero(np.r_[True, new])
        end = covered[np.r_[begin[1:], len(covered)] - 1] + 1
        rows = (array.tolist() for array in (covered[begin], end, score[begin]))
        for start, stop, value in zip(*rows, strict=True):
            yield chrom, start, stop, value
