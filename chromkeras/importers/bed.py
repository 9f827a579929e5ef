"""Lines of BED files: which of them are regions, and what their columns hold."""

import os
import re
from collections.abc import Iterator

from chromkeras.errors import InputError
from chromkeras.importers.compressed import open_text

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")  # int() would also take 1_000 and digits of any script
_SKIPPED = ("#", "track ", "track\t", "browser ", "browser\t")


def bed_lines(
    path: str | os.PathLike[str], what: str = "regions", *, least: int = 3
) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the columns of each region of a BED file, gzip or not.

    Parameters
    ----------
    path
        BED file; empty, ``#``, ``track`` and ``browser`` lines are skipped. Columns are divided by
        tabs, or by spaces in a line without a tab.
    what
        What the file should be, for messages.
    least
        Columns that each line needs.

    Raises
    ------
    InputError
        The file is missing, empty or damaged, or a line has too few columns; the message has file
        and line.
    """
    with open_text(path, what, errors="replace") as text:
        for number, line in enumerate(text, 1):
            if line.startswith(_SKIPPED) or not line.strip():
                continue
            fields = line.rstrip("\r\n").split("\t") if "\t" in line else line.split()
            if len(fields) < least:
                raise InputError(
                    f"{path}:{number}: expected at least {least} columns (chrom, start, end), "
                    f"received {len(fields)}: {line.strip()[:60]!r}"
                )
            yield number, fields


def bed_integer(text: str, what: str) -> int:
    """Return a whole number of a BED file; ``InputError`` where the text is none."""
    if not _INTEGER.fullmatch(text):
        raise InputError(f"expected an integer {what}, received {text!r}")
    return int(text)


def check_bed_order(start: int, end: int) -> None:
    """Raise ``InputError`` for a start below 0, or an end before the start."""
    if start < 0:
        raise InputError(f"start {start} is negative; BED starts count from 0")
    if end < start:
        raise InputError(f"end {end} lies before start {start}; swap or remove them")
