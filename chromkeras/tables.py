"""Tables: as text for a person, as TSV and as JSON."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chromkeras.files import replacing
from chromkeras.names import printable

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


def plain(value: Any) -> Any:
    """Return a value as JSON has it.

    NaN and infinity become None, NumPy's arrays and numbers Python's, paths texts, and dataclasses
    what their ``to_json`` returns, or else mappings of their fields.

    Examples
    --------
    >>> plain({"auroc": np.array([0.5, np.nan]), "model": Path("hard.keras")})
    {'auroc': [0.5, None], 'model': 'hard.keras'}
    """
    if is_dataclass(value):
        if hasattr(value, "to_json"):
            return plain(value.to_json())
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, Path):
        return str(value)
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and not math.isfinite(number) else number


def _text(value: Any) -> str:
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, float):
        return "" if number != number else f"{number:.6g}"
    return str(number)
