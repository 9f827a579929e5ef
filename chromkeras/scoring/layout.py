"""What the columns of a table of scores are, and some of its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from chromkeras.errors import InputError
from chromkeras.model_file.facts import as_list, as_table, as_text
from chromkeras.names import check_unique, unknown

Kind = Literal["text", "integer", "number"]
Piece = Mapping[str, np.ndarray]
"""Some rows: columns (n,) and matrices (n, K) by name."""
_DTYPES: dict[str, Any] = {"text": "S", "integer": np.int64, "number": np.float64}


@dataclass(frozen=True)
class Layout:
    """Columns and matrices of a table.

    Attributes
    ----------
    columns
        What describes a row, by name in order, each "text", "integer" or "number".
    matrices
        Numbers, by name in order: the headings of the K columns of each in a file of text.
    tasks
        What the K columns of every matrix stand for, where they are alike; for HDF5.
    """

    columns: Mapping[str, Kind]
    matrices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tasks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_unique("column", self.headings)

    @property
    def headings(self) -> tuple[str, ...]:
        """Headings of all columns of a file of text."""
        return (*self.columns, *(name for names in self.matrices.values() for name in names))

    def arrays(self, piece: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Return rows as they are kept: text as UTF-8 bytes, matrices as float32.

        Raises
        ------
        InputError
            A column or matrix is missing or of another shape.
        """
        found = {}
        for name, kind in self.columns.items():
            values = piece[name]
            if kind == "text":
                values = [v if isinstance(v, bytes) else str(v).encode() for v in values]
            found[name] = np.array(values, _DTYPES[kind])
        for name, headings in self.matrices.items():
            found[name] = np.asarray(piece[name], np.float32).reshape(-1, len(headings))
        counts = {len(array) for array in found.values()}
        if len(counts) > 1:
            raise InputError(f"expected columns of one length, received {sorted(counts)}")
        return found

    def to_json(self) -> dict[str, Any]:
        """Return the layout as plain values."""
        return {
            "columns": dict(self.columns),
            "matrices": {name: list(headings) for name, headings in self.matrices.items()},
            "tasks": list(self.tasks),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Layout":
        """Return the layout that ``to_json`` gave.

        Raises
        ------
        InputError
            The values are no layout.
        """
        table = as_table(values, "layout", needed=("columns", "matrices", "tasks"), allowed=())
        columns = as_table(table["columns"], "layout: columns")
        matrices = as_table(table["matrices"], "layout: matrices")
        for name, kind in columns.items():
            if kind not in _DTYPES:
                raise unknown(f"kind of column {name}:", str(kind), tuple(_DTYPES))
        named = {name: _names(headings, "layout: matrices") for name, headings in matrices.items()}
        return cls(dict(columns), named, _names(table["tasks"], "layout: tasks"))


def _names(values: Any, where: str) -> tuple[str, ...]:
    return tuple(as_text(value, where) for value in as_list(values, where))


def rows_of(arrays: Mapping[str, np.ndarray]) -> int:
    """Return how many rows a piece has."""
    return len(next(iter(arrays.values())))
