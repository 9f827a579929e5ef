"""Basset's published HDF5 file to a data set.

Layout: ``train_in`` (N, 4, 1, length), channels A C G T, ``train_out`` (N, T), the same for
valid and test, and ``target_labels`` (T,).
"""

import os
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from chrominterpret.hdf5 import read_hdf5
from chromkeras.data.blocks import row_blocks
from chromkeras.data.codes import from_one_hot
from chromkeras.data.split_names import SPLITS
from chromkeras.errors import InputError
from chromkeras.files import require_file
from chromkeras.importers.array_file import to_text
from chromkeras.importers.assemble import Prepared, Rows, assemble, found_in, pack_blocks
from chromkeras.importers.sequences import check_length
from chromkeras.problems.registry import find_problem

PROBLEM = "binary"  # of all files of this format


def prepare(
    path: str | os.PathLike[str],
    *,
    repair: bool = False,
    length: int | None = None,
    drop_unknown: bool = False,
) -> Prepared:
    """Make a data set of Basset's HDF5 file, with its own split.

    Parameters
    ----------
    path
        Basset's HDF5 file (train_in, train_out, …).
    repair
        Unscramble the rows. Basset's later code reshaped the flattened (length, 4) array of a
        sequence to (4, 1, length) where it should have transposed it.
    length
        Bases that every sequence must have.
    drop_unknown
        Leave out rows that are nothing but N.

    Raises
    ------
    InputError
        The file is not as described, or is scrambled and ``repair`` is false.
    """
    found = require_file(path, "Basset file")
    with read_hdf5(found) as file:
        bases = _check(file, found)
        check_length(bases, length, str(found))
        scrambled = _is_scrambled(file, found)
        if scrambled and not repair:
            raise InputError(
                f"{found} is scrambled: the four channels of a position do not sum to 1, but do "
                f"when each row is read as ({bases}, 4); pass `repair` to read it so"
            )
        sizes = [len(file[f"{split}_in"]) for split in SPLITS]
        labels, known, how = _labels(file, found)
        rows = Rows(
            dna=pack_blocks(_blocks(file, found, scrambled), bases),
            labels=labels,
            known=known,
            tasks=tuple(to_text(file["target_labels"][...], f"{found}, target_labels").tolist()),
            split=np.repeat(SPLITS, sizes),
            problem=PROBLEM,
            split_by="the file's own",
        )
    notes = ["split: the file's own", *how]
    if repair:
        notes.append("scrambled rows repaired" if scrambled else "not scrambled: nothing repaired")
    with found_in(found):
        return assemble(rows, drop_unknown=drop_unknown, notes=notes)


def _check(file: h5py.File, path: Path) -> int:
    """Return the sequence length after checking names and shapes."""
    needed = ["target_labels", *(f"{split}_{side}" for split in SPLITS for side in ("in", "out"))]
    missing = [name for name in needed if name not in file]
    if missing:
        raise InputError(f"{path} is no Basset file: it lacks {', '.join(missing)}")
    for name in needed:
        if not isinstance(file[name], h5py.Dataset) or not file[name].shape:
            raise InputError(f"{path}, {name}: expected an array with axes")
    bases = int(file["train_in"].shape[-1])
    tasks = len(file["target_labels"])
    for split in SPLITS:
        if file[f"{split}_in"].dtype.kind not in "biuf":
            raise InputError(
                f"{path}, {split}_in: expected numbers, received {file[f'{split}_in'].dtype}"
            )
        x, y = file[f"{split}_in"].shape, file[f"{split}_out"].shape
        if x[1:] != (4, 1, bases):
            raise InputError(
                f"{path}, {split}_in: expected shape (N, 4, 1, {bases}) with channels A C G T "
                f"second, received {x}"
            )
        if y != (x[0], tasks):
            raise InputError(f"{path}, {split}_out: expected shape ({x[0]}, {tasks}), received {y}")
    return bases


def _labels(file: h5py.File, path: Path) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return the labels of all parts, which are known, and how they were read."""
    read = find_problem(PROBLEM).read_labels
    parts = [read(file[f"{split}_out"][...], f"{path}, {split}_out") for split in SPLITS]
    labels, known, notes = zip(*parts, strict=True)
    return np.concatenate(labels), np.concatenate(known), tuple(dict.fromkeys(sum(notes, ())))


def _is_scrambled(file: h5py.File, path: Path) -> bool:
    table = next((file[f"{split}_in"] for split in SPLITS if len(file[f"{split}_in"])), None)
    if table is None:
        raise InputError(f"{path} has no row")
    block = table[next(row_blocks(table))]
    if _one_each(_plain(block)):
        return False
    if _one_each(_scrambled(block)):
        return True
    raise InputError(
        f"{path}: the four channels of a position sum neither to 1 nor to 0; "
        "expected one-hot sequences of shape (N, 4, 1, length), channels A C G T"
    )


def _one_each(x: np.ndarray) -> bool:
    return bool(np.isin(x, (0, 1)).all() and np.isin(x.sum(axis=-1), (0, 1)).all())


def _plain(block: np.ndarray) -> np.ndarray:
    return block[:, :, 0, :].transpose(0, 2, 1)


def _scrambled(block: np.ndarray) -> np.ndarray:
    return block.reshape(len(block), -1, 4)


def _blocks(file: h5py.File, path: Path, scrambled: bool) -> Iterator[np.ndarray]:
    read = _scrambled if scrambled else _plain
    for split in SPLITS:
        table = file[f"{split}_in"]
        for rows in row_blocks(table):
            try:
                yield from_one_hot(read(table[rows]))
            except InputError as error:
                raise InputError(f"{path}, {split}_in, from row {rows.start}: {error}") from None
