"""Which genes and conditions are held out, and the split of a row that is about one of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from chromkeras.data.split_names import SPLITS
from chromkeras.data.splits import (
    DROPPED,
    Region,
    SplitBy,
    SplitPlan,
    draw,
    make_split_plan,
    mark_regions,
)
from chromkeras.errors import InputError
from chromkeras.importers.gene_ids import match_ids
from chromkeras.importers.genome import nearest_names
from chromkeras.importers.promoters import Windows
from chromkeras.names import unknown

HELD_OUT = ("valid", "test")
_LEVELS = (*SPLITS, DROPPED)
# Split of a row, by that of its gene and that of its condition, in the order of _LEVELS.
_ROW_SPLIT = np.array(
    [
        ["train", "valid", "test", ""],
        ["valid", "valid", "", ""],
        ["test", "", "test", ""],
        ["", "", "", ""],
    ]
)


@dataclass(frozen=True)
class HeldOut:
    """What is held out for validation and for testing.

    Attributes
    ----------
    plan
        Regions, fractions and the seed.
    genes, conditions
        Names by split.
    drawn
        Share of the genes to draw, by split.
    """

    plan: SplitPlan = field(default_factory=SplitPlan)
    genes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    conditions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    drawn: Mapping[str, float] = field(default_factory=dict)

    @property
    def regions(self) -> tuple[Region, ...]:
        """Regions of both splits."""
        return (*self.plan.valid, *self.plan.test)

    @property
    def described(self) -> str:
        """How genes and conditions are held out, in a line."""
        parts = self.plan.descriptions(self.drawn, " of the genes")
        parts += [
            f"{split} {len(names):,} named genes" for split, names in self.genes.items() if names
        ]
        parts += [
            f"{split} conditions {', '.join(names)}"
            for split, names in self.conditions.items()
            if names
        ]
        return "; ".join(parts)


def make_held_out(
    regions: Mapping[str, str | Sequence[str]],
    fractions: Mapping[str, float | None],
    genes: Mapping[str, tuple[str, ...]],
    conditions: Mapping[str, tuple[str, ...]],
    seed: int | None = None,
    *,
    split_by: SplitBy | None = None,
    similarity: float | None = None,
) -> HeldOut:
    """Return what is held out.

    Parameters
    ----------
    regions, fractions, genes, conditions
        Regions, share of the genes to draw, names of genes and of conditions, for "valid" and
        "test". A split of which nothing is said is drawn from the genes, a tenth.
    seed
        Seed of the draw; None for 0.
    split_by, similarity
        What is drawn together, as for ``make_split_plan``; whole chromosomes are not.

    Raises
    ------
    InputError
        Genes of a split are given in two ways, or a name is held out for both splits.

    Examples
    --------
    >>> nothing = {"valid": (), "test": ()}
    >>> none = {"valid": None, "test": None}
    >>> make_held_out(nothing, none, nothing, {"valid": (), "test": ("heat",)}).drawn
    {'valid': 0.1}
    """
    for split in HELD_OUT:
        if genes[split] and (regions[split] or fractions[split] is not None):
            other = split if regions[split] else f"{split}_fraction"
            raise InputError(f"expected `{other}` or `{split}_genes`, received both")
    for what, names in (("gene", genes), ("condition", conditions)):
        if both := sorted(set(names["valid"]) & set(names["test"])):
            raise InputError(f"{what} {both[0]!r} is held out for validation and for testing")
    plan = make_split_plan(
        **{split: regions[split] for split in HELD_OUT},  # type: ignore[arg-type]
        **{f"{split}_fraction": fractions[split] for split in HELD_OUT},  # type: ignore[arg-type]
        seed=seed,
        split_by=split_by,
        similarity=similarity,
    )
    if plan.by == "chromosomes":
        raise InputError("expected `split_by` chance or homology for genes, received chromosomes")
    drawn = {
        split: share
        for split, share in plan.drawn.items()
        if not genes[split] and (fractions[split] is not None or not conditions[split])
    }
    return HeldOut(plan, genes, conditions, drawn)


def split_genes(
    held_out: HeldOut,
    genes: Sequence[str],
    *,
    groups: np.ndarray,
    windows: Windows | None = None,
    fixed: np.ndarray | None = None,
) -> tuple[np.ndarray, list[str]]:
    """Return the split of every gene.

    Parameters
    ----------
    held_out
        What is held out.
    genes
        Identifiers of G genes.
    groups
        Shape (G,), whole numbers: genes of one number are drawn together.
    windows
        Where the genes lie; needed for regions.
    fixed
        Shape (G,), bool: genes that are not drawn, nor those of their groups; None for none.

    Returns
    -------
    tuple
        Shape (G,), str: "train", "valid", "test", or "" for a gene across a region's edge; and
        lines for a person.

    Raises
    ------
    InputError
        Regions are asked for and genes have no places, a region has no gene, none of the named
        genes is there, or a gene is held out for both splits.

    Examples
    --------
    >>> held_out = HeldOut(genes={"test": ("b",)})
    >>> split_genes(held_out, ("a", "b"), groups=np.arange(2))
    (array(['train', 'test'], dtype='<U5'), [])
    """
    split = np.full(len(genes), "train", dtype="U5")
    notes: list[str] = []
    if held_out.regions:
        _mark_regions(split, held_out, windows)
    for name in HELD_OUT:
        notes += _mark_named(split, name, held_out.genes.get(name, ()), genes)
    apart = (split != "train") | (False if fixed is None else fixed)
    may = ~np.isin(groups, groups[apart])
    draw(split, held_out.drawn, held_out.plan.seed, groups, may)
    return split, notes + _related(split, groups)


def _mark_regions(split: np.ndarray, held_out: HeldOut, windows: Windows | None) -> None:
    if windows is None:
        raise InputError(
            "a split by region needs to know where genes lie; give `positions` or `annotation`, "
            "or use fractions instead"
        )
    names = dict.fromkeys(np.unique(windows.chrom).tolist(), 0)
    for region in held_out.regions:
        if region.chrom not in names:
            hint = nearest_names(region.chrom, names)
            raise InputError(f"no gene lies on {region.chrom!r} of region {region}; {hint}")
    start = np.maximum(windows.start, 0)
    end = np.maximum(windows.start + windows.length, start + 1)
    mark_regions(split, held_out.plan, windows.chrom, start, end)


def _mark_named(
    split: np.ndarray, name: str, wanted: Sequence[str], genes: Sequence[str]
) -> list[str]:
    """Write the split of the genes that are named to ``split``; return lines for a person."""
    if not wanted:
        return []
    found = match_ids(wanted, genes)
    there = found[found >= 0]
    if not len(there):
        raise InputError(
            f"none of the genes of `{name}_genes` is left, such as {wanted[0]!r}; genes are such "
            f"as {genes[0]!r}"
        )
    taken = there[~np.isin(split[there], ("train", name))]
    if len(taken):
        gene = genes[int(taken[0])]
        other = split[taken[0]] or "the edge of a region"
        raise InputError(f"gene {gene!r} of `{name}_genes` is already held out: {other}")
    split[there] = name
    missing = len(wanted) - len(there)
    return [f"{missing:,} genes of `{name}_genes` are not among those left"] if missing else []


def _related(split: np.ndarray, groups: np.ndarray) -> list[str]:
    """Say how many held-out genes share bases with a gene that is trained on."""
    held = np.isin(split, HELD_OUT)
    count = int((held & np.isin(groups, groups[split == "train"])).sum())
    if not count:
        return []
    return [
        f"{count:,} held-out genes overlap a training gene, or have the same promoter: the split "
        "that was asked for parts them"
    ]


def split_conditions(held_out: HeldOut, conditions: Sequence[str]) -> np.ndarray:
    """Return the split of every condition, shape (C,), str.

    Raises
    ------
    InputError
        A condition is none of these.

    Examples
    --------
    >>> split_conditions(HeldOut(conditions={"test": ("heat",)}), ["heat", "cold"]).tolist()
    ['test', 'train']
    """
    split = np.full(len(conditions), "train", dtype="U5")
    for name, wanted in held_out.conditions.items():
        for condition in wanted:
            if condition not in conditions:
                raise unknown(f"condition of `{name}_conditions`", condition, tuple(conditions))
            split[list(conditions).index(condition)] = name
    return split


def split_rows(gene_split: np.ndarray, condition_split: np.ndarray) -> np.ndarray:
    """Return the split of rows that are each about a gene and a condition.

    A row is for training when both are, for validation when one is held out for it and none for
    testing, and for testing likewise; what would mix the two is left out.

    Parameters
    ----------
    gene_split, condition_split
        Shape (N,), each "train", "valid", "test" or "".

    Returns
    -------
    np.ndarray
        Shape (N,), str; "" for rows to leave out.

    Examples
    --------
    >>> genes = np.array(["train", "train", "valid", "valid"])
    >>> conditions = np.array(["train", "test", "train", "test"])
    >>> split_rows(genes, conditions).tolist()
    ['train', 'test', 'valid', '']
    """
    found: np.ndarray = _ROW_SPLIT[_code(gene_split), _code(condition_split)]
    return found


def _code(split: np.ndarray) -> np.ndarray:
    """Return the place of each split in ``_LEVELS``."""
    return np.select([split == level for level in _LEVELS[1:]], [1, 2, 3], default=0)
