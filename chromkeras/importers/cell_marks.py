"""Histone marks of several cell types, as options name them: CELL=FILE or CELL:MARK=FILE."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from chromkeras.errors import InputError
from chromkeras.files import require_file
from chromkeras.importers.histone_tables import HistoneTable, PairMarks, pair_marks, read_histone
from chromkeras.importers.promoters import Windows
from chromkeras.importers.signal_bins import read_cell_signal
from chromkeras.names import unknown


def parse_cells(texts: Sequence[str]) -> dict[str, Path]:
    """Return the file of each cell type of texts such as ``K562=K562.tsv.gz``.

    Raises
    ------
    InputError
        A text has no "=", a cell type stands twice, or a file is missing.

    Examples
    --------
    >>> parse_cells([])
    {}
    """
    files: dict[str, Path] = {}
    for text in texts:
        cell, equals, file = text.partition("=")
        if not (cell and equals and file):
            raise InputError(f"expected CELL=FILE as `histone`, received {text!r}")
        if cell in files:
            raise InputError(f"cell type {cell!r} of `histone` stands twice")
        files[cell] = require_file(file, "table of histone marks")
    return files


def parse_tracks(texts: Sequence[str]) -> dict[str, dict[str, Path]]:
    """Return the files by mark and cell type of texts such as ``K562:H3K4me3=K562_H3K4me3.bw``.

    Raises
    ------
    InputError
        A text is malformed, a track stands twice, a file is missing, or a cell type lacks a mark.

    Examples
    --------
    >>> parse_tracks([])
    {}
    """
    files: dict[str, dict[str, Path]] = {}
    for text in texts:
        name, equals, file = text.partition("=")
        cell, colon, mark = name.rpartition(":")
        if not (cell and colon and mark and equals and file):
            raise InputError(f"expected CELL:MARK=FILE as `bigwig`, received {text!r}")
        if mark in files.setdefault(cell, {}):
            raise InputError(f"{name!r} of `bigwig` stands twice")
        files[cell][mark] = require_file(file, "bigWig")
    marks = list(next(iter(files.values()), {}))
    for cell, own in files.items():
        if lacking := set(marks) ^ set(own):
            raise InputError(
                f"cell types need the same marks in `bigwig`: {sorted(lacking)[0]!r} is not there "
                f"for {cell!r} and {next(iter(files))!r} alike"
            )
    return files


def check_cells(cells: Sequence[str], conditions: Sequence[str], table: Path) -> None:
    """Raise ``InputError`` when a cell type is no condition of the table of expression."""
    for cell in cells:
        if cell not in conditions:
            raise InputError(f"{table}: {unknown('condition', cell, conditions)}")


def marks_of_tables(
    files: Mapping[str, Path], genes: Sequence[str], conditions: Sequence[str], *, log: bool
) -> PairMarks:
    """Return the marks of pairs of genes and conditions of tables by cell type.

    Raises
    ------
    InputError
        See ``read_histone`` and ``pair_marks``.
    """
    tables = ((cell, read_histone(file)) for cell, file in files.items())
    return pair_marks(tables, genes, conditions, len(files), log=log)


def marks_of_tracks(
    files: Mapping[str, Mapping[str, Path]],
    genes: Sequence[str],
    conditions: Sequence[str],
    windows: Windows,
    *,
    bins: int,
    log: bool,
) -> PairMarks:
    """Return the marks of pairs of genes and conditions of bigWig files by cell type and mark.

    Parameters
    ----------
    files
        By cell type and mark; all cell types have the same marks.
    genes, windows
        Names of G genes and where they lie.
    conditions
        C names.
    bins
        Bins of a window.
    log
        Take log(1 + x).

    Raises
    ------
    InputError
        See ``read_signal`` and ``pair_marks``.
    """
    marks = list(next(iter(files.values())))

    def tables() -> Iterator[tuple[str, HistoneTable]]:
        for cell, own in files.items():
            yield cell, read_cell_signal(own, marks, genes, windows, bins)

    return pair_marks(tables(), genes, conditions, len(files), log=log)
