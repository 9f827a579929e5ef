"""The data set file: one HDF5 with the tables of inputs, labels, places and split."""

import os
import zlib
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from chrominterpret.hdf5 import datasets, read_hdf5, write_hdf5
from chromkeras.data.blocks import row_blocks
from chromkeras.data.dataset import UNNAMED, Dataset, Origin
from chromkeras.data.factor import Factor
from chromkeras.data.known import from_flagged
from chromkeras.data.mapping import read_array
from chromkeras.data.packed import PackedSequences
from chromkeras.data.seal import check_seal, seal
from chromkeras.data.tables import DenseTable, Table
from chromkeras.data.truth import Truth
from chromkeras.errors import InputError
from chromkeras.files import replacing, require_file
from chromkeras.names import unknown

FORMAT = "chromkeras dataset"
VERSION = 3
# Arrays start at a multiple of these bytes, so that they can be used where they lie in the file.
ALIGNMENT = 64
# What packed arrays may unpack to: this much, or this many times the size of the file.
FREE_SIZE = 128 * 2**20
GREATEST_RATIO = 64
CHECKSUM = "crc32"  # attribute of every array
_TABLES = {kind.kind: kind for kind in (PackedSequences, DenseTable)}
_TRUTH = ("row", "start", "end", "motif", "strand")


def save_dataset(dataset: Dataset, path: str | os.PathLike[str]) -> None:
    """Write a data set; the file appears whole or not at all.

    Parameters
    ----------
    dataset
        The data set.
    path
        HDF5 file to write.

    Raises
    ------
    InputError
        The disk is full or refuses the file.
    """
    try:
        aligned = {"alignment_threshold": ALIGNMENT, "alignment_interval": ALIGNMENT}
        # Object headers of this version and later have checksums.
        with replacing(path) as beside:
            with write_hdf5(beside, libver="v108", **aligned) as file:
                _write(file, dataset)
            seal(beside)
    except (OSError, RuntimeError) as error:  # HDF5 says it with either
        number = getattr(error, "errno", None)
        why = os.strerror(number) if number else str(error)
        raise InputError(
            f"cannot write {path}: {why}; free space or choose another place"
        ) from error


def _write(file: h5py.File, dataset: Dataset) -> None:
    _say(file, "format", FORMAT)
    file.attrs["version"] = VERSION
    for name, table in dataset.inputs.items():
        _write_table(file.create_group(f"inputs/{name}"), table)
    for name, rows in dataset.index.items():
        _put(file, f"index/{name}", rows)
    _put(file, "labels", dataset.labels)
    _put(file, "known", dataset.known)
    _say(file, "problem", dataset.problem)
    if dataset.classes:
        _write_text(file, "classes", dataset.classes)
    for name in ("tasks", "split", "chrom", "kind"):
        column = getattr(dataset, name)
        if column is not None:
            _write_text(file, name, column)
    for name in ("start", "together"):
        if getattr(dataset, name) is not None:
            _put(file, name, getattr(dataset, name))
    for name, factor in dataset.factors.items():
        _write_text(file, f"factors/{name}/names", factor.names)
        _put(file, f"factors/{name}/of", factor.of)
        if factor.seen is not None:
            _put(file, f"factors/{name}/seen", factor.seen)
    if dataset.truth is not None:
        for name in _TRUTH:
            _put(file, f"truth/{name}", getattr(dataset.truth, name))
        _write_text(file, "truth/names", dataset.truth.names)
        if dataset.truth.causal is not None:
            _put(file, "truth/causal", dataset.truth.causal)
    if dataset.origin is not None:
        _write_text(file, "origin/fingerprints", dataset.origin.fingerprints)
        if dataset.origin.positive is not None:
            _put(file, "origin/positive", dataset.origin.positive)
    if dataset.motifs is not None:
        _put(file, "motifs", np.frombuffer(dataset.motifs.encode(), np.uint8))
    if dataset.split_by:
        _put(file, "split_by", np.frombuffer(dataset.split_by.encode(), np.uint8))


