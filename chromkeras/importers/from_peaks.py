"""Peaks and a genome to a data set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from chromkeras.data.splits import SplitPlan, assign
from chromkeras.errors import InputError
from chromkeras.importers.assemble import Prepared, Rows, assemble, pack_blocks
from chromkeras.importers.background import Intervals, draw_background, gc_bins
from chromkeras.importers.genome import Genome, check_regions, load_genome
from chromkeras.importers.merge import Regions, Weights, merge_peaks
from chromkeras.importers.peaks import Center, Peaks, exclude, find_peak_files, read_peaks

SHORT = "peaks on a chromosome shorter than a region"


@dataclass(frozen=True)
class PeakOptions:
    """How peaks become rows.

    Attributes
    ----------
    length
        Bases of a region.
    merge_distance
        Bases by which windows must overlap to be merged (see ``merge_peaks``).
    weights
        "basset" or "tasks" (see ``merge_peaks``).
    center
        "midpoint" or "summit" (see ``read_peaks``).
    ignore_strand
        Merge peaks of both strands together. Else a region belongs to one strand, as in Basset.
        Sequences are of the forward strand in either case.
    background
        Background windows per element; None for none.
    seed
        Of the background.
    exclude
        Cell types to leave out; background still keeps off their peaks.
    drop_unknown
        Leave out rows that hold nothing but N.
    """

    length: int = 600
    merge_distance: int = 200
    weights: Weights = "basset"
    center: Center = "midpoint"
    ignore_strand: bool = False
    background: float | None = None
    seed: int = 0
    exclude: tuple[str, ...] = ()
    drop_unknown: bool = False


@dataclass(frozen=True)
class _Loaded:
    genome: Genome
    peaks: list[Peaks]
    avoid: list[Peaks]
    notes: list[str] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)


def prepare_peaks(
    paths: Sequence[str | Path], genome: str | Path, plan: SplitPlan, options: PeakOptions
) -> Prepared:
    """Return the data set of peak files on a genome.

    Parameters
    ----------
    paths
        Peak files or folders of them, one file a cell type.
    genome
        FASTA, gzip or not.
    plan
        The split.
    options
        How peaks become rows.

    Raises
    ------
    InputError
        A file, line, option or region is wrong; see ``read_peaks``, ``load_genome``,
        ``merge_peaks``, ``assemble``.
    """
    loaded = _load(paths, genome, plan, options)
    regions = merge_peaks(
        loaded.peaks,
        loaded.genome.lengths,
        length=options.length,
        overlap=options.merge_distance,
        weights=options.weights,
    )
    count = sum(map(len, loaded.peaks))
    loaded.notes.append(
        f"{count:,} peaks in {len(loaded.peaks)} files merged into {len(regions):,} regions"
    )
    if options.background is None:
        _check_classes(regions, loaded.peaks)
    chrom, start, elements = _places(loaded, regions, options)
    labels = np.zeros((len(start), len(loaded.peaks)), np.int8)
    labels[:elements] = regions.activity
    rows = Rows(
        dna=pack_blocks(loaded.genome.blocks(chrom, start, options.length), options.length),
        labels=labels,
        tasks=tuple(one.name for one in loaded.peaks),
        split=assign(plan, rows=len(start), length=options.length, chrom=chrom, start=start),
        chrom=chrom,
        start=start,
        kind=np.where(np.arange(len(start)) < elements, "element", "background"),
    )
    return assemble(
        rows,
        drop_unknown=options.drop_unknown,
        dropped=loaded.dropped,
        notes=loaded.notes,
    )


def _load(
    paths: Sequence[str | Path], genome: str | Path, plan: SplitPlan, options: PeakOptions
) -> _Loaded:
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
    loaded = _Loaded(sequences, peaks, avoid=list(every.values()))
    return _drop_short(_both_strands(loaded, options), options.length)


def _both_strands(loaded: _Loaded, options: PeakOptions) -> _Loaded:
    minus = sum(int((one.strand < 0).sum()) for one in loaded.peaks)
    if not minus:
        return loaded
    if options.ignore_strand:
        peaks = [replace(one, strand=np.ones_like(one.strand)) for one in loaded.peaks]
        return replace(loaded, peaks=peaks)
    loaded.notes.append(
        f"{minus:,} peaks are on the - strand and were merged apart from the others, as Basset "
        "does; --ignore-strand merges them together"
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
            f"no peak lies on a chromosome of at least {length} bases; shorten --length"
        )
    peaks = [_subset(one, mask) for one, mask in zip(loaded.peaks, keep, strict=True)]
    return replace(loaded, peaks=peaks, dropped={SHORT: lost})


def _subset(peaks: Peaks, mask: np.ndarray) -> Peaks:
    columns: Mapping[str, np.ndarray] = {
        name: getattr(peaks, name)[mask] for name in ("chrom", "start", "end", "center", "strand")
    }
    return Peaks(peaks.name, **columns)


def _check_classes(regions: Regions, peaks: Sequence[Peaks]) -> None:
    for column, one in zip(regions.activity.T, peaks, strict=True):
        if column.all():
            raise InputError(
                f"every region is a peak of {one.name!r}, so it has no negatives; "
                "add background windows with --background 1, or leave it out with --exclude"
            )


def _places(
    loaded: _Loaded, regions: Regions, options: PeakOptions
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return chrom and start of all rows, elements first, and the number of elements."""
    elements = len(regions)
    if options.background is None:
        return regions.chrom, regions.start, elements
    avoid = Intervals(
        chrom=np.concatenate([regions.chrom, *(one.chrom for one in loaded.avoid)]),
        start=np.concatenate([regions.start, *(one.start for one in loaded.avoid)]),
        end=np.concatenate(
            [regions.start + options.length, *(one.end for one in loaded.avoid)],
        ),
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
