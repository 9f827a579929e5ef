"""An AnnData file of tasks by regions, as CREsted makes it, and a genome to a data set."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd

from chromkeras.data.dataset import KINDS
from chromkeras.data.splits import SplitBy, asked_split_plan
from chromkeras.errors import InputError
from chromkeras.importers.anndata_file import RegionValues, read_region_values
from chromkeras.importers.assemble import Prepared, Rows, assemble, found_in, pack_blocks
from chromkeras.importers.blacklist import read_blacklist
from chromkeras.importers.genome import Genome, check_regions, load_genome, nearest_names
from chromkeras.importers.row_splits import keep_or_split
from chromkeras.names import unknown
from chromkeras.problems.reading import guess_problem
from chromkeras.problems.registry import find_problem
from chromkeras.registry import PROBLEMS

SHORT = "on a chromosome shorter than a row"
NO_SPLIT = "of which the file says no split"


def prepare(
    path: str | os.PathLike[str],
    genome: str | os.PathLike[str],
    *,
    layer: str | None = None,
    problem: Annotated[str | None, PROBLEMS] = None,
    classes: Sequence[str] = (),
    length: int | None = None,
    blacklist: str | os.PathLike[str] | None = None,
    valid: str | Sequence[str] = (),
    test: str | Sequence[str] = (),
    valid_fraction: float | None = None,
    test_fraction: float | None = None,
    split_by: SplitBy | None = None,
    similarity: float | None = None,
    seed: int | None = None,
    drop_unknown: bool = False,
) -> Prepared:
    """Make a data set of an AnnData file of tasks by regions, and a genome.

    The layout is CREsted's: obs are cell types or topics, which become tasks; var are regions with
    chr, start and end (or named chr:start-end) and where present split, with train, val and test;
    and X has the values. A column kind with "element" and "background" is kept.

    Parameters
    ----------
    path
        AnnData file (.h5ad). Its own split is kept unless another is asked for.
    genome
        Genome of the regions, FASTA, .gz or not.
    layer
        Layer whose values are the labels, in the place of X.
    problem
        What the labels are. Without it regression for floats other than 0, 1, -1 and fractions
        between 0 and 1, else binary, which refuses what is no label of its own.
    classes
        Names of the classes 0, 1, …, for problem classes.
    length
        Bases of a row, in the middle of which the region lies; that of the regions, if all have
        one and nothing is said. Rows are moved to lie in their chromosome.
    blacklist
        BED of regions whose rows are left out.
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
        Seed of the drawn splits, 0 if nothing is said.
    drop_unknown
        Leave out rows that are nothing but N.

    Returns
    -------
    Prepared
        The data set, what was left out, and how the labels were read.

    Raises
    ------
    InputError
        The package anndata is not installed, or the file or a region in it is not as described.
    """
    plan = asked_split_plan(
        valid=valid,
        test=test,
        valid_fraction=valid_fraction,
        test_fraction=test_fraction,
        split_by=split_by,
        similarity=similarity,
        seed=seed,
    )
    table = read_region_values(Path(path), layer)
    width = _length(table.regions, length, Path(path))
    sequences = load_genome(genome)
    _check_chromosomes(table.regions, sequences, Path(path))
    if plan is not None:
        check_regions((*plan.valid, *plan.test), sequences.lengths)
    kept, lost = _kept(table.regions, sequences, width, own_split=plan is None)
    rows, notes = _rows(table, kept, sequences, width, (problem, tuple(classes)), str(path))
    listed = None
    if blacklist is not None and rows.chrom is not None and rows.start is not None:
        regions, more = read_blacklist(blacklist, sequences.lengths, sequences.lengths)
        listed = regions.touched(rows.chrom, rows.start, width)
        notes += more
    with found_in(str(path)):
        own = plan is None and len(rows.split) > 0
        divided, made = keep_or_split(rows, plan, listed=listed)
        return assemble(
            divided,
            drop_unknown=drop_unknown,
            dropped=lost,
            notes=(*notes, *made),
            may_lack=own,
        )


def _length(regions: pd.DataFrame, asked: int | None, path: Path) -> int:
    widths = (regions["end"] - regions["start"]).unique()
    if asked is None and len(widths) > 1:
        raise InputError(
            f"{path} has regions of {widths.min()} to {widths.max()} bases; say how long a row is "
            "(`length`)"
        )
    if asked is not None and asked < 1:
        raise InputError(f"expected a positive length, received {asked}")
    return int(widths[0]) if asked is None else asked


def _check_chromosomes(regions: pd.DataFrame, genome: Genome, path: Path) -> None:
    lengths = genome.lengths
    for name in regions["chr"].unique():
        if name not in lengths:
            hint = nearest_names(name, lengths)
            raise InputError(f"{path}: chromosome {name!r} is not in the genome; {hint}")
    past = regions["end"].to_numpy() > regions["chr"].map(lengths).to_numpy()
    if past.any():
        chrom, end = regions[["chr", "end"]].iloc[int(np.argmax(past))]
        raise InputError(
            f"{path}: a region ends at {end}, past the end of {chrom}, which has {lengths[chrom]} "
            "bases; is this the right genome?"
        )


def _kept(
    regions: pd.DataFrame, genome: Genome, length: int, *, own_split: bool
) -> tuple[np.ndarray, dict[str, int]]:
    """Return which regions become rows, shape (N,), bool, and how many do not and why."""
    long = regions["chr"].map(genome.lengths).to_numpy() >= length
    if not long.any():
        raise InputError(
            f"no region lies on a chromosome of at least {length} bases; shorten `length`"
        )
    lost = {SHORT: int((~long).sum())}
    split = regions["split"].to_numpy() if "split" in regions else np.array([])
    if own_split and (split != "").any():
        lost[NO_SPLIT] = int((long & (split == "")).sum())
        long &= split != ""
    return long, {why: count for why, count in lost.items() if count}


def _rows(
    table: RegionValues,
    kept: np.ndarray,
    genome: Genome,
    length: int,
    asked: tuple[str | None, tuple[str, ...]],
    where: str,
) -> tuple[Rows, list[str]]:
    """Return the rows, whose split is empty where the file has none, and lines for a person."""
    regions, y = table.regions[kept], np.ascontiguousarray(table.values.T[kept])
    name, why = guess_problem(y) if asked[0] is None else (asked[0], "as asked for")
    problem = find_problem(name)
    labels, known, how = problem.read_labels(y, where, classes=asked[1])
    chrom = regions["chr"].to_numpy(str)
    # as in peaks: base L // 2 of the row is the middle of the region
    start = (regions["start"].to_numpy() + regions["end"].to_numpy()) // 2 - length // 2
    last = regions["chr"].map(genome.lengths).to_numpy() - length
    start = np.clip(start, 0, last)
    split = regions["split"].to_numpy(str) if "split" in regions else np.array([], str)
    rows = Rows(
        dna=pack_blocks(genome.blocks(chrom, start, length), length),
        labels=labels,
        known=known,
        tasks=table.tasks,
        split=split if (split != "").all() else np.array([], str),
        problem=name,
        classes=problem.class_names(labels, known, asked[1]),
        chrom=chrom,
        start=start,
        kind=_kind(regions, where),
    )
    return rows, [f"problem: {name}, {why}", *how]


def _kind(regions: pd.DataFrame, where: str) -> np.ndarray | None:
    if "kind" not in regions:
        return None
    kind = regions["kind"].astype(str).to_numpy(str)
    for name in np.unique(kind):
        if name not in KINDS:
            raise InputError(f"{where}, kind: {unknown('kind', str(name), KINDS)}")
    return kind