def load_dataset(path: str | os.PathLike[str], *, mmap: bool = False) -> Dataset:
    """Read a data set that ``save_dataset`` wrote.

    Parameters
    ----------
    path
        The file.
    mmap
        Leave tables, indexes and labels in the file and map them into memory: the system reads
        what is asked for and may drop it again, so that a data set may be larger than memory.
        Batches are the same. What is compressed or in pieces is read whole, and said. Checksums of
        what is mapped, and of the whole file, are not looked at.

    Raises
    ------
    InputError
        The file is missing, empty, no HDF5, or HDF5 of another kind.
    """
    found = require_file(path, "data set")
    if not mmap:
        check_seal(found)
    with read_hdf5(found) as file:
        try:
            _check_format(file, found)
            _check_size(file, found.stat().st_size)
            return _read(file, mmap)
        except InputError as error:
            raise InputError(f"{found}: {error}") from error
        except (KeyError, OSError, RuntimeError, UnicodeDecodeError, TypeError) as error:
            raise InputError(f"{found} is damaged: {error}; make it again") from error


def _read(file: h5py.File, mmap: bool) -> Dataset:
    inputs = {name: _read_table(group, mmap) for name, group in file["inputs"].items()}
    index = {name: _take(rows, mmap) for name, rows in file.get("index", {}).items()}
    columns: dict[str, Any] = {
        name: _read_text(file, name) for name in ("chrom", "kind") if name in file
    }
    labels, known = _read_labels(file, mmap)
    classes = _read_text(file, "classes").tolist() if "classes" in file else ()
    return Dataset(
        inputs=inputs,
        index=index,
        labels=labels,
        known=known,
        problem=str(
            _said(file, "problem") or ("regression" if labels.dtype.kind == "f" else UNNAMED)
        ),
        classes=tuple(classes),
        tasks=tuple(_read_text(file, "tasks").tolist()),
        split=_read_text(file, "split"),
        start=_take(file["start"]) if "start" in file else None,
        together=_take(file["together"]) if "together" in file else None,
        factors={name: _read_factor(x, mmap) for name, x in file.get("factors", {}).items()},
        truth=_read_truth(file),
        motifs=_read_motifs(file),
        origin=_read_origin(file),
        split_by=_read_long(file, "split_by") if "split_by" in file else "",
        **columns,
    )


