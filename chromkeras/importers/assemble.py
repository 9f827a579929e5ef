"""The last step of every source: leave rows out, check what is left, and make the data set."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.data.split_names import SPLITS
from chromkeras.data.splits import DROPPED, LISTED, RELATED
from chromkeras.data.tables import Table
from chromkeras.errors import InputError
from chromkeras.importers.dataset_facts import dataset_facts
from chromkeras.problems.registry import find_problem

STRADDLING = "across a split boundary"
BLACKLISTED = "touching the blacklist"
LEFT_OUT = {
    DROPPED: STRADDLING,
    RELATED: "with a relative in a region that is held out",
    LISTED: BLACKLISTED,
}
ALL_UNKNOWN = "nothing but N"


@dataclass(frozen=True)
class Rows:
    """Rows before the split leaves some out; the columns are those of ``Dataset``.

    ``split`` may also hold why a row is left out, a key of ``LEFT_OUT``. ``inputs`` are those
    beside the DNA; ``split_by`` says how the split was made.
    """

    dna: PackedSequences
    labels: np.ndarray
    tasks: tuple[str, ...]
    split: np.ndarray
    problem: str
    chrom: np.ndarray | None = None
    start: np.ndarray | None = None
    kind: np.ndarray | None = None
    known: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    inputs: dict[str, Table] = field(default_factory=dict)
    index: dict[str, np.ndarray] = field(default_factory=dict)
    split_by: str = ""

    @property
    def tables(self) -> dict[str, Table]:
        """All inputs by name, the DNA first."""
        return {"dna": self.dna, **self.inputs}

    def with_split(self, split: np.ndarray, split_by: str = "") -> "Rows":
        """Return the rows with another split, shape (N,), and how it was made."""
        return replace(self, split=split, split_by=split_by)


@dataclass(frozen=True)
class Prepared:
    """A data set and what happened on the way.

    Attributes
    ----------
    dataset
        The data set.
    dropped
        Reason to number of rows or peaks left out.
    notes
        Lines for a person.
    left_out
        Names that are left out, such as of genes, and what each is missing from; None where rows
        have no names.
    """

    dataset: Dataset
    dropped: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what the data set holds, rows left out by reason, and the notes."""
        return dataset_facts(self.dataset) | {"dropped": self.dropped, "notes": list(self.notes)}


@contextmanager
def found_in(where: str | Path) -> Iterator[None]:
    """Put where it was found, such as a file, before the message of an ``InputError``."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def pack_blocks(blocks: Iterable[np.ndarray], length: int) -> PackedSequences:
    """Pack blocks of codes one after the other, so that no more than one is held unpacked.

    Parameters
    ----------
    blocks
        Base codes, each of shape (n, length), uint8.
    length
        Bases of each sequence.
    """
    parts = [PackedSequences.from_codes(np.zeros((0, length), np.uint8))]
    parts += [PackedSequences.from_codes(block) for block in blocks]
    first_row = np.cumsum([0, *(len(part) for part in parts[:-1])])
    return PackedSequences(
        packed=np.concatenate([part.packed for part in parts]),
        length=length,
        unknown_rows=np.concatenate(
            [part.unknown_rows + first for part, first in zip(parts, first_row, strict=True)]
        ),
        unknown_bits=np.concatenate([part.unknown_bits for part in parts]),
    )


def all_unknown(dna: PackedSequences) -> np.ndarray:
    """Return the rows that hold nothing but N, shape (n,), int64."""
    bits = np.unpackbits(dna.unknown_bits, axis=1, count=dna.length)
    return dna.unknown_rows[bits.all(axis=1)]


def assemble(
    rows: Rows,
    *,
    drop_unknown: bool = False,
    dropped: dict[str, int] | None = None,
    notes: Iterable[str] = (),
    may_lack: bool = False,
) -> Prepared:
    """Return the data set of the rows that stay.

    Parameters
    ----------
    rows
        All rows.
    drop_unknown
        Leave out rows that hold nothing but N instead of refusing them.
    dropped
        What was left out before.
    notes
        Lines for a person.
    may_lack
        Whether a split may be empty, as in data to test on alone.

    Raises
    ------
    InputError
        A row holds nothing but N, a split is empty, or a task has nothing to learn
        from among the training rows.
    """
    out = np.isin(rows.split, tuple(LEFT_OUT))
    unknown = np.zeros(len(rows.dna), bool)
    unknown[all_unknown(rows.dna)] = True
    unknown = unknown[rows.index["dna"]] if "dna" in rows.index else unknown
    if unknown.any() and not drop_unknown:
        raise InputError(
            f"{_name(rows, int(np.argmax(unknown)))} is nothing but N ({unknown.sum()} such "
            "rows); remove it or leave such rows out (`drop_unknown`)"
        )
    counts = {ALL_UNKNOWN: int(unknown.sum())}
    for value, why in LEFT_OUT.items():
        count = int(((rows.split == value) & ~unknown).sum())
        if count or value == DROPPED:
            counts[why] = count
    dataset = _dataset(rows, np.flatnonzero(~out & ~unknown))
    lacking = check_splits(dataset, may_lack=may_lack)
    total = counts | {why: n + counts.get(why, 0) for why, n in (dropped or {}).items()}
    return Prepared(dataset, total, (*notes, *lacking))


def _name(rows: Rows, row: int) -> str:
    if rows.chrom is None or rows.start is None:
        return f"row {row}"
    start = rows.start[row]
    return f"row {row} ({rows.chrom[row]}:{start}-{start + rows.dna.length})"


def _dataset(rows: Rows, kept: np.ndarray) -> Dataset:
    whole = len(kept) == len(rows.split)
    known = np.ones(rows.labels.shape, bool) if rows.known is None else rows.known
    return Dataset(
        inputs={
            name: table if whole or name in rows.index else table.select(kept)
            for name, table in rows.tables.items()
        },
        index={name: index[kept] for name, index in rows.index.items()},
        labels=rows.labels[kept],
        known=known[kept],
        problem=rows.problem,
        classes=rows.classes,
        tasks=rows.tasks,
        split=rows.split[kept],
        chrom=None if rows.chrom is None else rows.chrom[kept],
        start=None if rows.start is None else rows.start[kept],
        kind=None if rows.kind is None else rows.kind[kept],
        split_by=rows.split_by,
    )


def check_splits(dataset: Dataset, *, may_lack: bool = False) -> tuple[str, ...]:
    """Check that every split has rows, and that there is something to learn.

    Parameters
    ----------
    dataset
        The data set.
    may_lack
        Whether to say of an empty split that it is, instead of refusing it.

    Returns
    -------
    tuple of str
        A line for a person about the splits that are empty, if any.

    Raises
    ------
    InputError
        A split is empty, or a task has labels of one value among the training rows.
    """
    sizes = {split: len(dataset.rows(split)) for split in SPLITS}
    empty = [split for split in SPLITS if not sizes[split]]
    if empty and not (may_lack and len(dataset)):
        text = ", ".join(f"{split} {size}" for split, size in sizes.items())
        raise InputError(f"no row is left for {empty[0]} ({text}); change the split")
    if sizes["train"]:
        find_problem(dataset.problem).check_training(dataset)
    return (f"no row is for {' or '.join(empty)}",) if empty else ()
