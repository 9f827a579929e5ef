"""The split that was asked for, of rows with places, DNA and labels, and what it came to."""

from dataclasses import replace

import numpy as np

from chromkeras.data.blocks import row_blocks
from chromkeras.data.chromosomes import Measures, choose_chromosomes, measure
from chromkeras.data.groups import joined, overlap_groups
from chromkeras.data.homology import sequence_families
from chromkeras.data.splits import LISTED, Region, SplitPlan, assign
from chromkeras.errors import InputError
from chromkeras.importers.assemble import Rows

HELD_OUT = ("valid", "test")
FAR = 0.1  # difference in the share of positives of a task that is pointed out


def split_rows(
    rows: Rows,
    plan: SplitPlan,
    *,
    groups: np.ndarray | None = None,
    listed: np.ndarray | None = None,
) -> tuple[Rows, list[str]]:
    """Return rows with the split of a plan, and lines for a person.

    Parameters
    ----------
    rows
        N rows; what they have as split is not looked at.
    plan
        The split.
    groups
        Shape (N,), whole numbers: rows of one number are drawn together, beside those that overlap.
    listed
        Shape (N,), bool: rows to leave out, as a list says so.

    Raises
    ------
    InputError
        Rows have no places and the plan needs them, or there are too few chromosomes.
    """
    notes: list[str] = []
    described = plan.described
    if plan.by == "chromosomes":
        plan, notes = _with_chromosomes(plan, rows, listed)
        described = f"{plan.described}; whole chromosomes, chosen by rows, GC and positives"
    if plan.by == "homology":
        families = row_families(rows, plan.similarity)
        notes = _relatives(rows, plan, groups, families)
        groups = joined([families] if groups is None else [families, groups], len(rows.labels))
    split = _assigned(plan, rows, groups, listed)
    return rows.with_split(split, described), notes


def keep_or_split(
    rows: Rows,
    plan: SplitPlan | None,
    *,
    groups: np.ndarray | None = None,
    listed: np.ndarray | None = None,
) -> tuple[Rows, list[str]]:
    """Return rows with their own split, or that of a plan, and lines for a person.

    Parameters
    ----------
    rows
        N rows, whose split is empty where they have none.
    plan
        The split; None keeps that of the rows, or draws one by chance where they have none.
    groups, listed
        As for ``split_rows``.

    Raises
    ------
    InputError
        See ``split_rows``.
    """
    if plan is None and len(rows.split):
        split = rows.split if listed is None else np.where(listed, LISTED, rows.split)
        return rows.with_split(split, "the file's own"), ["split: the file's own"]
    divided, notes = split_rows(rows, plan or SplitPlan(), groups=groups, listed=listed)
    made = "split: made here" + (", not the file's own" if len(rows.split) else "")
    return divided, [made, *notes]


def _assigned(
    plan: SplitPlan, rows: Rows, groups: np.ndarray | None, listed: np.ndarray | None
) -> np.ndarray:
    placed = rows.chrom is not None and rows.start is not None
    return assign(
        plan,
        rows=len(rows.labels),
        length=rows.dna.length,
        chrom=rows.chrom if placed else None,
        start=rows.start if placed else None,
        groups=groups,
        listed=listed,
    )


def row_families(rows: Rows, similarity: float) -> np.ndarray:
    """Return a number for every row, shape (N,), equal for relatives by k-mers and for overlaps."""
    found = sequence_families(rows.dna, similarity)
    links = [found[rows.index["dna"]] if "dna" in rows.index else found]
    if rows.chrom is not None and rows.start is not None:
        links.append(overlap_groups(rows.chrom, rows.start, rows.dna.length))
    return joined(links, len(rows.labels))


