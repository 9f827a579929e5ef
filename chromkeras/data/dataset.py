"""The one data set type: input tables, a row index into them, labels, tasks, places and a split."""

from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from chromkeras.data.blocks import row_blocks
from chromkeras.data.checks import (
    check_inputs,
    check_lengths,
    check_shape,
    check_tasks,
    legal_labels,
)
from chromkeras.data.factor import Factor
from chromkeras.data.fingerprint import fingerprint
from chromkeras.data.packed import PackedSequences
from chromkeras.data.split_names import ALL, CHOICES, SPLITS
from chromkeras.data.tables import Augmentation, Empty, Table, new_array, rows_name
from chromkeras.data.truth import Truth
from chromkeras.errors import InputError
from chromkeras.names import unknown

KINDS = ("element", "background")
UNNAMED = "binary"  # problem where none is named: in calls, in old files and in fingerprints


@dataclass(frozen=True)
class Origin:
    """The whole data set of which only the rows outside of its training split were kept.

    Attributes
    ----------
    fingerprints
        Fingerprints of the whole, and of the whole with only some of its tasks.
    positive
        Shape (T,): share of positives among the known labels of its training split, NaN where
        none is known; None where labels are not 0 and 1.
    """

    fingerprints: tuple[str, ...]
    positive: np.ndarray | None = None

    def select_tasks(self, columns: Sequence[int]) -> "Origin":
        """Return the origin of a data set with only some of the tasks."""
        if self.positive is None:
            return self
        return replace(self, positive=self.positive[list(columns)])


