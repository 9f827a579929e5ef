"""Tables: as text for a person, as TSV and as JSON."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chrominterpret.json_file import plain
from chromkeras.files import replacing
from chromkeras.names import printable

__all__ = ["Rows", "align", "plain", "write_tsv"]

Rows = Sequence[Mapping[str, Any]]


def align(lines: Sequence[Sequence[str]]) -> str:
    """Return rows of equally many cells as text: first column left, the others right.

    Cells are made safe to print (`chromkeras.names.printable`).
    """
    lines = [[printable(cell) for cell in line] for line in lines]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = []
    for first, *others in lines:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        text.append("  ".join(cells).rstrip())
    return "\n".join(text)


def write_tsv(path: Path, rows: Rows) -> None:
    """Write rows with six significant digits, NaN as nothing; the file appears whole or not."""
    columns = list(rows[0]) if rows else []
    with replacing(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_text(row[column]) for column in columns] for row in rows)


def _text(value: Any) -> str:
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, float):
        return "" if number != number else f"{number:.6g}"
    return str(number)
