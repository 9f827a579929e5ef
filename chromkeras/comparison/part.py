"""A part of the comparison: what it hands over for the page, the tables and the summary."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from chrominterpret.page.blocks import Picture, Section
from chromkeras.files import replacing
from chromkeras.plots.style import svg_text

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class PartResult:
    """What a part found.

    Attributes
    ----------
    sections
        Of the page.
    facts
        For ``summary.json``; NaN becomes None there.
    tables
        Rows by the name of a TSV file; all rows of a table have the same keys.
    figures
        By the name of a PNG file.
    """

    sections: Sequence[Section] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, Rows] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict)


def write_tsv(path: Path, rows: Rows) -> None:
    """Write rows with six significant digits, NaN as nothing; the file appears whole or not."""
    columns = list(rows[0]) if rows else []
    with replacing(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_text(row[column]) for column in columns] for row in rows)


def plain(value: Any) -> Any:
    """Return a value as JSON has it: NaN becomes None, NumPy's arrays and numbers Python's."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    number = value.item() if hasattr(value, "item") else value
    return None if number != number else number


def picture(figure: Figure, caption: str, salt: str) -> Picture:
    """Return a figure for the page."""
    return Picture(svg_text(figure, salt), caption)


def _text(value: Any) -> str:
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, float):
        return "" if number != number else f"{number:.6g}"
    return str(number)
