"""A checksum of a whole HDF5 file behind its end.

The HDF5 library may end the process where it reads a damaged file, so the file is checked before it
is opened. The library does not look at what lies behind the end, and cuts it off when it changes
the file.
"""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from chromkeras.errors import InputError

_MARK = b"chromkeras crc32"
_SIZE = len(_MARK) + 4
_BLOCK = 1 << 24


def seal(path: str | os.PathLike[str]) -> None:
    """Write the checksum of a file behind its end."""
    with Path(path).open("rb+") as file:
        value = _checksum(file, file.seek(0, os.SEEK_END))
        file.write(_MARK + value.to_bytes(4, "little"))


def check_seal(path: str | os.PathLike[str]) -> None:
    """Raise ``InputError`` where a file is not what was sealed; one without a seal passes."""
    with Path(path).open("rb") as file:
        size = file.seek(0, os.SEEK_END) - _SIZE
        if size < 0:
            return
        file.seek(size)
        mark, value = file.read(len(_MARK)), file.read()
        if mark == _MARK and _checksum(file, size) != int.from_bytes(value, "little"):
            raise InputError(f"{path} is damaged: its checksum differs; make it again")


def _checksum(file: BinaryIO, size: int) -> int:
    """Return the CRC-32 of the first bytes; the place is behind them afterwards."""
    value = 0
    for block in _blocks(file, size):
        value = zlib.crc32(block, value)
    return value


def _blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    file.seek(0)
    while size and (block := file.read(min(size, _BLOCK))):
        size -= len(block)
        yield block
