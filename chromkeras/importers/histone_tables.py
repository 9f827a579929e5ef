"""Tables of histone marks: bins × marks of each gene in one cell type."""

import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from chromkeras.errors import InputError
from chromkeras.files import require_file
from chromkeras.importers.array_file import open_arrays
from chromkeras.importers.compressed import open_maybe_gzip
from chromkeras.importers.gene_ids import check_once, match_ids

_ARRAYS = (".npz", ".h5", ".hdf5")
_WHOLE = (np.uint8, np.uint16, np.int16, np.uint32, np.int32)


@dataclass(frozen=True, eq=False)
class HistoneTable:
    """Histone marks of G genes in one cell type.

    Attributes
    ----------
    path
        The file, or what stands for it in messages.
    genes, marks
        Names, none twice.
    values
        Shape (G, B, M): bins in the direction of the gene, marks; whole numbers as narrow as they
        may be, or float32.
    """

    path: Path | str
    genes: tuple[str, ...]
    marks: tuple[str, ...]
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class PairMarks:
    """Histone marks of P pairs of a gene and a condition.

    Attributes
    ----------
    values
        Shape (P, B, M).
    row
        Shape (G, C), int64: the row of each gene in each condition; -1 where there is none.
    marks
        M names.
    """

    values: np.ndarray
    row: np.ndarray
    marks: tuple[str, ...]


def read_histone(path: str | os.PathLike[str]) -> HistoneTable:
    r"""Read the histone marks of a cell type.

    Parameters
    ----------
    path
        Text with tabs or commas, gzipped or not, with a header: gene, bin, then one column a mark.
        Or .npz or HDF5 with ``x`` (genes, bins, marks), ``genes`` and ``marks``.

    Raises
    ------
    InputError
        The file is missing or malformed, genes have different bins, or a value is no number.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "K562.tsv"
    >>> _ = file.write_text("gene\tbin\tH3K4me3\nA\t1\t7\nA\t2\t300\nB\t1\t0\nB\t2\t1\n")
    >>> table = read_histone(file)
    >>> table.values[..., 0].tolist(), str(table.values.dtype)
    ([[7, 300], [0, 1]], 'uint16')
    """
    found = require_file(path, "table of histone marks")
    table = _read_arrays(found) if found.suffix.lower() in _ARRAYS else _read_text(found)
    check_once(table.genes, str(found), "gene")
    check_once(table.marks, str(found), "mark")
    if table.values.dtype.kind == "f" and not np.isfinite(table.values).all():
        gene, place, mark = (int(i) for i in np.argwhere(~np.isfinite(table.values))[0])
        raise InputError(
            f"{found}, gene {table.genes[gene]!r}, bin {place} from 0, {table.marks[mark]}: "
            "expected a finite number"
        )
    return table


def _read_arrays(path: Path) -> HistoneTable:
    with open_arrays(path) as file:
        for name in ("x", "genes", "marks"):
            if name not in file:
                raise InputError(
                    f"{path}: expected arrays x (genes, bins, marks), genes and marks, found "
                    f"{', '.join(file)}"
                )
        x, texts = file.read("x"), file.texts("genes", "marks")
    genes, marks = (tuple(str(name) for name in texts[key]) for key in ("genes", "marks"))
    if x.ndim != 3 or x.dtype.kind not in "biuf" or 0 in x.shape:
        raise InputError(
            f"{path}, x: expected numbers of shape (genes, bins, marks), received {x.shape}, "
            f"{x.dtype}"
        )
    if (len(x), x.shape[2]) != (len(genes), len(marks)):
        raise InputError(
            f"{path}: x has {len(x)} genes and {x.shape[2]} marks; there are {len(genes)} and "
            f"{len(marks)} names"
        )
    return HistoneTable(path, genes, marks, compact(x))


def _read_text(path: Path) -> HistoneTable:
    frame = _frame(path)
    marks = tuple(str(name).strip() for name in frame.columns[2:])
    numbers = [_numbers(frame.iloc[:, i], path) for i in range(1, frame.shape[1])]
    code, genes = pd.factorize(frame.iloc[:, 0])
    count = np.bincount(code)
    if (count != count[0]).any():
        other = int(np.argmax(count != count[0]))
        raise InputError(
            f"{path}: expected equally many bins of every gene, received {count[0]} of "
            f"{genes[0]!r} and {count[other]} of {genes[other]!r}"
        )
    order = np.lexsort((numbers[0], code))
    bins = numbers[0][order].reshape(len(genes), -1)
    strange = (bins != bins[0]).any(axis=1) | (np.diff(bins, axis=1) == 0).any(axis=1)
    if strange.any():
        raise InputError(
            f"{path}, gene {genes[int(np.argmax(strange))]!r}: expected each of the bins of "
            f"{genes[0]!r} once, {bins[0, 0]:g} to {bins[0, -1]:g}"
        )
    kind = np.result_type(*numbers[1:])
    values = np.empty((*bins.shape, len(marks)), kind)
    for mark, column in enumerate(numbers[1:]):
        values[..., mark] = column[order].reshape(bins.shape)
    return HistoneTable(path, tuple(str(gene) for gene in genes), marks, compact(values))


