"""Arrays by name in one HDF5 or .npz file."""

import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np

from chrominterpret.hdf5 import read_hdf5
from chromkeras.errors import InputError
from chromkeras.names import printable

# What NumPy and Python raise at a damaged .npz file.
DAMAGE = (
    ValueError, OSError, EOFError, RuntimeError, SyntaxError, TypeError, OverflowError,
    struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
PREFIXES = {"inputs": "x_", "index": "index_", "channels": "channels_"}


class ArrayFile:
    """A file of arrays, and where a message says that each of them lies.

    Parameters
    ----------
    path
        Path of the file, for messages.
    content
        HDF5 file, or what ``numpy.load`` makes of .npz.
    """

    def __init__(self, path: Path, content: Mapping[str, Any]) -> None:
        self.path, self._content = path, content

    def __contains__(self, name: str) -> bool:
        return name in self._content

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def where(self, name: str) -> str:
        """Return how a message names an array."""
        return f"{self.path}, {name}"

    def get(self, name: str) -> Any:
        """Return an array, or an HDF5 data set to read from.

        Raises
        ------
        InputError
            What stands under the name is damaged or no array.
        """
        try:
            array = self._content[name]
        except DAMAGE as error:
            raise InputError(f"{self.where(name)}: {printable(error, longest=200)}") from error
        if not isinstance(array, h5py.Dataset | np.ndarray):
            what = "a group" if isinstance(array, h5py.Group) else "something else"
            raise InputError(f"{self.where(name)}: expected an array, found {what}")
        return array

    def read(self, name: str) -> np.ndarray:
        """Return an array whole."""
        array: np.ndarray = self.get(name)[...]
        return array

    def texts(self, *names: str) -> dict[str, np.ndarray]:
        """Return the columns of text that there are among these, each of shape (N,), by name."""
        return {n: to_text(self.read(n), self.where(n)) for n in names if n in self}

    def integers(self, name: str) -> np.ndarray:
        """Return a column of whole numbers, shape (N,), int64.

        Raises
        ------
        InputError
            It has another shape or type.
        """
        column = self.read(name)
        if column.dtype.kind not in "iu" or column.ndim != 1:
            raise InputError(
                f"{self.where(name)}: expected one row of integers, "
                f"received {column.shape}, {column.dtype}"
            )
        return column.astype(np.int64)

    def members(self, folder: str) -> dict[str, str]:
        """Return the names in the file of arrays FOLDER/NAME, and of x_NAME or the like, by NAME.

        Parameters
        ----------
        folder
            "inputs", "index" or "channels", whose arrays may also start with x_, index_ or
            channels_.
        """
        if isinstance(self._content, h5py.File):
            group = self._content.get(folder)
            inner = list(group) if isinstance(group, h5py.Group) else []
        else:
            inner = [n.partition("/")[2] for n in self if n.startswith(f"{folder}/")]
        found = {name: f"{folder}/{name}" for name in inner}
        prefix = PREFIXES[folder]
        for full in (name for name in self if name.startswith(prefix)):
            name = full.removeprefix(prefix)
            if name in found:
                raise InputError(f"{self.path} has {found[name]} and {full}; leave one of them out")
            found[name] = full
        return found


@contextmanager
def open_arrays(path: Path) -> Iterator[ArrayFile]:
    """Open a file of arrays, HDF5 or .npz; raise ``InputError`` for another or a damaged one."""
    if h5py.is_hdf5(path):
        with read_hdf5(path) as file:
            yield ArrayFile(path, file)
    elif zipfile.is_zipfile(path):
        with path.open("rb") as raw, _npz(raw, path) as arrays:
            yield ArrayFile(path, arrays)
    else:
        raise InputError(f"{path} is neither HDF5 nor .npz")


def _npz(raw: BinaryIO, path: Path) -> Any:
    """Return the arrays of an .npz file by name."""
    try:
        found = np.load(raw, allow_pickle=False)
    except DAMAGE as error:
        why = printable(error, longest=200)
        raise InputError(f"{path} is damaged or is no .npz file: {why}") from error
    if isinstance(found, np.ndarray):
        raise InputError(f"{path}: expected arrays by name, received one array without a name")
    return found


def to_text(values: Any, where: str) -> np.ndarray:
    """Return a column of bytes or text as text, shape (N,); another shape or code is refused."""
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "SUObiuf":
        raise InputError(
            f"{where}: expected one row of names, received shape {array.shape}, {array.dtype}"
        )
    try:
        if array.dtype.kind == "S":
            return np.char.decode(array, "utf-8")
        if array.dtype.kind == "O":
            texts = [v.decode() if isinstance(v, bytes) else str(v) for v in array]
            return np.array(texts, dtype=str)
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: expected UTF-8 text: {error}") from None
    return array.astype(str)
