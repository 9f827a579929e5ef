"""Lines of a motif file, its names, and the matrices that its numbers make."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from chrominterpret.errors import InputError
from chrominterpret.motifs.pwm import Motif, motif_from_counts

PathLike = str | os.PathLike[str]
Duplicates = Literal["error", "rename"]

ROUNDING: Final = 0.02


class Lines:
    """Lines of a file with a pointer, blank ends stripped, and errors that say where."""

    def __init__(self, path: PathLike) -> None:
        self.path = Path(path)
        try:
            text = self.path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(f"{self.path}: expected a text file; {error}") from error
        self.lines = [line.strip() for line in text.splitlines()]
        self.at = 0

    def error(self, message: str, *, line: int | None = None) -> InputError:
        """Return the error of a line, the current one by default."""
        return InputError(f"{self.path}, line {(self.at if line is None else line) + 1}: {message}")

    def peek(self) -> str | None:
        """Return the current line, or None behind the last one."""
        return self.lines[self.at] if self.at < len(self.lines) else None

    def remaining(self) -> Iterator[str]:
        """Yield line after line; ``at`` stands on the yielded line."""
        while self.at < len(self.lines):
            yield self.lines[self.at]
            self.at += 1

    def first(self) -> str:
        """Return the first line that is neither blank nor a comment; ``at`` stands on it."""
        return next((line for line in self.remaining() if not is_comment(line)), "")

    def numbers(self, words: Sequence[str], *, signed: bool = False) -> list[float]:
        """Return words as finite numbers, of at least 0 unless they may be signed."""
        try:
            values = [float(word) for word in words]
        except ValueError:
            raise self.error(f"expected numbers; received {' '.join(words)!r}") from None
        if not all(np.isfinite(value) and (signed or value >= 0) for value in values):
            least = "" if signed else " of at least 0"
            raise self.error(f"expected numbers{least}; received {' '.join(words)!r}")
        return values


class Names:
    """Names that must be unique."""

    def __init__(self, duplicates: Duplicates) -> None:
        if duplicates not in ("error", "rename"):
            raise InputError(f"expected duplicates 'error' or 'rename'; received {duplicates!r}")
        self.rename = duplicates == "rename"
        self.seen: set[str] = set()

    def take(self, name: str, lines: Lines, line: int) -> str:
        """Return a name, with a number where it was taken before and that is allowed."""
        if name in self.seen and not self.rename:
            raise lines.error(f"motif name {name!r} occurs twice", line=line)
        unique, copy = name, 2
        while unique in self.seen:
            unique, copy = f"{name}_{copy}", copy + 1
        self.seen.add(unique)
        return unique


def is_comment(line: str) -> bool:
    """Return whether a line is blank or begins with #."""
    return not line or line.startswith("#")


def motif_from_columns(
    lines: Lines, started: int, name: str, alt_name: str, columns: ArrayLike
) -> Motif:
    """Return the motif of frequencies, or of counts, (W, 4).

    Raises
    ------
    InputError
        With file and line, if a position has no counts, or frequencies that do not sum to 1.
    """
    counts = np.asarray(columns, dtype=np.float64)
    totals = counts.sum(axis=1)
    if not (totals > 0).all():
        column = int(totals.argmin()) + 1
        raise lines.error(f"motif {name!r} has no counts in column {column}", line=started)
    if (np.abs(totals - 1) <= ROUNDING).all():
        return Motif(name, counts / totals[:, None], alt_name=alt_name)
    if totals.max() < 2 and np.ptp(totals) > ROUNDING:
        column = int(np.abs(totals - 1).argmax())
        raise lines.error(
            f"motif {name!r} has frequencies that do not sum to 1: {totals[column]:.6g} in "
            f"column {column + 1}",
            line=started,
        )
    return motif_from_counts(name, counts, alt_name=alt_name)
