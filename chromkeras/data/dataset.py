"""The one data set type: input tables, a row index into them, labels, tasks, places and a split."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from chromkeras.data.known import to_flagged
from chromkeras.data.packed import PackedSequences
from chromkeras.errors import InputError
from chromkeras.names import check_unique, unknown

SPLITS = ("train", "valid", "test")
KINDS = ("element", "background")
Table = PackedSequences | np.ndarray


@dataclass(frozen=True)
class Truth:
    """Where a simulator planted motifs.

    Attributes
    ----------
    row, start, end
        Shape (M,), int64: the data set row and the 0-based half-open place in its sequence.
    motif
        Shape (M,), int64: index into ``names``.
    strand
        Shape (M,), int8: +1 or -1.
    names
        Motif names.
    causal
        Shape (M, T), bool: instances that open their row in a task; the others are decoys there.
        None when unknown.
    """

    row: np.ndarray
    start: np.ndarray
    end: np.ndarray
    motif: np.ndarray
    strand: np.ndarray
    names: tuple[str, ...]
    causal: np.ndarray | None = None

    def select(self, chosen: np.ndarray) -> "Truth":
        """Return the instances of a mask or of indices, in that order."""
        columns = ("row", "start", "end", "motif", "strand", "causal")
        values = {name: getattr(self, name) for name in columns}
        return replace(self, **{k: v[chosen] for k, v in values.items() if v is not None})

    def select_tasks(self, columns: Sequence[int]) -> "Truth":
        """Return what is planted as seen by some of the tasks."""
        if self.causal is None:
            return self
        return replace(self, causal=self.causal[:, list(columns)])


@dataclass(frozen=True)
class Origin:
    """The whole data set of which only the rows outside of its training split were kept.

    Attributes
    ----------
    fingerprints
        Of the whole, and of the whole with only some of its tasks.
    positive
        Shape (T,): share of positives among the known labels of its training split; None where
        labels are not binary.
    """

    fingerprints: tuple[str, ...]
    positive: np.ndarray | None = None

    def select_tasks(self, columns: Sequence[int]) -> "Origin":
        """Return the origin of a data set with only some of the tasks."""
        if self.positive is None:
            return self
        return replace(self, positive=self.positive[list(columns)])


def _check_names(tasks: Sequence[str]) -> None:
    for column, name in enumerate(tasks):
        if not name.strip() or not name.isprintable():
            raise InputError(
                f"task name {name!r} of column {column} is blank or has characters that cannot "
                "be printed; rename it"
            )
    check_unique("task name", tasks)


def _check_values(labels: np.ndarray, problem: str) -> None:
    if labels.dtype.kind not in "biuf" or not np.isfinite(labels).all():
        raise InputError(
            f"expected numbers as labels and a mask `known` of those that are known, received "
            f"{labels.dtype}{' with NaN or infinity' if labels.dtype.kind == 'f' else ''}"
        )
    if problem == "binary" and not ((labels == 0) | (labels == 1)).all():
        strange = labels[(labels != 0) & (labels != 1)][0]
        raise InputError(
            f"expected labels 0 and 1 for problem 'binary', received {strange:g}; unknown labels "
            "are marked by the mask `known`"
        )


@dataclass(frozen=True)
class Dataset:
    """Rows of inputs with a label for every task.

    Attributes
    ----------
    inputs
        Tables by name; DNA as ``PackedSequences``, other inputs as arrays of shape (M, ...).
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
    truth
        Planted motifs, for simulated data.
    motifs
        MEME text of the planted motifs, for simulated data.
    origin
        What the rows were held out of; None for a whole data set.

    Raises
    ------
    InputError
        Shapes do not fit, a known label is no number or is not legal for the problem, or a name
        stands twice.

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
    problem: str = "binary"
    classes: tuple[str, ...] = ()
    index: dict[str, np.ndarray] = field(default_factory=dict)
    chrom: np.ndarray | None = None
    start: np.ndarray | None = None
    kind: np.ndarray | None = None
    truth: Truth | None = None
    motifs: str | None = None
    origin: Origin | None = None

    def __post_init__(self) -> None:
        _check_names(self.tasks)
        if self.labels.ndim != 2 or self.labels.shape[1] != len(self.tasks):
            raise InputError(
                f"expected labels of shape (rows, {len(self.tasks)} tasks), "
                f"received {self.labels.shape}"
            )
        self._take_known()
        self._check_lengths()
        self._check_truth()
        self._check_origin()
        strange = set(np.unique(self.split)) - set(SPLITS)
        if strange:
            raise unknown("split", str(sorted(strange)[0]), SPLITS)

    def _take_known(self) -> None:
        """Store the mask, labels of the problem's type, and 0 where a label is unknown."""
        known = np.ones(self.labels.shape, bool) if self.known is None else self.known
        if known.shape != self.labels.shape or known.dtype != bool:
            raise InputError(
                f"expected known of shape {self.labels.shape}, bool, received {known.shape}, "
                f"{known.dtype}"
            )
        labels = np.where(known, self.labels, self.labels.dtype.type(0))
        _check_values(labels, self.problem)
        if self.problem == "binary":
            labels = labels.astype(np.int8, copy=False)
        object.__setattr__(self, "known", known)
        object.__setattr__(self, "labels", labels)

    def _check_lengths(self) -> None:
        columns: dict[str, Table | None] = {
            "split": self.split,
            "chrom": self.chrom,
            "start": self.start,
            "kind": self.kind,
        }
        columns |= {f"index of {name}": rows for name, rows in self.index.items()}
        columns |= {f"input {k}": v for k, v in self.inputs.items() if k not in self.index}
        for name, column in columns.items():
            if column is not None and len(column) != len(self):
                raise InputError(f"expected {len(self)} rows in {name}, received {len(column)}")

    def _check_truth(self) -> None:
        if self.truth is None or self.truth.causal is None:
            return
        expected, received = (len(self.truth.row), len(self.tasks)), self.truth.causal.shape
        if received != expected:
            raise InputError(
                f"expected causal of shape {expected} (instances, tasks) in the truth, "
                f"received {received}"
            )

    def _check_origin(self) -> None:
        positive = None if self.origin is None else self.origin.positive
        if positive is not None and positive.shape != (len(self.tasks),):
            raise InputError(
                f"expected a share of positives for each of {len(self.tasks)} tasks in the origin, "
                f"received shape {positive.shape}"
            )

    def __len__(self) -> int:
        return len(self.labels)

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
        return {
            name: (table.length, 4) if isinstance(table, PackedSequences) else table.shape[1:]
            for name, table in self.inputs.items()
        }

    @property
    def elements(self) -> np.ndarray:
        """Shape (N,), bool: rows that are elements, not background."""
        return np.ones(len(self), bool) if self.kind is None else self.kind == "element"

    def rows(self, split: str) -> np.ndarray:
        """Return the row numbers of a split ("train", "valid", "test" or "all")."""
        if split == "all":
            return np.arange(len(self))
        if split not in SPLITS:
            raise unknown("split", split, (*SPLITS, "all"))
        return np.flatnonzero(self.split == split)

    def table_rows(self, name: str, rows: np.ndarray) -> np.ndarray:
        """Return the rows of input table ``name`` that belong to data set rows ``rows``."""
        return self.index[name][rows] if name in self.index else rows

    def one_hot(self, rows: np.ndarray) -> np.ndarray:
        """Return float32 one-hot DNA of the chosen rows, shape (n, length, 4)."""
        return self.dna.one_hot(self.table_rows("dna", rows))

    def codes(self, rows: np.ndarray) -> np.ndarray:
        """Return the base codes of the chosen rows, shape (n, length), uint8."""
        return self.dna.codes(self.table_rows("dna", rows))

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

    def positive_fraction(self, split: str = "train") -> np.ndarray:
        """Return ρ: the share of positives among the known labels of each task, shape (T,).

        Raises
        ------
        InputError
            A task has no known label, only positives or only negatives in the split.
        """
        rows = self.rows(split)
        if len(rows) == 0:
            raise InputError(f"the {split} split has no rows; {self.where_rows_are}")
        known = self.known[rows].sum(axis=0)
        positive = (self.labels[rows] == 1).sum(axis=0)
        for task, n, ones in zip(self.tasks, known, positive, strict=True):
            if ones in (0, n):
                what = (
                    "no known label"
                    if n == 0
                    else "only negatives"
                    if ones == 0
                    else "only positives"
                )
                raise InputError(
                    f"task {task!r} has {what} among the {len(rows)} {split} rows; "
                    "leave the task out or change the split"
                )
        return positive / known

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
        digest = hashlib.sha256()
        for name in sorted(self.inputs):
            table = self.inputs[name]
            parts = (
                (table.packed, table.unknown_rows, table.unknown_bits)
                if isinstance(table, PackedSequences)
                else (table,)
            )
            index = self.index.get(name)
            digest.update(name.encode())
            for part in (*parts, *(() if index is None else (index,))):
                digest.update(np.ascontiguousarray(part).data)
        digest.update(np.ascontiguousarray(to_flagged(self.labels, self.known)).data)
        if self.problem != "binary":
            digest.update("\0".join((self.problem, *self.classes)).encode())
        digest.update("\0".join(self.tasks).encode())
        digest.update("\0".join(self.split).encode())
        return digest.hexdigest()[:16]
