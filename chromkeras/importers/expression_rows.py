"""Rows about genes in conditions: which there are, what they read, and their labels."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.data.factor import Factor
from chromkeras.data.packed import PackedSequences
from chromkeras.data.splits import DROPPED
from chromkeras.data.tables import DenseTable, Table
from chromkeras.errors import InputError
from chromkeras.importers.assemble import STRADDLING
from chromkeras.importers.held_out_levels import split_rows
from chromkeras.importers.histone_tables import PairMarks
from chromkeras.importers.regulators import Regulators

Tasks = Literal["pooled", "conditions"]
TASKS: tuple[Tasks, ...] = get_args(Tasks)
POOLED = "expression"
MIXED = "of a gene and a condition held out for different splits"


@dataclass(frozen=True, eq=False)
class Parts:
    """G genes and C conditions, and what is known of each and of their pairs.

    Attributes
    ----------
    genes, conditions
        Names.
    values
        Shape (G, C), float32: expression, NaN where unknown.
    gene_split, condition_split
        Shape (G,) and (C,), each "train", "valid", "test", or "" to leave out.
    dna
        G promoters, if there are any.
    regulators
        Expression of K regulators in the conditions, if there are any.
    marks
        Histone marks of pairs, if there are any.
    chrom
        Shape (G,), str, where that is known.
    related
        Shape (G,), whole numbers: genes of one number belong in one split.
    """

    genes: tuple[str, ...]
    conditions: tuple[str, ...]
    values: np.ndarray
    gene_split: np.ndarray
    condition_split: np.ndarray
    dna: PackedSequences | None = None
    regulators: Regulators | None = None
    marks: PairMarks | None = None
    chrom: np.ndarray | None = None
    related: np.ndarray | None = None

    @property
    def by_condition(self) -> bool:
        """Whether an input depends on the condition."""
        return self.regulators is not None or self.marks is not None

    @property
    def known(self) -> np.ndarray:
        """Shape (G, C), bool: pairs whose expression and inputs are known."""
        known: np.ndarray = ~np.isnan(self.values)
        return known if self.marks is None else known & (self.marks.row >= 0)


@dataclass(frozen=True)
class Thresholds:
    """From where on expression is up, and to where it is down; None for neither.

    Examples
    --------
    >>> Thresholds(up=1.0, down=-1.0).classes
    ('neither', 'up', 'down')
    """

    up: float | None = None
    down: float | None = None

    def __post_init__(self) -> None:
        if self.up is not None and self.down is not None and not self.down < self.up:
            raise InputError(f"expected `down` below `up`, received {self.down} and {self.up}")

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; none where labels are values."""
        names = {"up": self.up, "down": self.down}
        told = tuple(name for name, value in names.items() if value is not None)
        return ("neither", *told) if told else ()

    def labels(self, values: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Return classes, int8, or the values themselves, float32; 0 where unknown.

        Parameters
        ----------
        values, known
            Of one shape: expression, and where it is known.
        """
        if not self.classes:
            return np.where(known, values, np.float32(0))
        found = np.zeros(values.shape, np.int8)
        if self.up is not None:
            found[known & (values >= self.up)] = self.classes.index("up")
        if self.down is not None:
            found[known & (values <= self.down)] = self.classes.index("down")
        return found


def expression_dataset(
    parts: Parts, tasks: Tasks, thresholds: Thresholds
) -> tuple[Dataset, dict[str, int]]:
    """Return the data set of all known pairs, and the rows left out by reason.

    Parameters
    ----------
    parts
        Genes, conditions and what is known of them.
    tasks
        "pooled" is one task, "expression"; "conditions" is a task for each. In that case a row is a
        gene where no input depends on the condition; else a pair, with its own task known.
    thresholds
        What makes classes of the values.

    Raises
    ------
    InputError
        Conditions are held out though each is a task.

    Examples
    --------
    >>> parts = Parts(
    ...     genes=("a", "b"),
    ...     conditions=("heat", "cold"),
    ...     values=np.array([[1.5, np.nan], [0, -1]], np.float32),
    ...     gene_split=np.array(["train", "test"]),
    ...     condition_split=np.array(["train", "train"]),
    ...     regulators=Regulators(("x", "y", "z"), np.ones((2, 3), np.float32)),
    ... )
    >>> dataset, _ = expression_dataset(parts, "pooled", Thresholds())
    >>> dataset.labels[:, 0].tolist(), dataset.split.tolist()
    ([1.5, 0.0, -1.0], ['train', 'test', 'test'])
    """
    if tasks == "conditions" and (parts.condition_split != "train").any():
        raise InputError(
            "conditions cannot be held out where each is a task of its own; expected `tasks` pooled"
        )
    if tasks == "conditions" and not parts.by_condition:
        return _rows_of_genes(parts, thresholds)
    return _rows_of_pairs(parts, tasks, thresholds)


def _rows_of_genes(parts: Parts, thresholds: Thresholds) -> tuple[Dataset, dict[str, int]]:
    across = parts.gene_split == DROPPED
    rows = np.flatnonzero(~across)
    known = parts.known[rows]
    dataset = Dataset(
        inputs=_tables(parts, rows, np.zeros(0, int), np.zeros(0, int)),
        labels=thresholds.labels(parts.values[rows], known),
        known=known,
        tasks=parts.conditions,
        split=parts.gene_split[rows],
        factors=_factors(parts, rows, None, np.arange(len(rows)), None),
        together=_together(parts, rows),
        problem="classes" if thresholds.classes else "regression",
        classes=thresholds.classes,
    )
    return dataset, {STRADDLING: int(across.sum())}


def _rows_of_pairs(
    parts: Parts, tasks: Tasks, thresholds: Thresholds
) -> tuple[Dataset, dict[str, int]]:
    gene, condition = np.nonzero(parts.known)
    split = split_rows(parts.gene_split[:, None], parts.condition_split)[gene, condition]
    kept = split != DROPPED
    across = int((parts.gene_split[gene] == DROPPED).sum())
    dropped = {STRADDLING: across, MIXED: int((~kept).sum()) - across}
    gene, condition = gene[kept], condition[kept]
    genes, gene = _used(gene, len(parts.genes))
    conditions, condition = _used(condition, len(parts.conditions))
    index: dict[str, np.ndarray] = {"dna": gene, "regulators": condition}
    mark_rows = np.zeros(0, np.int64)
    if parts.marks is not None:
        mark_rows, index["histone"] = _used(
            parts.marks.row[genes[gene], conditions[condition]], len(parts.marks.values)
        )
    inputs = _tables(parts, genes, conditions, mark_rows)
    values = parts.values[genes[gene], conditions[condition]][:, None]
    columns = {POOLED: np.zeros(len(gene), int)}
    if tasks == "conditions":
        columns = dict.fromkeys((parts.conditions[c] for c in conditions), condition)
    known = np.zeros((len(gene), len(columns)), bool)
    known[np.arange(len(gene)), next(iter(columns.values()))] = True
    dataset = Dataset(
        inputs=inputs,
        index={name: rows for name, rows in index.items() if name in inputs},
        labels=thresholds.labels(np.broadcast_to(values, known.shape), known),
        known=known,
        tasks=tuple(columns),
        split=split[kept],
        factors=_factors(parts, genes, conditions, gene, condition),
        together=_together(parts, genes[gene]),
        problem="classes" if thresholds.classes else "regression",
        classes=thresholds.classes,
    )
    return dataset, dropped


def _used(of: np.ndarray, levels: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which levels there are, and of which of these each row is."""
    used = np.flatnonzero(np.bincount(of, minlength=levels))
    place = np.zeros(levels, np.int64)
    place[used] = np.arange(len(used))
    return used, place[of]


def _tables(
    parts: Parts, genes: np.ndarray, conditions: np.ndarray, mark_rows: np.ndarray
) -> dict[str, Table]:
    tables: dict[str, Table] = {}
    if parts.dna is not None:
        tables["dna"] = parts.dna.select(genes)
    if parts.regulators is not None:
        tables["regulators"] = DenseTable(
            parts.regulators.values[conditions], channels=parts.regulators.names
        )
    if parts.marks is not None:
        values = parts.marks.values
        whole = len(mark_rows) == len(values)
        chosen = values if whole else values[mark_rows]
        tables["histone"] = DenseTable(chosen, channels=parts.marks.marks)
    return tables


def _together(parts: Parts, genes: np.ndarray) -> np.ndarray | None:
    """Return a number for rows of these genes, shape (n,), equal where genes are related."""
    return None if parts.related is None else parts.related[genes].astype(np.int32)


def _factors(
    parts: Parts,
    genes: np.ndarray,
    conditions: np.ndarray | None,
    gene: np.ndarray,
    condition: np.ndarray | None,
) -> dict[str, Factor]:
    """Return what rows are about: of levels that are left, and where each row has which."""
    factors = {"gene": Factor(tuple(parts.genes[i] for i in genes), gene)}
    if conditions is not None and condition is not None:
        factors["condition"] = Factor(tuple(parts.conditions[i] for i in conditions), condition)
    if parts.chrom is not None:
        names, chrom = np.unique(parts.chrom[genes], return_inverse=True)
        factors["chrom"] = Factor(tuple(names.tolist()), chrom[gene])
    return factors
