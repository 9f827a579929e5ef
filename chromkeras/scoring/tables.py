"""Tables of scores as files: TSV, gzipped or not, and HDF5."""

import gzip
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import h5py
import numpy as np

from chrominterpret.hdf5 import read_hdf5, write_hdf5
from chromkeras.errors import InputError
from chromkeras.files import replacing, replacing_together, require_file, write_json
from chromkeras.importers.compressed import open_maybe_gzip
from chromkeras.model_file.facts import as_int, as_list, as_table, as_text, read_json
from chromkeras.names import printable
from chromkeras.scoring.bigwig import write_bigwig
from chromkeras.scoring.h5ad import write_h5ad
from chromkeras.scoring.layout import Layout, rows_of

FORMAT = "chromkeras scores"
FACTS = "facts"
Arrays = Mapping[str, np.ndarray]
Write = Callable[
    [Path, Layout, Callable[[], Iterable[Arrays]], Mapping[str, Any]], tuple[Path, ...]
]
"""Write a table: path, layout, what gives the rows, and what was done; returns the files."""
LARGEST_ATTRIBUTE = 60_000
_ROWS = 1 << 14


def write_tsv(
    path: Path,
    layout: Layout,
    pieces: Callable[[], Iterable[Arrays]],
    facts: Mapping[str, Any],
) -> tuple[Path, ...]:
    """Write a TSV file with a line of headings; gzipped where its name ends in .gz.

    What was done stands beside it, in PATH.json.
    """
    with written_text(path, layout, facts) as file:
        for arrays in pieces():
            file.write(tsv_lines(layout, arrays))
    return (path,)


@contextmanager
def written_text(path: Path, layout: Layout, facts: Mapping[str, Any]) -> Iterator[BinaryIO]:
    """Give a file for the lines of a table, whose headings are written; it appears whole.

    What was done appears beside it at the same time.
    """
    with replacing_together(facts_path(path), path) as (facts_beside, beside):
        with _opened(beside) as file:
            file.write(("\t".join(map(printable, layout.headings)) + "\n").encode())
            yield file
        write_json(facts_beside, _facts(layout, facts))


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write, packed where its name ends in .gz; the time does not go into it."""
    with path.open("wb") as raw:
        if path.suffix != ".gz":
            yield raw
            return
        with gzip.GzipFile("", "wb", compresslevel=4, fileobj=raw, mtime=0) as packed:
            yield cast(BinaryIO, packed)


def tsv_lines(layout: Layout, arrays: Arrays) -> bytes:
    """Return rows as lines of text: numbers with six significant digits, NaN as nothing."""
    columns: list[list[bytes]] = []
    for name, kind in layout.columns.items():
        if kind == "text":
            columns.append([_cell(value) for value in arrays[name].tolist()])
        elif kind == "integer":
            columns.append([b"%d" % value for value in arrays[name].tolist()])
        else:
            columns.append(_numbers(arrays[name]))
    for name in layout.matrices:
        columns += [_numbers(column) for column in arrays[name].T]
    return b"".join(b"\t".join(cells) + b"\n" for cells in zip(*columns, strict=True))


def write_h5(
    path: Path,
    layout: Layout,
    pieces: Callable[[], Iterable[Arrays]],
    facts: Mapping[str, Any],
) -> tuple[Path, ...]:
    """Write an HDF5 file: each column (N,) and matrix (N, K) a data set, ``tasks`` (K,) names.

    What was done stands in its attributes, and as JSON in the data set ``facts``.
    """
    widths = dict.fromkeys((n for n, kind in layout.columns.items() if kind == "text"), 1)
    total = 0
    for arrays in pieces():
        total += rows_of(arrays)
        widths = {name: max(w, arrays[name].dtype.itemsize) for name, w in widths.items()}
    with replacing(path) as beside, write_hdf5(beside) as file:  # v108 would hold the time
        _write_facts(file, _facts(layout, facts))
        if layout.tasks:
            file.create_dataset("tasks", data=list(layout.tasks), dtype=h5py.string_dtype())
        made = {}
        for name, kind in layout.columns.items():
            text = h5py.string_dtype("utf-8", widths[name]) if kind == "text" else None
            dtype = text or (np.int64 if kind == "integer" else np.float64)
            made[name] = _dataset(file, name, (total,), dtype)
        for name, headings in layout.matrices.items():
            made[name] = _dataset(file, name, (total, len(headings)), np.float32)
        start = 0
        for arrays in pieces():
            stop = start + rows_of(arrays)
            for name, dataset in made.items():
                dataset[start:stop] = arrays[name].astype(dataset.dtype)
            start = stop
    return (path,)


FORMATS: dict[str, Write] = {
    ".tsv": write_tsv,
    ".tsv.gz": write_tsv,
    ".h5": write_h5,
    ".h5ad": write_h5ad,
    ".bw": write_bigwig,
}
TEXT = (".tsv", ".tsv.gz")
# Formats that parts of a run cannot have, as they are not put together again.
WHOLE = (".h5ad", ".bw")


def suffix_of(path: Path, known: Iterable[str] = FORMATS) -> str:
    """Return the ending of a file's name that says its format; ``InputError`` for another."""
    found = [suffix for suffix in known if path.name.lower().endswith(suffix)]
    if not found:
        raise InputError(f"`out`: expected a name that ends in {one_of(known)}, received {path}")
    return max(found, key=len)