def _frame(path: Path) -> pd.DataFrame:
    """Return the table with identifiers as text."""
    with open_maybe_gzip(path, "table of histone marks") as stream:
        first = stream.readline().decode("utf-8-sig", "replace")
        delimiter = "\t" if "\t" in first else ","
        names = [name.strip() for name in first.split(delimiter)]
        if len(names) < 3 or names[1].lower() not in ("bin", "bins"):
            raise InputError(
                f"{path}:1: expected the columns gene, bin and one for each mark, received "
                f"{first.strip()[:60]!r}"
            )
        check_once(names, str(path), "column")
        nothing = {name: [""] for name in names[1:]}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", pd.errors.ParserWarning)  # cells beyond the columns
                frame = pd.read_csv(
                    stream, sep=delimiter, header=None, names=names, index_col=False,
                    dtype={names[0]: str}, keep_default_na=False, na_values=nothing,
                )  # fmt: skip
        except pd.errors.ParserWarning:
            raise InputError(f"{path}: expected {len(names)} columns, a line has more") from None
        except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: {' '.join(str(error).split())}") from None
    if frame.empty:
        raise InputError(f"table of histone marks {path} holds no gene")
    return frame


def _numbers(column: pd.Series, path: Path) -> np.ndarray:
    """Return a column of numbers, shape (lines,)."""
    values = pd.to_numeric(column, errors="coerce").to_numpy()
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        line = int(np.argmax(~np.isfinite(values)))
        text = column.iloc[line]
        raise InputError(
            f"{path}:{line + 2}: {column.name}: expected a number, received "
            f"{'nothing' if pd.isna(text) else repr(str(text))}"
        )
    return values


def compact(values: np.ndarray) -> np.ndarray:
    """Return whole numbers in the narrowest type that holds them, others as float32.

    Examples
    --------
    >>> compact(np.array([0, 70_000])).dtype, compact(np.array([0.5])).dtype
    (dtype('uint32'), dtype('float32'))
    """
    if values.dtype.kind == "f":
        with np.errstate(over="ignore"):  # what becomes infinite is refused by the caller
            return values.astype(np.float32, copy=False)
    low, high = int(values.min()), int(values.max())
    fits = (t for t in _WHOLE if np.iinfo(t).min <= low and high <= np.iinfo(t).max)
    return values.astype(next(fits, np.float32), copy=False)


def pair_marks(
    tables: Iterable[tuple[str, HistoneTable]],
    genes: Sequence[str],
    conditions: Sequence[str],
    cells: int,
    *,
    log: bool = False,
) -> PairMarks:
    """Return the marks of all pairs of a gene and a condition that have some.

    Parameters
    ----------
    tables
        Condition and its table, one after the other: no more than one is held beside the result.
    genes, conditions
        Names of G genes and C conditions.
    cells
        Number of tables.
    log
        Take log(1 + x).

    Raises
    ------
    InputError
        A table has other bins or marks than the first, or ``log`` is asked for values below 0.

    Examples
    --------
    >>> table = HistoneTable("K562.tsv", ("B",), ("H3K4me3",), np.array([[[7], [300]]]))
    >>> found = pair_marks([("K562", table)], ("A", "B"), ("H1", "K562"), 1)
    >>> found.values.shape, found.row.tolist()
    ((1, 2, 1), [[-1, -1], [-1, 0]])
    """
    first: HistoneTable | None = None
    row = np.full((len(genes), len(conditions)), -1)
    values = np.empty((0, 0, 0), np.uint8)
    filled = 0
    for name, table in tables:
        if first is None:
            first = table
            values = np.empty((len(genes) * cells, *table.values.shape[1:]), table.values.dtype)
        _check_alike(first, table)
        here, column = match_ids(genes, table.genes), list(conditions).index(name)
        has = np.flatnonzero(here >= 0)
        block = _log(table) if log else table.values
        kind = np.result_type(values, block)
        values = values.astype(np.float32 if kind.kind == "f" else kind, copy=False)
        values[filled : filled + len(has)] = block[here[has]]
        row[has, column] = filled + np.arange(len(has))
        filled += len(has)
    return PairMarks(values[:filled], row, first.marks if first else ())


def _log(table: HistoneTable) -> np.ndarray:
    if (table.values < 0).any():
        gene = table.genes[int(np.argwhere(table.values < 0)[0][0])]
        raise InputError(f"{table.path}, gene {gene!r}: expected no value below 0 for `log_marks`")
    return np.log1p(table.values, dtype=np.float32)


def _check_alike(first: HistoneTable, other: HistoneTable) -> None:
    if first.marks != other.marks:
        raise InputError(
            f"{other.path} has marks {', '.join(other.marks)}; {first.path} has "
            f"{', '.join(first.marks)}, in that order"
        )
    if first.values.shape[1] != other.values.shape[1]:
        raise InputError(
            f"{other.path} has {other.values.shape[1]} bins a gene; {first.path} has "
            f"{first.values.shape[1]}"
        )
