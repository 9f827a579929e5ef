"""bigWig signal in regions of a genome to a data set of real values."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from chromkeras.data.splits import SplitBy, make_split_plan
from chromkeras.errors import InputError
from chromkeras.importers.assemble import Prepared, Rows, assemble
from chromkeras.importers.bigwig import find_bigwig_files
from chromkeras.importers.merge import Weights
from chromkeras.importers.peaks import Center
from chromkeras.importers.regions import Places, RegionOptions, find_places
from chromkeras.importers.row_splits import split_rows
from chromkeras.importers.window_signal import (
    Measure,
    Statistic,
    Uncovered,
    WindowSignal,
    read_window_signal,
)

NOWHERE = "of which no file has a value"


def prepare(
    bigwig: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    peaks: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    genome: str | os.PathLike[str],
    *,
    statistic: Statistic = "mean",
    width: int | None = None,
    uncovered: Uncovered = "zero",
    length: int = 600,
    merge_distance: int = 200,
    weights: Weights = "basset",
    center: Center = "midpoint",
    background: float | None = None,
    blacklist: str | os.PathLike[str] | None = None,
    valid: str | Sequence[str] = (),
    test: str | Sequence[str] = (),
    valid_fraction: float | None = None,
    test_fraction: float | None = None,
    split_by: SplitBy | None = None,
    similarity: float | None = None,
    seed: int = 0,
    drop_unknown: bool = False,
) -> Prepared:
    """Make a data set of real values of bigWig files in regions of a genome.

    A task is a bigWig file, a row the DNA of a region, and its label what the signal comes to
    there. Peaks of all files are merged to regions of one length as Basset does, whatever their
    strand.

    Parameters
    ----------
    bigwig
        bigWig files, one a task, or folders of them.
    peaks
        BED, narrowPeak or broadPeak files (.gz or not) of the regions, or folders of them.
    genome
        Genome of both, FASTA, .gz or not.
    statistic
        What the signal comes to: mean, max or sum over bases, or log_sum, which is log(1 + sum).
    width
        Bases in the middle of a row that the statistic is over; all of them if nothing is said.
    uncovered
        What a base without a value counts as: zero, or nothing (unknown), so that the statistic is
        of the other bases and a row without any is unknown.
    length
        Length of a row in bases.
    merge_distance
        Overlap in bases above which windows are merged, Basset's rule.
    weights
        Weight of a merged midpoint: basset (1 + files with a peak) or tasks (files with a peak).
    center
        Center of a row: midpoint, or summit (column 10 of narrowPeak).
    background
        Number of GC-matched windows per region that touch no peak, with the signal they have.
    blacklist
        BED of regions whose rows are left out, and that background keeps off.
    valid
        Chromosome or region for validation, 0-based, end not included, such as chrIV or
        chrX:0-3,000,000. Rows across its edge are dropped.
    test
        Chromosome or region for testing, likewise.
    valid_fraction
        Share drawn for validation where no region is given, 0.1 if nothing is said; overlapping
        rows stay together.
    test_fraction
        Share drawn for testing, likewise.
    split_by
        What is drawn: rows that overlap together (chance, if nothing is said); whole chromosomes,
        chosen so that they are like all rows in number and GC (chromosomes); or families of rows
        that share k-mers on either strand (homology), of which none then stands both in training
        and beside it. With regions, training rows with a relative there are left out.
    similarity
        Share of 14-mers from which on two rows are relatives, for homology; 0.1 if nothing is said.
    seed
        Seed of the background and of the drawn splits.
    drop_unknown
        Leave out rows that are nothing but N.

    Returns
    -------
    Prepared
        The data set, with the problem regression; what was left out, and which values are missing.

    Raises
    ------
    InputError
        A file, line, option or region is wrong, a bigWig file is of another genome, or a task has
        one value in all training rows; see ``find_places`` and ``read_window_signal``.
    """
    plan = make_split_plan(
        valid=valid,
        test=test,
        valid_fraction=valid_fraction,
        test_fraction=test_fraction,
        seed=seed,
        split_by=split_by,
        similarity=similarity,
    )
    options = RegionOptions(
        length=length,
        merge_distance=merge_distance,
        weights=weights,
        center=center,
        ignore_strand=True,
        background=background,
        seed=seed,
        blacklist=None if blacklist is None else Path(blacklist),
    )
    measure = Measure(statistic, uncovered)
    middle = _width(width, length)
    files = find_bigwig_files(_paths(bigwig))
    places = find_places(_paths(peaks), Path(genome), plan, options)
    signal = read_window_signal(
        files,
        places.chrom,
        places.start + (length - middle) // 2,
        middle,
        places.genome.lengths,
        measure,
    )
    rows, lost = _rows(places, signal, tuple(files))
    divided, how = split_rows(rows, plan)
    return assemble(
        divided,
        drop_unknown=drop_unknown,
        dropped=places.dropped | lost,
        notes=[*places.notes, _described(measure, middle), *signal.notes, *how],
    )


def _paths(given: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[Path]:
    return [Path(path) for path in ([given] if isinstance(given, str | os.PathLike) else given)]


def _width(asked: int | None, length: int) -> int:
    width = length if asked is None else asked
    if not 1 <= width <= max(length, 1):
        raise InputError(
            f"expected `width` from 1 to {length}, the length of a row, received {width}"
        )
    return width


def _rows(
    places: Places, signal: WindowSignal, tasks: tuple[str, ...]
) -> tuple[Rows, dict[str, int]]:
    """Return the rows with a value in some file, and how many have none."""
    kept = signal.known.any(axis=1)
    lost = int((~kept).sum())
    rows = Rows(
        dna=places.dna().select(np.flatnonzero(kept)) if lost else places.dna(),
        labels=signal.values[kept],
        known=signal.known[kept],
        tasks=tasks,
        split=np.full(int(kept.sum()), "train"),
        problem="regression",
        chrom=places.chrom[kept],
        start=places.start[kept],
        kind=places.kind[kept],
    )
    return rows, {NOWHERE: lost} if lost else {}


def _described(measure: Measure, width: int) -> str:
    how = "log(1 + sum)" if measure.statistic == "log_sum" else measure.statistic
    return f"labels: {how} of the signal over the {width} bases in the middle of a row"
