"""Zip archives that anybody may have made: judged by their directory before anything is unpacked.

Keras writes models, and we write resume states and gradient logs, as zip archives. The directory at
the end of one says how large its members are; nothing here takes its word for more than what the
file itself can hold.
"""

import os
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from chromkeras.errors import InputError
from chromkeras.files import require_file
from chromkeras.names import printable

# What compressed members may unpack to: this much, or this many times the size of the file.
FREE_SIZE = 64 * 2**20
GREATEST_RATIO = 8
LARGEST_DIRECTORY = 2**20
CHUNK = 2**20
# So many names a message lists.
SHOWN = 6
DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OverflowError,
    RuntimeError, UnicodeDecodeError,
)  # fmt: skip
# Of the flags of a member: sizes after the data, names in UTF-8, and how hard deflate tried.
HARMLESS_FLAGS = 0b1000_0000_1110


@dataclass(frozen=True)
class Archive:
    """An open archive whose directory was checked.

    Attributes
    ----------
    path, what
        The file, and what it is in messages.
    members
        Directory entries by name.
    raw
        The whole file.
    """

    path: Path
    what: str
    members: dict[str, zipfile.ZipInfo]
    raw: BinaryIO
    _file: zipfile.ZipFile

    @property
    def title(self) -> str:
        """What the archive is called in messages."""
        return f"{self.what} {self.path}"

    def size(self, name: str) -> int:
        """Return the unpacked size of a member in bytes."""
        return self.members[name].file_size

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a member, at most ``CHUNK`` at once, and check its checksum.

        Raises
        ------
        InputError
            The member is damaged.
        """
        with self._damage(name), self._file.open(self.members[name]) as member:
            left = self.size(name)
            while left:
                chunk = member.read(min(left, CHUNK))
                if not chunk:
                    raise EOFError("it ends early")
                left -= len(chunk)
                yield chunk

    def read(self, name: str, *, most: int) -> bytes:
        """Return all bytes of a member.

        Raises
        ------
        InputError
            It is damaged, or has more than ``most`` bytes.
        """
        if self.size(name) > most:
            raise InputError(
                f"{self.title}: expected at most {most:,} bytes of {name}, "
                f"received {self.size(name):,}"
            )
        return b"".join(self.chunks(name))

    def start(self, name: str) -> int:
        """Return where in the file the bytes of a member begin; it must not be compressed."""
        offset = self.members[name].header_offset
        with self._damage(name):
            self.raw.seek(offset)
            lengths = struct.unpack("<26x2H", self.raw.read(30))
        return offset + 30 + sum(lengths)

    @contextmanager
    def _damage(self, name: str) -> Iterator[None]:
        try:
            yield
        except DAMAGE as error:
            why = printable(error, longest=200)
            raise InputError(f"{self.title} is damaged: member {name}: {why}") from error


@contextmanager
def open_archive(
    path: str | os.PathLike[str], what: str, suffix: str, *, compressed: bool = False
) -> Iterator[Archive]:
    """Open a zip archive and check its directory.

    Parameters
    ----------
    path
        The file.
    what
        What it is in messages, such as "model".
    suffix
        Ending of such files, such as ".keras".
    compressed
        Whether members may be deflated; else they must be stored, as Keras does.

    Raises
    ------
    InputError
        There is no such file or it is no archive; a member stands twice, is encrypted or
        compressed in a way that is not accepted, or would unpack to more than ``FREE_SIZE`` and
        ``GREATEST_RATIO`` times the size of the file.
    """
    found = require_file(path, what)
    with found.open("rb") as raw:
        title = f"{what} {found}"
        try:
            _check_directory_size(raw, title)
            file = zipfile.ZipFile(raw)
        except DAMAGE as error:
            why = printable(error, longest=200)
            raise InputError(f"{title} is damaged or is not a {suffix} file: {why}") from error
        with file:
            members = _members(file.infolist(), title)
            _check_members(members, title, os.fstat(raw.fileno()).st_size, compressed=compressed)
            yield Archive(found, what, members, raw, file)


def check_names(archive: Archive, expected: Collection[str]) -> None:
    """Raise ``InputError`` unless the members of an archive are exactly the expected ones."""
    if set(archive.members) != set(expected):
        missing = [name for name in expected if name not in archive.members]
        raise InputError(
            f"{archive.title}: expected members {_first(expected)}; "
            f"received {_first(archive.members)}"
            + (f" without {_first(missing)}" if missing and len(expected) > SHOWN else "")
        )


def _first(names: Collection[str]) -> str:
    """Return the first of many names, printable."""
    first = [printable(name, longest=60) for name in [*names][:SHOWN]]
    return ", ".join([*first, *(["…"] if len(names) > SHOWN else [])]) or "none"


def _check_directory_size(raw: BinaryIO, title: str) -> None:
    """Raise unless the archive ends with a directory of moderate size, and no comment after it.

    Python's zipfile reads the directory whole and makes an object of some 500 bytes of each entry.
    """
    end = raw.seek(0, os.SEEK_END)
    raw.seek(max(end - 98, 0))
    last = raw.read(98)
    if len(last) < 22 or last[-22:-18] != b"PK\x05\x06" or last[-2:] != b"\0\0":
        raise zipfile.BadZipFile("it does not end with a directory")
    sizes = [struct.unpack("<L", last[-10:-6])[0]]
    if len(last) == 98 and last[-42:-38] == b"PK\x06\x07":  # of a file beyond 2 GB
        sizes.append(struct.unpack("<Q", last[40:48])[0])
    if (size := max(sizes)) > LARGEST_DIRECTORY:
        raise InputError(
            f"{title}: expected a directory of at most {LARGEST_DIRECTORY:,} bytes, "
            f"received {size:,}"
        )
    raw.seek(0)


def _members(infos: list[zipfile.ZipInfo], title: str) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        if info.filename in members:
            raise InputError(f"{title}: member {printable(info.filename, longest=60)} stands twice")
        members[info.filename] = info
    return members


def _check_members(
    members: dict[str, zipfile.ZipInfo], title: str, file_size: int, *, compressed: bool
) -> None:
    packed = unpacked = 0
    for name, info in members.items():
        where = f"{title}: member {printable(name, longest=60)}"
        if info.flag_bits & 0b1:
            raise InputError(f"{where} is encrypted; expected plain members")
        if info.flag_bits & ~HARMLESS_FLAGS:
            raise InputError(f"{where} has unknown flags; expected plain members")
        if info.compress_type not in (zipfile.ZIP_STORED, *[zipfile.ZIP_DEFLATED] * compressed):
            raise InputError(
                f"{where} is compressed by method {info.compress_type}; expected "
                f"{'deflated or stored' if compressed else 'stored, as Keras writes them'}"
            )
        if not 0 <= info.header_offset < file_size:
            raise InputError(f"{where} is damaged: it begins outside the file")
        if info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
            raise InputError(f"{where} is damaged: two sizes are given of what is not compressed")
        packed += info.compress_size
        unpacked += info.file_size
    if packed > file_size:
        raise InputError(f"{title} is damaged: its members are larger than the file")
    if unpacked > max(FREE_SIZE, GREATEST_RATIO * file_size):
        raise InputError(
            f"{title}: expected members that unpack to at most {GREATEST_RATIO} times the file's "
            f"{file_size:,} bytes, received {unpacked:,} bytes"
        )