def _read_labels(file: h5py.File, mmap: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and which are known; version 1 flagged unknown ones."""
    if _number(file, "version") == 1:
        return from_flagged(_take(file["labels"]))
    return _take(file["labels"], mmap), _take(file["known"], mmap)


def dataset_tasks(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Return the tasks of a data set file without reading its rows; none of any other file."""
    try:
        with read_hdf5(path) as file:
            ours = _said(file, "format") == FORMAT
            return tuple(_read_text(file, "tasks").tolist()) if ours else ()
    except (InputError, KeyError, OSError, RuntimeError, UnicodeDecodeError, TypeError):
        return ()


def _check_format(file: h5py.File, path: Path) -> None:
    if _said(file, "format") != FORMAT:
        hint = (
            "convert it by the import format basset"
            if "train_in" in file
            else "convert it by the import format arrays"
        )
        raise InputError(f"{path} is no chromkeras data set; {hint}")
    version = _number(file, "version")
    if version > VERSION:
        raise InputError(
            f"{path} has data set version {version}, this chromkeras reads up to {VERSION}; "
            "upgrade chromkeras"
        )


def _check_size(file: h5py.File, size: int) -> None:
    """Raise ``InputError`` where arrays unpack to far more than any data set would."""
    unpacked = sum(int(data.nbytes) for _, data in datasets(file))
    if unpacked > max(FREE_SIZE, GREATEST_RATIO * size):
        raise InputError(
            f"expected arrays that unpack to at most {GREATEST_RATIO} times the file's {size:,} "
            f"bytes, received {unpacked:,} bytes"
        )


def _write_table(group: h5py.Group, table: Table) -> None:
    _say(group, "kind", table.kind)
    for name, array in table.arrays().items():
        _put(group, name, array)
    for field in fields(table):  # type: ignore[arg-type]  # every table is a dataclass
        value = getattr(table, field.name)
        if isinstance(value, tuple):
            _write_text(group, field.name, value)
        elif field.name not in group:
            group.attrs[field.name] = value


def _read_table(group: h5py.Group, mmap: bool) -> Table:
    kind = _said(group, "kind") or ("dense" if "values" in group else "dna")
    if kind not in _TABLES:
        raise unknown("kind of table", kind, tuple(_TABLES))
    values: dict[str, Any] = {}
    for field in fields(_TABLES[kind]):
        if field.name in group and "tuple" in str(field.type):
            values[field.name] = tuple(_read_text(group, field.name).tolist())
        elif field.name in group:
            values[field.name] = _take(group[field.name], mmap)
        elif field.name in group.attrs:
            values[field.name] = _number(group, field.name)
    table: Table = _TABLES[kind](**values)
    return table


def _write_text(file: h5py.File, name: str, column: Sequence[str] | np.ndarray) -> None:
    _put(file, name, np.char.encode(np.asarray(column, dtype=str), "utf-8"))


def _say(group: h5py.Group, name: str, text: str) -> None:
    """Write a text as an attribute in the header, whose checksum covers it."""
    group.attrs[name] = np.bytes_(text.encode())


def _said(group: h5py.Group, name: str) -> str:
    """Return a text of an attribute, "" where there is none; early files have it as a string."""
    text = group.attrs.get(name, "")
    return bytes(text).decode() if isinstance(text, bytes) else str(text)


def _number(group: h5py.Group | h5py.Dataset, name: str) -> Any:
    """Return a number or a flag of an attribute."""
    value = group.attrs[name]
    if not isinstance(value, np.number | np.bool_):
        raise InputError(f"attribute {name}: expected a number, received another type")
    return value.item()


def _put(group: h5py.Group, name: str, array: np.ndarray) -> None:
    """Write an array with its checksum."""
    group[name] = array
    group[name].attrs[CHECKSUM] = np.uint32(_checksum(array))


def _take(data: h5py.Dataset, mmap: bool = False) -> np.ndarray:
    """Return an array whose checksum is that of the file, unless it is mapped; old files have none.

    Raises
    ------
    InputError
        The checksums differ.
    """
    array = read_array(data, mmap)
    mapped = mmap and not array.flags.owndata
    if CHECKSUM in data.attrs and not mapped and _checksum(array) != _number(data, CHECKSUM):
        name = data.name.lstrip("/")
        raise InputError(f"{name} is damaged: its checksum differs; make the file again")
    return array


def _checksum(array: np.ndarray) -> int:
    value = 0
    for block in row_blocks(array):
        value = zlib.crc32(np.ascontiguousarray(array[block]).data, value)
    return value


def _read_text(file: h5py.Group, name: str) -> np.ndarray:
    column = _take(file[name])
    if column.ndim != 1 or column.dtype.kind != "S":
        raise InputError(
            f"{name}: expected one row of texts, received shape {column.shape}, {column.dtype}"
        )
    return np.char.decode(column, "utf-8")


def _read_long(file: h5py.Group, name: str) -> str:
    """Return a text that is kept as the bytes of an array."""
    array = _take(file[name])
    if array.ndim != 1 or array.dtype != np.uint8:
        raise InputError(
            f"{name}: expected one row of bytes, received {array.shape}, {array.dtype}"
        )
    return array.tobytes().decode()


def _read_factor(group: h5py.Group, mmap: bool) -> Factor:
    names = tuple(_read_text(group, "names").tolist())
    seen = _take(group["seen"]) if "seen" in group else None
    return Factor(names, _take(group["of"], mmap), seen)


def _read_motifs(file: h5py.File) -> str | None:
    """Return the text of the motifs; it was an attribute once, which has no checksum."""
    if "motifs" not in file:
        return None if "motifs" not in file.attrs else str(file.attrs["motifs"])
    return _read_long(file, "motifs")


def _read_truth(file: h5py.File) -> Truth | None:
    if "truth" not in file:
        return None
    columns = {name: _take(file[f"truth/{name}"]) for name in _TRUTH}
    names = tuple(_read_text(file, "truth/names").tolist())
    causal = _take(file["truth/causal"]) if "truth/causal" in file else None
    return Truth(**columns, names=names, causal=causal)


def _read_origin(file: h5py.File) -> Origin | None:
    if "origin" not in file:
        return None
    fingerprints = _read_text(file, "origin/fingerprints").tolist()
    positive = _take(file["origin/positive"]) if "origin/positive" in file else None
    return Origin(tuple(fingerprints), positive)
