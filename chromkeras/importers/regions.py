"""Regions of one length on a genome: merged peaks, off a blacklist, and background beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from chromkeras.data.packed import PackedSequences
from chromkeras.data.splits import SplitPlan
from chromkeras.errors import InputError
from chromkeras.importers.assemble import BLACKLISTED, pack_blocks
from chromkeras.importers.background import draw_background, gc_bins
from chromkeras.importers.blacklist import read_blacklist
from chromkeras.importers.genome import Genome, check_regions, load_genome
from chromkeras.importers.intervals import Intervals
from chromkeras.importers.merge import Regions, Weights, merge_peaks
from chromkeras.importers.peaks import Center, Peaks, exclude, find_peak_files, read_peaks

SHORT = "peaks on a chromosome shorter than a region"


@dataclass(frozen=True)
class RegionOptions:
    """How regions are made.

    Attributes
    ----------
    length
        Bases of a region.
    merge_distance
        Overlap in bases above which windows are merged, Basset's rule.
    weights
        Weight of a merged midpoint.
    center
        Centre of a region: midpoint of a peak, or its summit.
    ignore_strand
        Whether to merge peaks of both strands together.
    background
        Windows per region that touch no peak; None for none.
    seed
        Seed of the background.
    exclude
        Peak files to leave out; background still keeps off their peaks.
    blacklist
        BED of regions to leave out.
    """

    length: int
    merge_distance: int = 200
    weights: Weights = "basset"
    center: Center = "midpoint"
    ignore_strand: bool = False
    background: float | None = None
    seed: int = 0
    exclude: tuple[str, ...] = ()
    blacklist: Path | None = None


@dataclass(frozen=True, eq=False)
class Places:
    """N regions on a genome, of which the first R hold peaks and the others are background.

    Attributes
    ----------
    genome
        The genome.
    chrom, start
        Shape (N,), str, and (N,), int64, 0-based.
    length
        Bases of each.
    tasks
        Names of the T peak files.
    activity
        Shape (R, T), int8: 1 where the region holds a peak of the file, else 0.
    notes
        Lines for a person.
    dropped
        Reason to number of peaks or regions left out.
    """

    genome: Genome
    chrom: np.ndarray
    start: np.ndarray
    length: int
    tasks: tuple[str, ...]
    activity: np.ndarray
    notes: list[str]
    dropped: dict[str, int]

    def __len__(self) -> int:
        return len(self.start)

    @property
    def kind(self) -> np.ndarray:
        """Shape (N,): "element" or "background"."""
        return np.where(np.arange(len(self)) < len(self.activity), "element", "background")

    def dna(self) -> PackedSequences:
        """Return the sequences of the forward strand."""
        return pack_blocks(self.genome.blocks(self.chrom, self.start, self.length), self.length)


@dataclass(frozen=True)
class _Loaded:
    genome: Genome
    peaks: list[Peaks]
    avoid: list[Peaks]
    blacklist: Intervals | None = None
    notes: list[str] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)


def find_places(
    peaks: Sequence[Path], genome: Path, plan: SplitPlan, options: RegionOptions
) -> Places:
    """Return the regions of peak files on a genome.

    Parameters
    ----------
    peaks
        Peak files, or folders of them.
    genome
        FASTA file.
    plan
        Split, whose regions must lie in the genome.
    options
        How regions are made.

    Raises
    ------
    InputError
        A file, line, option or region is wrong; see ``read_peaks``, ``load_genome`` and
        ``merge_peaks``.
    """
    loaded = _load(peaks, genome, plan, options)
    regions = merge_peaks(
        loaded.peaks,
        loaded.genome.lengths,
        length=options.length,
        overlap=options.merge_distance,
        weights=options.weights,
    )
    count, files = sum(map(len, loaded.peaks)), len(loaded.peaks)
    loaded.notes.append(
        f"{count:,} peaks in {files} file{'s' * (files > 1)} merged into {len(regions):,} regions"
    )
    regions = _off_blacklist(loaded, regions, options)
    chrom, start = _with_background(loaded, regions, options)
    return Places(
        genome=loaded.genome,
        chrom=chrom,
        start=start,
        length=options.length,
        tasks=tuple(one.name for one in loaded.peaks),
        activity=regions.activity,
        notes=loaded.notes,
        dropped=loaded.dropped,
    )


def _load(paths: Sequence[Path], genome: Path, plan: SplitPlan, options: RegionOptions) -> _Loaded:
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


def _both_strands(loaded: _Loaded, options: RegionOptions) -> _Loaded:
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


def _off_blacklist(loaded: _Loaded, regions: Regions, options: RegionOptions) -> Regions:
    """Return the regions that touch nothing of the blacklist."""
    if loaded.blacklist is None:
        return regions
    out = loaded.blacklist.touched(regions.chrom, regions.start, options.length)
    if out.all():
        raise InputError(f"every region touches the blacklist {options.blacklist}; nothing is left")
    loaded.dropped[BLACKLISTED] = int(out.sum())
    return regions.select(~out)


def _with_background(
    loaded: _Loaded, regions: Regions, options: RegionOptions
) -> tuple[np.ndarray, np.ndarray]:
    """Return chrom and start of the regions, and of the background after them."""
    if options.background is None:
        return regions.chrom, regions.start
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
    missing = round(options.background * len(regions)) - len(start)
    if missing > 0:
        loaded.notes.append(
            f"background is {missing:,} windows short: the genome has no more peak-free "
            "windows of the elements' GC content"
        )
    return np.append(regions.chrom, chrom), np.append(regions.start, start)
