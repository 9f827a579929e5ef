"""HDF5 files: written so that no failure is lost, and read so that no other file is.

HDF5 keeps small data sets back until the file is closed, and h5py loses the error of a write that
fails then. It also reads other files, where a link or an external or virtual data set names them.
"""

import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from chrominterpret.errors import InputError
from chrominterpret.signals import signals_later

MOST_OBJECTS = 100_000
DEEPEST = 16
# No stored byte makes more by deflate.
MOST_INFLATED = 1100


@contextmanager
def write_hdf5(path: str | os.PathLike[str], **options: Any) -> Iterator[h5py.File]:
    """Open a new HDF5 file whose every failed write ends in an ``OSError``.

    Parameters
    ----------
    path
        File to write; write it beside the place where it belongs, see ``files.replacing``.
    options
        As for ``h5py.File``.

    Raises
    ------
    OSError
        A write failed, such as on a full disk; after the file was closed.
    """
    with hdf5_sink(path) as sink, h5py.File(sink, "w", **options) as file:
        yield file


@contextmanager
def hdf5_sink(path: str | os.PathLike[str]) -> Iterator[io.RawIOBase]:
    """Open a new file that ``h5py.File`` takes in the place of a path, for `write_hdf5`.

    Signals wait until the block has ended: HDF5 would crash where one made a write raise.
    """
    with signals_later():
        sink = _Sink(path)
        try:
            yield sink
        except Exception as error:
            if sink.failure is not None:
                raise sink.failure from error
            raise
        else:
            if sink.failure is not None:
                raise sink.failure
        finally:
            sink.raw.close()


@contextmanager
def read_hdf5(path: str | os.PathLike[str]) -> Iterator[h5py.File]:
    """Open an HDF5 file, all of whose data lie in it.

    Raises
    ------
    FileNotFoundError
        There is none.
    InputError
        It is no regular file, no HDF5 or damaged, or holds links, data of other files, or data
        that it declares and does not hold.
    """
    if not stat.S_ISREG(Path(path).stat().st_mode):
        raise InputError(f"{path} is no regular file; expected an HDF5 file")
    if not h5py.is_hdf5(path):
        raise InputError(f"{path} is not an HDF5 file")
    try:
        opened = h5py.File(path, "r")
    except OSError as error:
        raise InputError(f"{path} is cut short or damaged: {error}") from error
    with opened as file:
        size = Path(path).stat().st_size
        try:
            for name, dataset in datasets(file):
                check_stored(dataset, size, f"data set {name!r}")
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        except (KeyError, OSError, RuntimeError, ValueError) as error:
            raise InputError(f"{path} is damaged: {error}") from error
        yield file


def datasets(file: h5py.Group, *, most: int = MOST_OBJECTS) -> Iterator[tuple[str, h5py.Dataset]]:
    """Yield all data sets with their paths.

    Parameters
    ----------
    file
        The file, or a group in it.
    most
        Most groups and data sets.

    Raises
    ------
    InputError
        There is a link, also a second name of one object, a named type, or too many objects.
    """
    waiting: list[tuple[str, h5py.Group]] = [("", file)]
    seen: set[int] = set()
    while waiting:
        path, group = waiting.pop()
        if path.count("/") > DEEPEST:
            raise InputError(f"expected groups nested at most {DEEPEST} deep")
        for name in group:
            inner = f"{path}/{name}" if path else name
            found = _owned(group, name, _printed(inner), seen)
            if len(seen) > most:
                raise InputError(f"expected at most {most:,} groups and data sets")
            if isinstance(found, h5py.Group):
                waiting.append((inner, found))
            else:
                yield inner, found


def check_own(dataset: h5py.Dataset, where: str) -> None:
    """Raise ``InputError`` where a data set lies in other files, of which none is opened.

    Parameters
    ----------
    dataset
        The data set.
    where
        Name of the data set, for messages.
    """
    kept = dataset.id.get_create_plist()
    if kept.get_external_count():
        raise InputError(f"{where} lies in another file; expected it in this one")
    if kept.get_layout() == h5py.h5d.VIRTUAL:
        raise InputError(f"{where} is virtual; expected its own numbers")


def check_stored(dataset: h5py.Dataset, size: int, where: str) -> int:
    """Return the bytes of a data set that lies whole in its file.

    Parameters
    ----------
    dataset
        The data set.
    size
        Size of the file, in bytes.
    where
        Name of the data set, for messages.

    Raises
    ------
    InputError
        It lies in other files, or declares more than the file holds.
    """
    check_own(dataset, where)
    if dataset.shape is None:
        return 0
    nbytes, stored = int(dataset.nbytes), int(dataset.id.get_storage_size())
    if dataset.id.get_create_plist().get_layout() == h5py.h5d.CONTIGUOUS:
        offset = dataset.id.get_offset()
        whole = offset is not None and offset + nbytes <= size
    else:
        whole = stored <= size and nbytes <= stored * MOST_INFLATED
    if nbytes and not whole:
        raise InputError(f"{where} declares {nbytes:,} bytes that are not in the file")
    return nbytes


def _owned(group: h5py.Group, name: str, where: str, seen: set[int]) -> h5py.Dataset | h5py.Group:
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise InputError(f"{where} is a link; expected the data themselves")
    found = group[name]
    if not isinstance(found, h5py.Dataset | h5py.Group):
        raise InputError(f"{where} is no group or data set")
    address = h5py.h5o.get_info(found.id).addr
    if address in seen:
        raise InputError(f"{where} is linked twice; expected each data set once")
    seen.add(address)
    return found


def _printed(name: str) -> str:
    plain = "".join(c if c.isprintable() else "?" for c in name)
    return f"'{plain if len(plain) <= 80 else plain[:79] + '…'}'"


class _Sink(io.RawIOBase):
    """A file that takes what HDF5 writes, and keeps the first failure for later.

    To HDF5 every write succeeds, so that it closes the file in order; it would crash otherwise.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__()
        self.raw = Path(path).open("wb+", buffering=0)  # noqa: SIM115  # closed by who opened it
        self.failure: OSError | None = None

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self.raw.seek(offset, whence)

    def tell(self) -> int:
        return self.raw.tell()

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        read = self.raw.readinto(view) or 0
        if self.failure is not None:
            view[read:] = bytes(len(view) - read)
        return len(view) if self.failure is not None else read

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view) and self.failure is None:
            try:
                written = self.raw.write(view[done:])
                if not written:
                    raise OSError(errno.EIO, os.strerror(errno.EIO))
                done += written
            except OSError as error:
                self.failure = error
        return len(view)

    def truncate(self, size: int | None = None) -> int:
        try:
            return self.raw.truncate(size)
        except OSError as error:
            self.failure = self.failure or error
            return size or 0

    def flush(self) -> None:
        """Nothing is kept back."""
