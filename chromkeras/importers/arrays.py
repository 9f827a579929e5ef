"""Plain arrays in one HDF5 or .npz file to a data set."""

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from chromkeras.data.dataset import KINDS
from chromkeras.data.packed import PackedSequences
from chromkeras.data.splits import SplitPlan, assign
from chromkeras.errors import InputError
from chromkeras.files import require_file
from chromkeras.importers.assemble import Prepared, Rows, assemble, found_in, pack_blocks
from chromkeras.importers.genome import nearest_names
from chromkeras.importers.labels import check_length, code_blocks, to_labels, to_text
from chromkeras.names import unknown


def prepare_arrays(
    path: str | Path,
    plan: SplitPlan | None = None,
    *,
    length: int | None = None,
    drop_unknown: bool = False,
) -> Prepared:
    """Return the data set of a file of arrays.

    Parameters
    ----------
    path
        HDF5 or .npz with ``x`` (base codes (N, length), or one-hot (N, length, 4) with channels
        A C G T) and ``y`` (N, T), and where present ``tasks`` (T,), ``split`` (N,), ``chrom``
        (N,), ``start`` or one ``start_...`` (N,), ``kind`` (N,) with "element" and
        "background" (or "negative").
    plan
        A split to make; None keeps the file's own, or draws fractions when it has none.
    length
        Bases that every sequence must have.
    drop_unknown
        Leave out rows that hold nothing but N.

    Raises
    ------
    InputError
        The file or an array in it is not as described.
    """
    found = require_file(path, "array file")
    with _open(found) as file:
        for name in ("x", "y"):
            if name not in file:
                raise InputError(f"{found}: expected an array {name!r}, found {', '.join(file)}")
        dna = _sequences(_get(file, "x", found), f"{found}, x", length)
        labels, known = to_labels(_get(file, "y", found)[...], f"{found}, y")
        texts = {
            name: to_text(_get(file, name, found)[...], f"{found}, {name}")
            for name in ("tasks", "split", "chrom", "kind")
            if name in file
        }
        start = _start(file, found)
    tasks = texts.pop("tasks", _numbered(labels))
    kind = _kind(texts.pop("kind"), found) if "kind" in texts else None
    _check_rows(found, dna, y=labels, start=start, kind=kind, **texts)
    if plan is not None and "chrom" in texts:
        _check_chromosomes(plan, texts["chrom"], found)
    split, note = _split(texts, plan, dna, start)
    rows = Rows(
        dna=dna,
        labels=labels,
        known=known,
        tasks=tuple(tasks.tolist()),
        split=split,
        chrom=texts.get("chrom"),
        start=start,
        kind=kind,
    )
    with found_in(found):
        return assemble(rows, drop_unknown=drop_unknown, notes=(note,))


@contextmanager
def _open(path: Path) -> Iterator[Mapping[str, Any]]:
    if h5py.is_hdf5(path):
        try:
            file = h5py.File(path)
        except OSError as error:
            raise InputError(f"{path} is cut short or damaged: {error}") from error
        with file:
            yield file
    elif zipfile.is_zipfile(path):
        with np.load(path, allow_pickle=False) as arrays:
            yield arrays
    else:
        raise InputError(f"{path} is neither HDF5 nor .npz")


def _get(file: Mapping[str, Any], name: str, path: Path) -> Any:
    try:
        array = file[name]
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}, {name}: {error}") from error
    if not isinstance(array, h5py.Dataset | np.ndarray):
        what = "a group" if isinstance(array, h5py.Group) else "something else"
        raise InputError(f"{path}, {name}: expected an array, found {what}")
    return array


def _sequences(x: Any, where: str, length: int | None) -> PackedSequences:
    blocks = code_blocks(x, where)
    first = next(blocks)
    check_length(first.shape[1], length, where)

    def every() -> Iterator[np.ndarray]:
        yield first
        yield from blocks

    return pack_blocks(every(), first.shape[1])


def _numbered(labels: np.ndarray) -> np.ndarray:
    return np.array([f"task{i}" for i in range(labels.shape[1])], dtype=str)


def _start(file: Mapping[str, Any], path: Path) -> np.ndarray | None:
    names = ["start"] if "start" in file else [n for n in file if n.startswith("start_")]
    if not names:
        return None
    if len(names) > 1:
        raise InputError(f"{path} has {', '.join(names)}; rename the one to use to 'start'")
    start = np.asarray(_get(file, names[0], path)[...])
    if start.dtype.kind not in "iu" or start.ndim != 1:
        raise InputError(
            f"{path}, {names[0]}: expected one row of integers, "
            f"received {start.shape}, {start.dtype}"
        )
    if start.size and start.min() < 0:
        row = int(np.argmax(start < 0))
        raise InputError(f"{path}, {names[0]}: start {start[row]} of row {row} is negative")
    return start.astype(np.int64)


def _kind(kind: np.ndarray, path: Path) -> np.ndarray:
    kind = np.where(kind == "negative", "background", kind)
    for name in np.unique(kind):
        if name not in KINDS:
            raise InputError(f"{path}, kind: {unknown('kind', str(name), KINDS)}")
    return kind


def _check_rows(path: Path, dna: PackedSequences, **columns: np.ndarray | None) -> None:
    for name, column in columns.items():
        if column is not None and len(column) != len(dna):
            raise InputError(f"{path}: x has {len(dna)} rows and {name} {len(column)}")


def _check_chromosomes(plan: SplitPlan, chrom: np.ndarray, path: Path) -> None:
    names = dict.fromkeys(np.unique(chrom).tolist(), 0)
    for region in (*plan.valid, *plan.test):
        if region.chrom not in names:
            raise InputError(
                f"no row of {path} lies on {region.chrom!r}; {nearest_names(region.chrom, names)}"
            )


def _split(
    texts: Mapping[str, np.ndarray],
    plan: SplitPlan | None,
    dna: PackedSequences,
    start: np.ndarray | None,
) -> tuple[np.ndarray, str]:
    if plan is None and "split" in texts:
        return texts["split"], "split: the file's own"
    placed = "chrom" in texts and start is not None
    split = assign(
        plan or SplitPlan(),
        rows=len(dna),
        length=dna.length,
        chrom=texts["chrom"] if placed else None,
        start=start if placed else None,
        groups=None if placed else _same_sequence(dna),
    )
    return split, "split: made here" + ("" if "split" not in texts else ", not the file's own")


def _same_sequence(dna: PackedSequences) -> np.ndarray:
    rows = np.ascontiguousarray(dna.packed).view(f"V{dna.packed.shape[1]}")[:, 0]
    return np.unique(rows, return_inverse=True)[1]