@dataclass(frozen=True)
class Dataset:
    """Rows of inputs with a label for every task.

    Attributes
    ----------
    inputs
        Tables by name: DNA as ``PackedSequences``, others as ``DenseTable``.
    labels
        Shape (N, T): int8 of 0 and 1 for problem "binary", numbers for others. Where a label is
        unknown it is 0 and means nothing.
    tasks
        T unique names.
    split
        Shape (N,), each "train", "valid" or "test".
    known
        Shape (N, T), bool: labels that are known. None in the constructor says that all are.
    problem
        What the labels are: the name of a module of ``chromkeras.problems``.
    classes
        Names of the classes, in the order of the labels 0, 1, ..., for problem "classes".
    index
        Row of each input table for every data set row, shape (N,), int64. A table without an
        entry is read in order.
    chrom, start
        Shape (N,), str, and (N,), int64 (0-based): where each row lies; None when unknown.
    kind
        Shape (N,), each "element" or "background"; None when all rows are elements.
    factors
        What the rows are about, by name, such as the gene and the condition of each.
    truth
        Planted motifs, for simulated data.
    motifs
        MEME text of the planted motifs, for simulated data.
    origin
        What the rows were held out of; None for a whole data set.
    together
        Shape (N,), whole numbers from 0: rows of one number belong in one split, such as those of
        genes whose promoters overlap; None where nothing is known beside places and DNA.
    split_by
        How the split was made, in a line; "" where that is unknown.

    Raises
    ------
    InputError
        Shapes do not fit, a known label is no number or is not legal for the problem, an index
        points beyond its table, or a name stands twice.

    Examples
    --------
    >>> dna = PackedSequences.from_codes(np.zeros((2, 8), np.uint8))
    >>> known = np.array([[True], [False]])
    >>> split = np.array(["train", "test"])
    >>> data = Dataset({"dna": dna}, np.array([[1], [0]]), ("gut",), split, known)
    >>> data.values(np.arange(2)).tolist()
    [[1.0], [nan]]
    """

    inputs: dict[str, Table]
    labels: np.ndarray
    tasks: tuple[str, ...]
    split: np.ndarray
    known: np.ndarray = None  # type: ignore[assignment]  # an array once constructed
    problem: str = UNNAMED
    classes: tuple[str, ...] = ()
    index: dict[str, np.ndarray] = field(default_factory=dict)
    chrom: np.ndarray | None = None
    start: np.ndarray | None = None
    kind: np.ndarray | None = None
    factors: dict[str, Factor] = field(default_factory=dict)
    truth: Truth | None = None
    motifs: str | None = None
    origin: Origin | None = None
    together: np.ndarray | None = None
    split_by: str = ""

    def __post_init__(self) -> None:
        check_tasks(self.tasks)
        check_shape(self.labels, self.tasks)
        known = np.ones(self.labels.shape, bool) if self.known is None else self.known
        object.__setattr__(self, "labels", legal_labels(self.labels, known, zero_one=self.zero_one))
        object.__setattr__(self, "known", known)
        check_inputs(self.inputs, self.index)
        columns: dict[str, Sized | None] = {
            name: getattr(self, name) for name in ("split", "chrom", "start", "kind", "together")
        }
        columns |= {f"index of {name}": rows for name, rows in self.index.items()}
        columns |= {f"input {k}": v for k, v in self.inputs.items() if k not in self.index}
        columns |= {f"factor {name}": factor for name, factor in self.factors.items()}
        check_lengths(len(self), columns)
        strange = set(np.unique(self.split)) - set(SPLITS)
        if strange:
            raise unknown("split", str(sorted(strange)[0]), SPLITS)
        self._check_columns()
        training = self.rows("train")
        factors = {name: factor.with_seen(training) for name, factor in self.factors.items()}
        object.__setattr__(self, "factors", factors)

    def _check_columns(self) -> None:
        """Raise ``InputError`` for a place or kind that is none, or tasks that are others."""
        if self.start is not None and self.start.size and self.start.min() < 0:
            raise InputError(f"expected start from 0 on, received {self.start.min()}")
        if self.kind is not None:
            legal = np.logical_or.reduce([self.kind == kind for kind in KINDS])
            if not legal.all():
                raise unknown("kind", str(self.kind[~legal][0]), KINDS)
        causal = None if self.truth is None else self.truth.causal
        if self.truth is not None and causal is not None:
            expected = len(self.truth.row), len(self.tasks)
            if causal.shape != expected:
                raise InputError(
                    f"expected causal of shape {expected} (instances, tasks) in the truth, "
                    f"received {causal.shape}"
                )
        positive = None if self.origin is None else self.origin.positive
        if positive is not None and positive.shape != (len(self.tasks),):
            raise InputError(
                f"expected a share of positives for each of {len(self.tasks)} tasks in the origin, "
                f"received shape {positive.shape}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def zero_one(self) -> bool:
        """Whether labels are 0 and 1, as those of problem "binary" are."""
        return self.problem == UNNAMED

    @property
    def dna(self) -> PackedSequences:
        """The DNA table."""
        table = self.inputs.get("dna")
        if not isinstance(table, PackedSequences):
            raise InputError(f"expected an input named 'dna', received {', '.join(self.inputs)}")
        return table

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of a row of each input, as a model reads it."""
        return {name: table.shape for name, table in self.inputs.items()}

    @property
    def elements(self) -> np.ndarray:
        """Shape (N,), bool: rows that are elements, not background."""
        return np.ones(len(self), bool) if self.kind is None else self.kind == "element"

    def rows(self, split: str) -> np.ndarray:
        """Return the row numbers of a split ("train", "valid", "test" or "all")."""
        if split == ALL:
            return np.arange(len(self))
        if split not in SPLITS:
            raise unknown("split", split, CHOICES)
        return np.flatnonzero(self.split == split)

    def table_rows(self, name: str, rows: np.ndarray) -> np.ndarray:
        """Return the rows of input table ``name`` that belong to data set rows ``rows``."""
        return self.index[name][rows] if name in self.index else rows

    def batch(
        self,
        rows: np.ndarray,
        names: Sequence[str] | None = None,
        *,
        augmentation: Augmentation | None = None,
        empty: Mapping[str, Empty] | None = None,
        shared: Sequence[str] = (),
        multiple: int = 1,
    ) -> dict[str, np.ndarray]:
        """Return the inputs of the chosen rows, float32 of shape (n, ...), by name.

        Parameters
        ----------
        rows
            Row numbers, shape (n,).
        names
            Inputs to return; None for all.
        augmentation
            What to do to each row, in all tables that run along the DNA.
        empty
            What gives the array of each input, from its shape; new memory by default.
        shared
            Inputs of which distinct rows are returned, (U, ...), as the first row that has them is
            augmented, and under ``rows_name(NAME)`` which of them each row has, (n,), int32.
        multiple
            Number of which U is a multiple, as the last distinct row is repeated, so that programs
            that are compiled for each shape are few.
        """
        found: dict[str, np.ndarray] = {}
        for name in self.inputs if names is None else names:
            if name not in self.inputs:
                raise unknown("input", name, tuple(self.inputs))
            make = new_array if empty is None else empty[name]
            chosen, how = self.table_rows(name, rows), augmentation
            if name in shared:
                chosen, first, place = np.unique(chosen, return_index=True, return_inverse=True)
                found[rows_name(name)] = place.astype(np.int32)
                padded = np.arange(len(chosen) + -len(chosen) % multiple).clip(max=len(chosen) - 1)
                chosen, first = chosen[padded], first[padded]
                how = augmentation and augmentation[first]
            found[name] = self.inputs[name].take(chosen, how, make)
        return found

    def shared_inputs(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those of the named inputs that run along DNA and whose rows several rows share.

        Where they are shared in different ways, so that they could not be augmented alike, none.
        """
        along = [name for name in names if name in self.index and self.inputs[name].along_dna]
        alike = all(np.array_equal(self.index[along[0]], self.index[name]) for name in along[1:])
        return tuple(along) if alike else ()

    def has_two_strands(self, names: Sequence[str] | None = None) -> bool:
        """Return whether rows of the named inputs (None: all) also read from the other strand."""
        tables = [self.inputs[name] for name in (self.inputs if names is None else names)]
        along = any(table.along_dna for table in tables)
        return along and not any(table.stranded for table in tables)

    def reverse_complement(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return inputs that ``batch`` gave as they read from the other strand."""
        return {name: self.inputs[name].reverse_complement(x) for name, x in inputs.items()}

    def one_hot(self, rows: np.ndarray) -> np.ndarray:
        """Return float32 one-hot DNA of the chosen rows, shape (n, length, 4)."""
        return self.dna.take(self.table_rows("dna", rows))

    def codes(self, rows: np.ndarray) -> np.ndarray:
        """Return the base codes of the chosen rows, shape (n, length), uint8."""
        return self.dna.codes(self.table_rows("dna", rows))

    def labelled(self, rows: np.ndarray) -> np.ndarray:
        """Return those of the rows (n,) that have a known label."""
        has = np.empty(len(self), bool)
        for block in row_blocks(self.known):
            has[block] = self.known[block].any(axis=1)
        return rows[has[rows]]

    def values(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return the labels of the chosen rows, shape (n, T), float32, NaN where unknown."""
        labels = self.labels[rows].astype(np.float32)
        labels[~self.known[rows]] = np.nan
        return labels

    def select_tasks(self, names: Sequence[str]) -> "Dataset":
        """Return the data set with only the named tasks, in the order given."""
        for name in names:
            if name not in self.tasks:
                raise unknown("task", name, self.tasks)
        if tuple(names) == self.tasks:
            return self
        columns = [self.tasks.index(name) for name in names]
        truth = None if self.truth is None else self.truth.select_tasks(columns)
        origin = None if self.origin is None else self.origin.select_tasks(columns)
        return replace(
            self,
            labels=self.labels[:, columns],
            known=self.known[:, columns],
            tasks=tuple(names),
            truth=truth,
            origin=origin,
        )

    def select_rows(self, rows: np.ndarray) -> "Dataset":
        """Return the data set with only some rows (n,), in rising order, and what they read."""
        inputs, index = {}, {}
        for name, table in self.inputs.items():
            chosen = self.table_rows(name, rows)
            if name in self.index:
                chosen, index[name] = np.unique(chosen, return_inverse=True)
            inputs[name] = table.select(chosen)
        names = ("chrom", "start", "kind", "together")
        columns = {name: getattr(self, name) for name in names}
        truth = None if self.truth is None else self.truth.select_rows(rows)
        return replace(
            self,
            inputs=inputs,
            index=index,
            labels=self.labels[rows],
            known=self.known[rows],
            split=self.split[rows],
            factors={name: factor.select(rows) for name, factor in self.factors.items()},
            truth=truth,
            **{name: values[rows] for name, values in columns.items() if values is not None},
        )

    def positive_fraction(self, split: str = "train") -> np.ndarray:
        """Return ρ: the share of ones among the known labels of each task, shape (T,).

        NaN where no label is known in the split.
        """
        known, ones = self.counts(self.rows(split))
        return ones / np.where(known > 0, known, np.nan)

    def counts(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return how many labels of each task are known, and how many are 1; both of shape (T,)."""
        known, positive = np.zeros((2, len(self.tasks)), np.int64)
        for block in row_blocks(self.known):
            inside = rows[(rows >= block.start) & (rows < block.stop)]
            known += self.known[inside].sum(axis=0)
            positive += (self.labels[inside] == 1).sum(axis=0)
        return known, positive

    @property
    def where_rows_are(self) -> str:
        """What to do about rows that are missing, for messages."""
        if self.origin is None:
            return "make the data set with another split"
        whole = self.origin.fingerprints[0]
        return f"these were held out of the data set {whole}, which has the rows to train on"

    def was_trained_on(self, fingerprint: str) -> bool:
        """Return whether a model of this fingerprint was trained on this, or on its whole."""
        return fingerprint in (
            self.fingerprint,
            *(self.origin.fingerprints if self.origin else ()),
        )

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change with inputs, labels, tasks or split."""
        texts: list[Iterable[str]] = [self.tasks, self.split]
        if self.problem != UNNAMED:
            texts.insert(0, (self.problem, *self.classes))
        return fingerprint(self.inputs, self.index, self.labels, self.known, texts)
