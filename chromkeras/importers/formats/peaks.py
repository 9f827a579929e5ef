"""Peaks and a genome to a data set."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from chromkeras.data.splits import SplitBy, make_split_plan
from chromkeras.errors import InputError
from chromkeras.importers.assemble import Prepared, Rows, assemble
from chromkeras.importers.merge import Weights
from chromkeras.importers.peaks import Center
from chromkeras.importers.regions import Places, RegionOptions, find_places
from chromkeras.importers.row_splits import split_rows


def prepare(
    peaks: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    genome: str | os.PathLike[str],
    *,
    length: int = 600,
    merge_distance: int = 200,
    weights: Weights = "basset",
    center: Center = "midpoint",
    ignore_strand: bool = False,
    background: float | None = None,
    exclude: Sequence[str] = (),
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
    """Make a data set of peak files on a genome.

    Peaks of all cell types are merged to regions of one length as Basset does; a region is 1 for
    the cell types that have a peak in it, and 0 for the others.

    Parameters
    ----------
    peaks
        BED, narrowPeak or broadPeak files (.gz or not), one a cell type, or folders of them.
    genome
        Genome of the peaks, FASTA, .gz or not.
    length
        Length of a row in bases.
    merge_distance
        Overlap in bases above which windows are merged, Basset's rule.
    weights
        Weight of a merged midpoint: basset (1 + cell types) or tasks (cell types).
    center
        Center of a row: midpoint, or summit (column 10 of narrowPeak).
    ignore_strand
        Merge + and - peaks together; Basset keeps them apart. Sequences are always those of the
        forward strand.
    background
        Number of GC-matched windows per element that touch no peak, labelled 0.
    exclude
        Cell types to leave out; background still keeps off their peaks.
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
        chosen so that they are like all rows in number, GC and positives (chromosomes); or families
        of rows that share k-mers on either strand (homology), of which none then stands both in
        training and beside it. With regions, training rows with a relative there are left out.
    similarity
        Share of 14-mers from which on two rows are relatives, for homology; 0.1 if nothing is said.
    seed
        Seed of the background and of the drawn splits.
    drop_unknown
        Leave out rows that are nothing but N.

    Returns
    -------
    Prepared
        The data set, and what was left out.

    Raises
    ------
    InputError
        A file, line, option or region is wrong; see ``read_peaks``, ``load_genome``,
        ``merge_peaks``, ``assemble``.
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
        ignore_strand=ignore_strand,
        background=background,
        seed=seed,
        exclude=tuple(exclude),
        blacklist=None if blacklist is None else Path(blacklist),
    )
    paths = [peaks] if isinstance(peaks, str | os.PathLike) else peaks
    places = find_places([Path(path) for path in paths], Path(genome), plan, options)
    if background is None:
        _check_classes(places)
    rows, how = split_rows(_rows(places), plan)
    notes = [*places.notes, *how]
    return assemble(rows, drop_unknown=drop_unknown, dropped=places.dropped, notes=notes)


def _rows(places: Places) -> Rows:
    labels = np.zeros((len(places), len(places.tasks)), np.int8)
    labels[: len(places.activity)] = places.activity
    return Rows(
        dna=places.dna(),
        labels=labels,
        tasks=places.tasks,
        split=np.full(len(places), "train"),
        problem="binary",
        chrom=places.chrom,
        start=places.start,
        kind=places.kind,
    )


def _check_classes(places: Places) -> None:
    for column, name in zip(places.activity.T, places.tasks, strict=True):
        if column.all():
            raise InputError(
                f"every region is a peak of {name!r}, so it has no negatives; "
                "add background windows (`background` 1), or leave it out (`exclude`)"
            )
