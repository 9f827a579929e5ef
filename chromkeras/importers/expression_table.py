"""Tables of expression: one gene a line, one condition a column."""

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import numpy as np

from chromkeras.errors import InputError
from chromkeras.importers.compressed import open_text
from chromkeras.importers.gene_ids import check_once

UNKNOWN = frozenset({"", "na", "nan", "n/a", "null", "none"})


@dataclass(frozen=True, eq=False)
class ExpressionTable:
    """Expression of G genes in C conditions.

    Attributes
    ----------
    path
        The file that it came from, for messages.
    genes, conditions
        Identifiers, none twice.
    values
        Shape (G, C), float32; NaN where unknown.
    """

    path: Path
    genes: tuple[str, ...]
    conditions: tuple[str, ...]
    values: np.ndarray

    def log2(self) -> "ExpressionTable":
        """Return log2(x + 1) of the values.

        Raises
        ------
        InputError
            A value lies below 0.
        """
        if (negative := self.values < 0).any():
            gene, condition = (int(i) for i in np.argwhere(negative)[0])
            raise InputError(
                f"{self.path}, gene {self.genes[gene]!r}, {self.conditions[condition]!r}: "
                f"expected no value below 0 for `log`, received {self.values[gene, condition]:g}"
            )
        return replace(self, values=np.log2(self.values + np.float32(1)))


def read_expression(path: str | os.PathLike[str]) -> ExpressionTable:
    r"""Read a table of expression.

    Parameters
    ----------
    path
        Text with tabs or commas, gzipped or not. The first column holds identifiers of genes, the
        first line names of conditions, with or without a word above the identifiers. What is
        empty, NA or NaN is unknown.

    Raises
    ------
    InputError
        The file is missing or no table, a line has another number of columns, a value is no
        number, a name stands twice, or a condition has no known value.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "expression.tsv"
    >>> _ = file.write_text("gene\theat\tcold\nYAL001C\t1.5\tNA\nYAL002W\t0\t-1\n")
    >>> read_expression(file).values.tolist()
    [[1.5, nan], [0.0, -1.0]]
    """
    found = Path(path)
    with open_text(found, "expression table") as text:
        lines = _lines(text, found)
        _, header = next(lines, (0, []))
        genes: list[str] = []
        values: list[np.ndarray] = []
        for number, cells in lines:
            header = _without_corner(header, cells) if not genes else header
            genes.append(cells[0].strip())
            values.append(_numbers(cells, header, f"{found}:{number}"))
    if not genes:
        raise InputError(f"expression table {found} holds no gene; expected a header and lines")
    table = ExpressionTable(found, tuple(genes), tuple(header), np.stack(values))
    _check(table)
    return table


def _lines(text: TextIO, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of every line that is not blank."""
    try:
        first = text.readline()
        delimiter = "\t" if "\t" in first else ","
        if delimiter not in first:
            raise InputError(
                f"{path}:1: expected a header with names of conditions, separated by tabs or "
                f"commas, received {first.strip()[:60]!r}"
            )
        yield 1, next(csv.reader([first], delimiter=delimiter))
        reader = csv.reader(text, delimiter=delimiter)
        yield from ((reader.line_num + 1, cells) for cells in reader if any(cells))
    except csv.Error as error:
        raise InputError(f"{path}: {error}") from None


def _without_corner(header: list[str], cells: Sequence[str]) -> list[str]:
    """Return the names of conditions: R writes no word above the names of rows."""
    names = header if len(header) == len(cells) - 1 else header[1:]
    return [name.strip() for name in names]


def _numbers(cells: Sequence[str], conditions: Sequence[str], where: str) -> np.ndarray:
    if len(cells) != len(conditions) + 1:
        raise InputError(
            f"{where}: expected {len(conditions) + 1} columns (gene and {len(conditions)} "
            f"conditions), received {len(cells)}"
        )
    texts = ["nan" if cell.strip().lower() in UNKNOWN else cell for cell in cells[1:]]
    try:
        with np.errstate(over="ignore"):  # what becomes infinite is refused below
            values = np.array(texts, np.float64).astype(np.float32)
    except ValueError:
        values = np.array([_number(text) for text in texts])
    if np.isinf(values).any():
        place = int(np.argmax(np.isinf(values)))
        raise InputError(
            f"{where}: {conditions[place]!r}: expected a number or NA, received "
            f"{cells[place + 1]!r}"
        )
    return values


def _number(text: str) -> float:
    """Return the number of a text, infinity for what is none."""
    try:
        return float(text)
    except ValueError:
        return np.inf


def _check(table: ExpressionTable) -> None:
    check_once(table.genes, f"expression table {table.path}", "gene")
    check_once(table.conditions, f"expression table {table.path}", "condition")
    if "" in table.genes or "" in table.conditions:
        what = "gene" if "" in table.genes else "condition"
        raise InputError(f"expression table {table.path} has a {what} without a name")
    unknown = np.isnan(table.values).all(axis=0)
    if unknown.any():
        raise InputError(
            f"condition {table.conditions[int(np.argmax(unknown))]!r} of {table.path} has no "
            "known value; remove the column"
        )
