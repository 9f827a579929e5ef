"""NumPy archives (.npz): each array's header is held to the bytes that follow before it is read.

A header is accepted as NumPy writes it and no other way, so nothing in it is evaluated, and there
are neither objects (which NumPy would unpickle) nor records.
"""

import itertools
import math
import re
from collections.abc import Iterator

import numpy as np

from chromkeras.errors import InputError
from chromkeras.model_file.archive import Archive
from chromkeras.model_file.facts import wrong
from chromkeras.names import printable

SUFFIX = ".npy"
MAGIC = b"\x93NUMPY\x01\x00"
LONGEST_TEXT = 16 * 2**20
HEADER = re.compile(
    r"\{'descr': '([<>|=][fiubU]\d{1,9})', 'fortran_order': (True|False), "
    r"'shape': \(((?:\d{1,15},? ?)*)\), \} *\n"
)


def array_names(archive: Archive) -> tuple[str, ...]:
    """Return the names of the arrays in a NumPy archive.

    Raises
    ------
    InputError
        A member is no array.
    """
    for name in archive.members:
        if not name.endswith(SUFFIX):
            raise InputError(
                f"{archive.title}: expected arrays, received {printable(name, longest=60)}"
            )
    return tuple(name.removesuffix(SUFFIX) for name in archive.members)


def read_array(archive: Archive, name: str, *, kinds: str = "fiub") -> np.ndarray:
    """Return an array of a NumPy archive.

    Parameters
    ----------
    archive, name
        The archive, and which of its arrays.
    kinds
        Kinds of numbers that are accepted, as in ``numpy.dtype.kind``.

    Raises
    ------
    InputError
        The archive has no such array, or it is damaged, of another type, or declares another size
        than it has.
    """
    if name + SUFFIX not in archive.members:
        raise InputError(f"{archive.title}: expected an array {name}, received none")
    where = f"{archive.title}: array {printable(name, longest=60)}"
    chunks = archive.chunks(name + SUFFIX)
    first = next(chunks, b"")
    dtype, shape, fortran, start = _header(first, where)
    if dtype.kind not in kinds or dtype.itemsize == 0:
        raise InputError(f"{where}: expected numbers of kind {kinds}, received {dtype}")
    count = math.prod(shape)
    if start + count * dtype.itemsize != archive.size(name + SUFFIX):
        raise InputError(f"{where}: shape {shape} of {dtype} is not the size that it has")
    flat = np.empty(count, dtype)
    _fill(flat.view(np.uint8), first[start:], chunks)
    return flat.reshape(shape, order="F" if fortran else "C")


def read_text(archive: Archive, name: str) -> str:
    """Return the text that is kept as an array without axes; for errors see `read_array`."""
    if archive.members.get(name + SUFFIX) and archive.size(name + SUFFIX) > 4 * LONGEST_TEXT:
        raise InputError(f"{archive.title}: expected {name} of at most {LONGEST_TEXT:,} characters")
    found = read_array(archive, name, kinds="U")
    if found.shape:
        raise wrong(f"{archive.title}: {name}", "one text", list(found.shape))
    encoding = "utf-32-be" if found.dtype.str[0] == ">" else "utf-32-le"
    try:  # NumPy itself would take any four bytes for a character
        return found.tobytes().decode(encoding).rstrip("\0")
    except UnicodeDecodeError as error:
        raise InputError(f"{archive.title}: {name} is no text: {error.reason}") from error


def _header(first: bytes, where: str) -> tuple[np.dtype, tuple[int, ...], bool, int]:
    """Return type, shape, whether the first axis runs fastest, and where the numbers begin."""
    start = len(MAGIC) + 2 + int.from_bytes(first[len(MAGIC) : len(MAGIC) + 2], "little")
    text = first[len(MAGIC) + 2 : start].decode("latin-1")
    match = HEADER.fullmatch(text)
    if not first.startswith(MAGIC) or match is None:
        raise InputError(f"{where}: expected plain numbers or text, as NumPy writes them")
    kind, order, axes = match.groups()
    try:
        dtype = np.dtype(kind)
    except (TypeError, ValueError) as error:
        raise InputError(f"{where}: unknown type {kind}") from error
    shape = tuple(int(axis) for axis in axes.replace(",", " ").split())
    if len(shape) > 32:
        raise InputError(f"{where}: expected at most 32 axes, received {len(shape)}")
    return dtype, shape, order == "True", start


def _fill(into: np.ndarray, first: bytes, rest: Iterator[bytes]) -> None:
    place = 0
    for chunk in itertools.chain([first], rest):
        into[place : place + len(chunk)] = np.frombuffer(chunk, np.uint8)
        place += len(chunk)
