"""Peaks and a genome to a data set."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from chromkeras.data.splits import SplitBy, SplitPlan, make_split_plan
from chromkeras.errors import InputError
from chromkeras.importers.assemble import BLACKLISTED, Prepared, Rows, assemble, pack_blocks
from chromkeras.importers.background import draw_background, gc_bins
from chromkeras.importers.blacklist import read_blacklist
from chromkeras.importers.genome import Genome, check_regions, load_genome
from chromkeras.importers.intervals import Intervals
from chromkeras.importers.merge import Regions, Weights, merge_peaks
from chromkeras.importers.peaks import Center, Peaks, exclude, find_peak_files, read_peaks
from chromkeras.importers.row_splits import split_rows

SHORT = "peaks on a chromosome shorter than a region"


@dataclass(frozen=True)
class _Options:
    """Arguments of ``prepare`` that several steps need."""

    length: int
    merge_distance: int
    weights: Weights
    center: Center
    ignore_strand: bool
    background: float | None
    seed: int
    exclude: tuple[str, ...]
    blacklist: Path | None


@dataclass(frozen=True)
class _Loaded:
    genome: Genome
    peaks: list[Peaks]
    avoid: list[Peaks]
    blacklist: Intervals | None = None
    notes: list[str] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)


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
    listed = None if blacklist is None else Path(blacklist)
    options = _Options(
        length,
        merge_distance,
        weights,
        center,
        ignore_strand,
        background,
        seed,
        tuple(exclude),
        listed,
    )
    paths = [peaks] if isinstance(peaks, str | os.PathLike) else peaks
    loaded = _load([Path(path) for path in paths], Path(genome), plan, options)
    regions = merge_peaks(
        loaded.peaks,
        loaded.genome.lengths,
        length=length,
        overlap=merge_distance,
        weights=weights,
    )
    count = sum(map(len, loaded.peaks))
    loaded.notes.append(
        f"{count:,} peaks in {len(loaded.peaks)} files merged into {len(regions):,} regions"
    )
    regions = _off_blacklist(loaded, regions, options)
    if background is None:
        _check_classes(regions, loaded.peaks)
    rows, how = split_rows(_rows(loaded, regions, options), plan)
    loaded.notes.extend(how)
    return assemble(rows, drop_unknown=drop_unknown, dropped=loaded.dropped, notes=loaded.notes)


def _rows(loaded: _Loaded, regions: Regions, options: _Options) -> Rows:
    chrom, start, elements = _places(loaded, regions, options)
    labels = np.zeros((len(start), len(loaded.peaks)), np.int8)
    labels[:elements] = regions.activity
    return Rows(
        dna=pack_blocks(loaded.genome.blocks(chrom, start, options.length), options.length),
        labels=labels,
        tasks=tuple(one.name for one in loaded.peaks),
        split=np.full(len(start), "train"),
        problem="binary",
        chrom=chrom,
        start=start,
        kind=np.where(np.arange(len(start)) < elements, "element", "background"),
    )


def _load(paths: Sequence[Path], genome: Path, plan: SplitPlan, options: _Options) -> _Loaded:
    files = find_peak_files(paths)
    kept = exclude(files, options.exclude) if options.exclude else files
    sequences = load_genome(genome)
    check_regions((*plan.valid, *plan.test), sequences.lengths)
    wanted = kept if options.background is None else files
    every = {
        name: read_peaks(file, name, sequences.lengths, center=options.center)
        for name, file in wanted.items()
    }
    peaks = [every[name] for name in kept]
    listed: Intervals | None = None
    notes: list[str] = []
    if options.blacklist is not None:
        lengths = sequences.lengths
        listed, notes = read_blacklist(options.blacklist, lengths, lengths)
    loaded = _Loaded(sequences, peaks, list(every.values()), listed, notes)
    return _drop_short(_both_strands(loaded, options), options.length)


def _both_strands(loaded: _Loaded, options: _Options) -> _Loaded:
    minus = sum(int((one.strand < 0).sum()) for one in loaded.peaks)
    if not minus:
        return loaded
    if options.ignore_strand:
        peaks = [replace(one, strand=np.ones_like(one.strand)) for one in loaded.peaks]
        return replace(loaded, peaks=peaks)
    loaded.notes.append(
        f"{minus:,} peaks are on the - strand and were merged apart from the others, as Basset "
        "does; `ignore_strand` merges them together"
    )
    return loaded


def _drop_short(loaded: _Loaded, length: int) -> _Loaded:
    lengths = loaded.genome.lengths
    short = [name for name, bases in lengths.items() if bases < length]
    keep = [~np.isin(one.chrom, short) for one in loaded.peaks]
    lost = sum(int((~mask).sum()) for mask in keep)
    if not lost:
        return loaded
    if lost == sum(map(len, loaded.peaks)):
        raise InputError(
            f"no peak lies on a chromosome of at least {length} bases; shorten `length`"
        )
    peaks = [_subset(one, mask) for one, mask in zip(loaded.peaks, keep, strict=True)]
    return replace(loaded, peaks=peaks, dropped={SHORT: lost})


def _subset(peaks: Peaks, mask: np.ndarray) -> Peaks:
    columns: Mapping[str, np.ndarray] = {
        name: getattr(peaks, name)[mask] for name in ("chrom", "start", "end", "center", "strand")
    }
    return Peaks(peaks.name, **columns)


def _off_blacklist(loaded: _Loaded, regions: Regions, options: _Options) -> Regions:
    """Return the regions that touch nothing of the blacklist."""
    if loaded.blacklist is None:
        return regions
    out = loaded.blacklist.touched(regions.chrom, regions.start, options.length)
    if out.all():
        raise InputError(f"every region touches the blacklist {options.blacklist}; nothing is left")
    loaded.dropped[BLACKLISTED] = int(out.sum())
    return regions.select(~out)


def _check_classes(regions: Regions, peaks: Sequence[Peaks]) -> None:
    for column, one in zip(regions.activity.T, peaks, strict=True):
        if column.all():
            raise InputError(
                f"every region is a peak of {one.name!r}, so it has no negatives; "
                "add background windows (`background` 1), or leave it out (`exclude`)"
            )


def _places(
    loaded: _Loaded, regions: Regions, options: _Options
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return chrom and start of all rows, elements first, and the number of elements."""
    elements = len(regions)
    if options.background is None:
        return regions.chrom, regions.start, elements
    ends = regions.start + options.length
    places: list[Peaks | Intervals] = [Intervals(regions.chrom, regions.start, ends), *loaded.avoid]
    places += [] if loaded.blacklist is None else [loaded.blacklist]
    avoid = Intervals(
        chrom=np.concatenate([one.chrom for one in places]),
        start=np.concatenate([one.start for one in places]),
        end=np.concatenate([one.end for one in places]),
    )
    chrom, start = draw_background(
        loaded.genome,
        gc_bins(loaded.genome.blocks(regions.chrom, regions.start, options.length)),
        avoid,
        length=options.length,
        ratio=options.background,
        seed=options.seed,
    )
    missing = round(options.background * elements) - len(start)
    if missing > 0:
        loaded.notes.append(
            f"background is {missing:,} windows short: the genome has no more peak-free "
            "windows of the elements' GC content"
        )
    return np.append(regions.chrom, chrom), np.append(regions.start, start), elements