def one_of(names: Iterable[str]) -> str:
    """Return names as people list choices: "a, b or c"."""
    *others, last = names
    return " or ".join([", ".join(others)] * bool(others) + [last])


def _write_facts(file: h5py.File, facts: Mapping[str, Any]) -> None:
    """Write facts as JSON, and each as an attribute: one of a file has room for 64 KB alone."""
    file.create_dataset(FACTS, data=json.dumps(facts), dtype=h5py.string_dtype())
    for name, value in facts.items():
        text = value if isinstance(value, str | int | float | bool) else json.dumps(value)
        if not isinstance(text, str) or len(text.encode()) < LARGEST_ATTRIBUTE:
            file.attrs[name] = text


def _dataset(file: h5py.File, name: str, shape: tuple[int, ...], dtype: Any) -> h5py.Dataset:
    if shape[0] == 0:
        return file.create_dataset(name, shape, dtype)
    chunk = (min(_ROWS, shape[0]), *shape[1:])
    return file.create_dataset(name, shape, dtype, chunks=chunk, compression="gzip")


@dataclass(frozen=True, eq=False)
class ScoreFile:
    """A table that ``write_tsv`` or ``write_h5`` wrote.

    Attributes
    ----------
    path
        The file.
    layout
        Its columns.
    facts
        What was done.
    """

    path: Path
    layout: Layout
    facts: dict[str, Any]

    @property
    def rows(self) -> int:
        """Number of its rows, as it says."""
        start, stop = self.facts["rows"]
        return int(stop) - int(start)

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of a file of text, without that of the headings."""
        with open_maybe_gzip(self.path, "scores") as file:
            next(file, None)
            yield from file

    def pieces(self) -> Iterator[dict[str, np.ndarray]]:
        """Yield some thousand rows at a time, as they were kept; of HDF5 alone."""
        with read_hdf5(self.path) as file:
            names = [*self.layout.columns, *self.layout.matrices]
            total = len(file[names[0]])
            for start in range(0, total, _ROWS):
                yield {name: file[name][start : start + _ROWS] for name in names}


def open_scores(path: str | os.PathLike[str]) -> ScoreFile:
    """Open a table of scores for what stands in it and beside it.

    Raises
    ------
    InputError
        The file is missing, none of ours, or what was done does not lie beside it.
    """
    found = require_file(path, "scores")
    try:
        text = _h5_facts(found) if found.suffix == ".h5" else _beside(found)
        values = as_table(read_json(text, "facts"), "facts", needed=("layout", "rows", "part"))
        as_text(values["part"], "facts: part")
        rows = as_list(values["rows"], "facts: rows", least=2, most=2)
        for row in rows:
            as_int(row, "facts: rows")
        layout = Layout.from_json(values.pop("layout"))
        if found.suffix == ".h5":
            _check_h5(found, layout)
        return ScoreFile(found, layout, values)
    except (InputError, KeyError, TypeError, UnicodeDecodeError, RuntimeError) as error:
        raise InputError(f"{found}: expected scores that chromkeras wrote: {error}") from error


def facts_path(path: Path) -> Path:
    """Return where what was done stands, of a file that has no room for it itself."""
    return path.with_name(f"{path.name}.json")


def whole_facts(first: Mapping[str, Any], last: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was done of a whole run, from its first part and its last."""
    return {**first, "part": "1/1", "rows": [first["rows"][0], last["rows"][1]]}


def _beside(path: Path) -> str:
    beside = facts_path(path)
    if not beside.is_file():
        raise InputError(f"{path}: expected {beside.name} beside it, which says what was done")
    return beside.read_text(encoding="utf-8")


def _h5_facts(path: Path) -> str:
    with read_hdf5(path) as file:
        return str(file[FACTS].asstr()[()])


def _check_h5(path: Path, layout: Layout) -> None:
    """Raise ``InputError`` unless columns and matrices are those of a layout, all as long."""
    kinds = {"text": "S", "integer": "iu", "number": "f"}
    wanted: dict[str, tuple[tuple[int, ...], str]] = {
        name: ((), kinds[kind]) for name, kind in layout.columns.items()
    }
    wanted |= {name: ((len(each),), "f") for name, each in layout.matrices.items()}
    rows: tuple[int, ...] | None = None
    with read_hdf5(path) as file:
        for name, (each, kind) in wanted.items():
            found = file.get(name)
            if not isinstance(found, h5py.Dataset):
                raise InputError(f"it lacks the column {name}")
            # Not what "rows" of the facts says: variants that could not be scored have no row.
            rows = found.shape[:1] if rows is None else rows
            shape = (*rows, *each)
            if found.shape != shape or found.dtype.kind not in kind:
                raise InputError(
                    f"column {name}: expected shape {shape}, received {found.shape}, {found.dtype}"
                )


def _facts(layout: Layout, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"format": FORMAT, **facts, "layout": layout.to_json()}


def _cell(value: bytes) -> bytes:
    text = value.decode("utf-8", "replace")
    return value if text.isprintable() else printable(text).encode()


def _numbers(values: np.ndarray) -> list[bytes]:
    return [b"" if value != value else b"%.6g" % value for value in values.tolist()]
