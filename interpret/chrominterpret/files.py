"""Files that appear whole or not at all, and stay when the power fails."""

import os
import secrets
import socket
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from chrominterpret.errors import InputError


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside ``path``, renamed to ``path`` when the block ends well.

    File and folder are synchronised with the disk before the block is left. What processes that
    were killed have left beside ``path`` is removed.

    Parameters
    ----------
    path
        File to make or replace; what a link points to is replaced, not the link. Its folder is
        made when missing.

    Yields
    ------
    Path
        Where to write. It keeps the suffix of ``path``; on any exception it is removed and
        ``path`` stays as it was.

    Raises
    ------
    InputError
        The folder is a file, or ``path`` is a folder, a device or read-only.
    """
    target = Path(os.path.realpath(path)) if Path(path).is_symlink() else Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise InputError(f"cannot write {target}: its folder is a file; choose another") from None
    check_replaceable(target)
    _sweep(target)
    mark = f"{_machine()}-{os.getpid()}-{secrets.token_hex(4)}"
    beside = target.with_name(f".{target.stem}.{mark}{target.suffix}")
    try:
        yield beside
        _synchronise(beside)
        beside.replace(target)
        _synchronise(target.parent)
    finally:
        beside.unlink(missing_ok=True)


def check_replaceable(path: str | os.PathLike[str]) -> None:
    """Raise ``InputError`` where a path is something that no file may take the place of."""
    try:
        mode = Path(path).stat().st_mode
    except OSError:  # nothing there, or nothing that can be seen
        return
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "no regular file"
        raise InputError(f"cannot write {path}: it is {kind}; choose another name")
    if not mode & 0o222:
        raise InputError(
            f"cannot write {path}: the file is read-only; choose another name, or permit writing"
        )


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a UTF-8 text file with line feeds as line ends, whole or not at all."""
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")


def _synchronise(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    try:
        number = os.open(path, flags)
    except PermissionError:  # Windows opens no folder
        return
    try:
        os.fsync(number)
    except OSError as error:
        # Some file systems cannot do it for a folder; a full disk says so here at the latest.
        if not path.is_dir():
            raise OSError(error.errno, os.strerror(error.errno or 0), str(path)) from error
    finally:
        os.close(number)


def _sweep(target: Path) -> None:
    """Remove temporary files for a target whose processes, on this machine, are no more."""
    if os.name != "posix":
        return
    first, last = f".{target.stem}.{_machine()}-", target.suffix
    with os.scandir(target.parent) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(first)]
    for name in names:
        process, _, rest = name.removeprefix(first).partition("-")
        if process.isdecimal() and rest.endswith(last) and not _lives(int(process)):
            with suppress(OSError):
                (target.parent / name).unlink()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is another user's
        return True
    return True


@cache
def _machine() -> str:
    """Return a mark of this machine and, in a container, of its numbering of processes."""
    space = ""
    with suppress(OSError):
        space = str(Path("/proc/self/ns/pid").readlink())
    return f"{zlib.crc32(f'{socket.gethostname()} {space}'.encode()):08x}"