def _relatives(
    rows: Rows, plan: SplitPlan, groups: np.ndarray | None, families: np.ndarray
) -> list[str]:
    """Say how many rows have relatives, and how many a plan by chance would have parted."""
    sizes = np.bincount(families)
    related = int((sizes[families] > 1).sum())
    largest = int(sizes.max(initial=0))
    total = len(families)
    notes = [
        f"homology: {related:,} of {total:,} rows overlap or share {plan.similarity:g} of their "
        f"k-mers with another, in {int((sizes > 1).sum()):,} families; the largest has "
        f"{largest:,} ({largest / total:.1%})"
    ]
    room = [round(share * total) for share in plan.drawn.values()]
    if room and largest > max(room):
        notes.append("families larger than a drawn split stay in training whole")
    split = _assigned(replace(plan, by="chance"), rows, groups, None)
    held = np.isin(split, HELD_OUT)
    parted = int((held & np.isin(families, families[split == "train"])).sum())
    notes.append(
        f"the same split without a look at homology would hold out {int(held.sum()):,} rows, "
        f"{parted:,} of them ({parted / max(held.sum(), 1):.1%}) with a relative in training"
    )
    return notes


def _with_chromosomes(
    plan: SplitPlan, rows: Rows, listed: np.ndarray | None
) -> tuple[SplitPlan, list[str]]:
    """Return the plan with whole chromosomes as regions, and what was chosen."""
    if rows.chrom is None or rows.start is None:
        raise InputError("`split_by` chromosomes needs chrom and start of every row")
    kept = np.ones(len(rows.labels), bool) if listed is None else ~listed
    known = np.ones(rows.labels.shape, bool) if rows.known is None else rows.known
    if rows.problem != "binary":
        known = known[:, :0]
    positive = rows.labels[:, : known.shape[1]] == 1
    measures = measure(rows.chrom[kept], gc_shares(rows)[kept], positive[kept], known[kept])
    taken = tuple({region.chrom for region in (*plan.valid, *plan.test)})
    chosen = choose_chromosomes(measures, plan.drawn, taken, seed=plan.seed)
    notes = [_chosen(split, names, plan.drawn[split], measures) for split, names in chosen.items()]
    regions = {split: tuple(map(Region, names)) for split, names in chosen.items()}
    return replace(plan, **regions), notes  # type: ignore[arg-type]


def _chosen(split: str, names: tuple[str, ...], share: float, measures: Measures) -> str:
    """Say what was chosen for a split, and how near it comes."""
    here = np.isin(measures.names, names)
    rows = measures.rows[here].sum() / measures.rows.sum()
    gc = measures.sums[here, 0].sum() / measures.counts[here, 0].sum()
    whole = measures.sums[:, 0].sum() / measures.counts[:, 0].sum()
    text = (
        f"{split}: {', '.join(names)} with {rows:.1%} of the rows ({share:.1%} asked for), "
        f"GC {gc:.1%} (all rows {whole:.1%})"
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        own = measures.sums[here, 1:].sum(axis=0) / measures.counts[here, 1:].sum(axis=0)
        all_ = measures.sums[:, 1:].sum(axis=0) / measures.counts[:, 1:].sum(axis=0)
    off = np.abs(own - all_)
    if np.isfinite(off).any():
        text += (
            f", positives of a task {np.nanmean(off):.1%} off on average, {np.nanmax(off):.1%} "
            "at most"
        )
    near = share / 2 <= rows <= 2 * share and not (off > FAR).any()
    return text if near else f"{text}; no choice of whole chromosomes comes nearer"


def gc_shares(rows: Rows) -> np.ndarray:
    """Return the share of C and G among the known bases of each row, shape (N,)."""
    share = np.zeros(len(rows.dna))
    for block in row_blocks(rows.dna.packed, size=1 << 20):
        codes = rows.dna.codes(block)
        strong = ((codes == 1) | (codes == 2)).sum(axis=1)
        share[block] = strong / np.maximum((codes < 4).sum(axis=1), 1)
    found: np.ndarray = share[rows.index["dna"]] if "dna" in rows.index else share
    return found
