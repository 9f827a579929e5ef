"""What makes a data set whole."""

from collections.abc import Mapping, Sequence, Sized

import numpy as np

from chromkeras.data.blocks import row_blocks
from chromkeras.data.tables import Table
from chromkeras.errors import InputError
from chromkeras.names import check_unique, unknown

LONGEST_NAME = 1000  # a model file holds it in several places


def check_tasks(tasks: Sequence[str]) -> None:
    """Raise ``InputError`` when a task's name stands twice or cannot be read by people."""
    for column, name in enumerate(tasks):
        if len(name) > LONGEST_NAME:
            raise InputError(
                f"task name {name[:40] + '…'!r} of column {column} has {len(name):,} characters, "
                f"more than {LONGEST_NAME:,}; rename it"
            )
        if not name.strip() or not name.isprintable():
            raise InputError(
                f"task name {name!r} of column {column} is blank or has characters that cannot "
                "be printed; rename it"
            )
    check_unique("task name", tasks)


def check_shape(labels: np.ndarray, tasks: Sequence[str]) -> None:
    """Raise ``InputError`` when labels have not a column for each task, or are no numbers."""
    if labels.ndim != 2 or labels.shape[1] != len(tasks):
        raise InputError(
            f"expected labels of shape (rows, {len(tasks)} tasks), received {labels.shape}"
        )
    if labels.dtype.kind not in "biuf":
        raise InputError(f"expected numbers as labels, received {labels.dtype}")


def legal_labels(labels: np.ndarray, known: np.ndarray, *, zero_one: bool) -> np.ndarray:
    """Return labels that are 0 where unknown; they are copied only where that needs a change.

    Parameters
    ----------
    labels
        Shape (N, T), numbers.
    known
        Shape (N, T), bool.
    zero_one
        Whether 0 and 1 alone are legal, and become int8.

    Raises
    ------
    InputError
        The mask does not fit, or a known label is not finite or not legal.
    """
    if known.shape != labels.shape or known.dtype != bool:
        raise InputError(
            f"expected known of shape {labels.shape}, bool, received {known.shape}, {known.dtype}"
        )
    clean = True
    for block in row_blocks(labels):
        some = np.where(known[block], labels[block], labels.dtype.type(0))
        clean = clean and np.array_equal(some, labels[block])
        _check_values(some, zero_one=zero_one)
    if not clean:
        labels = np.where(known, labels, labels.dtype.type(0))
    return labels.astype(np.int8, copy=False) if zero_one else labels


def _check_values(labels: np.ndarray, *, zero_one: bool) -> None:
    if not np.isfinite(labels).all():
        raise InputError(
            "expected finite labels and a mask `known` of those that are known, received NaN or "
            "infinity"
        )
    if zero_one and not ((labels == 0) | (labels == 1)).all():
        strange = labels[(labels != 0) & (labels != 1)][0]
        raise InputError(
            f"expected labels 0 and 1 for problem 'binary', received {strange:g}; unknown labels "
            "are marked by the mask `known`"
        )


def check_inputs(inputs: Mapping[str, Table], index: Mapping[str, np.ndarray]) -> None:
    """Raise ``InputError`` when inputs are no tables, or an index does not fit its table.

    Parameters
    ----------
    inputs
        Tables by name.
    index
        Row numbers in the table of that name, by name.
    """
    for name, table in inputs.items():
        if not name.isprintable() or "/" in name or not name.strip():
            raise InputError(f"expected a printable name without / for an input, received {name!r}")
        if not isinstance(table, Table):
            raise InputError(
                f"expected input {name} as a PackedSequences or DenseTable, received "
                f"{type(table).__name__}"
            )
    for name, rows in index.items():
        if name not in inputs:
            raise unknown("input of an index", name, tuple(inputs))
        last = len(inputs[name]) - 1
        if rows.ndim != 1 or rows.dtype.kind not in "iu":
            raise InputError(
                f"expected index of {name} of shape (rows,), integers, received {rows.shape}, "
                f"{rows.dtype}"
            )
        low, high = (int(rows.min()), int(rows.max())) if rows.size else (0, last)
        if low < 0 or high > last:
            raise InputError(
                f"expected row numbers from 0 to {last} in index of {name}, received {low} to "
                f"{high}, {rows.dtype}"
            )
    lengths = {name: table.shape[0] for name, table in inputs.items() if table.along_dna}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InputError(f"expected one length of all inputs that run along the DNA: {found}")


def check_lengths(rows: int, columns: Mapping[str, Sized | None]) -> None:
    """Raise ``InputError`` when a column, by name, has not as many rows as the data set."""
    for name, column in columns.items():
        if column is not None and len(column) != rows:
            raise InputError(f"expected {rows} rows in {name}, received {len(column)}")
