"""The weights of a model file: what its HDF5 part declares, against the bytes that are there.

Keras writes every weight as one plain block of bytes. So nothing else is accepted: HDF5 could also
compress it, fill it in, or look for it in other files.
"""

import io
import os
from typing import BinaryIO

import h5py

from chrominterpret.hdf5 import check_own, check_stored, datasets
from chromkeras.errors import InputError
from chromkeras.model_file.archive import Archive
from chromkeras.names import printable

MOST_OBJECTS = 20_000
NUMBERS = "fiub"
DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, AttributeError)


def count_weights(archive: Archive, name: str) -> int:
    """Return the number of weights in an HDF5 member, whose data are not read.

    Parameters
    ----------
    archive, name
        The model file and the member, which must be stored.

    Raises
    ------
    InputError
        The member or its HDF5 structure is damaged; it holds links, or data sets that are no
        plain numbers, compressed, in other files, or not there in full.
    """
    for _ in archive.chunks(name):
        pass  # the checksum
    start, size = archive.start(name), archive.size(name)
    try:
        with h5py.File(_Window(archive.raw, start, size), "r") as file:
            return _count(file, size)
    except InputError as error:
        raise InputError(f"{archive.title}: weights: {error}") from error
    except DAMAGE as error:
        why = printable(error, longest=200)
        raise InputError(f"{archive.title} is damaged: weights: {why}") from error


def _count(file: h5py.File, size: int) -> int:
    weights = stored = 0
    for path, dataset in datasets(file, most=MOST_OBJECTS):
        nbytes = _stored_bytes(dataset, size, f"data set '/{printable(path, longest=80)}'")
        stored += nbytes
        weights += nbytes // dataset.dtype.itemsize
    if stored > size:
        raise InputError(f"expected at most {size:,} bytes of numbers, received {stored:,}")
    return weights


def _stored_bytes(dataset: h5py.Dataset, size: int, where: str) -> int:
    """Return the bytes of a data set, which must be one block of numbers."""
    check_own(dataset, where)
    kept = dataset.id.get_create_plist()
    if kept.get_layout() != h5py.h5d.CONTIGUOUS or kept.get_nfilters():
        raise InputError(f"{where} is chunked or compressed; expected one block, as Keras writes")
    if dataset.dtype.kind not in NUMBERS or dataset.dtype.subdtype or dataset.shape is None:
        raise InputError(f"{where}: expected numbers, received another type")
    return check_stored(dataset, size, where)


class _Window(io.RawIOBase):
    """The bytes ``start`` to ``start + size`` of a file, as a file."""

    def __init__(self, raw: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self.raw, self.first, self.size, self.place = raw, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a place, which may lie behind the end."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.place, os.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise OSError("a place before the beginning")
        self.place = base + offset
        return self.place

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Read the next bytes; none behind the end."""
        self.raw.seek(self.first + self.place)
        data = self.raw.read(max(min(len(buffer), self.size - self.place), 0))
        buffer[: len(data)] = data
        self.place += len(data)
        return len(data)
