"""Files that appear whole or not at all, and stay when the power fails."""

import os
import secrets
import shutil
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from chrominterpret.errors import InputError
from chrominterpret.processes import lives, machine

STAGE = "new.partial"
FASTA_ENDINGS = (".fa", ".fasta", ".fna", ".fa.gz", ".fasta.gz", ".fna.gz")
LONGEST_NAME = 100  # of the 255 bytes that file systems permit


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
    with replacing_together(path) as (beside,):
        yield beside


@contextmanager
def replacing_together(*paths: str | os.PathLike[str]) -> Iterator[tuple[Path, ...]]:
    """Give temporary paths beside several, renamed to them when the block ends well: all or none.

    All are written and on the disk before the first is renamed, in the order given.

    Parameters
    ----------
    *paths
        Files to make or replace, as for ``replacing``.

    Yields
    ------
    tuple of Path
        Where to write, one for each path.

    Raises
    ------
    InputError
        As ``replacing`` does.
    """
    targets = [_target(path) for path in paths]
    besides = [_temporary(target) for target in targets]
    try:
        yield tuple(besides)
        for beside in besides:
            _synchronise(beside)
        for beside, target in zip(besides, targets, strict=True):
            beside.replace(target)
        for folder in dict.fromkeys(target.parent for target in targets):
            _synchronise(folder)
    finally:
        for beside in besides:
            beside.unlink(missing_ok=True)


@contextmanager
def filling(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """Give an empty folder whose files move to ``folder`` when the block ends well: all or none.

    Files there that have other names stay.

    Parameters
    ----------
    folder
        Folder to write; made when missing.

    Yields
    ------
    Path
        Where to write: a hidden folder in ``folder``, removed on any exception.

    Raises
    ------
    InputError
        ``folder`` is a file, or a file in it cannot be replaced.

    Examples
    --------
    >>> import tempfile
    >>> place = tempfile.TemporaryDirectory()
    >>> with filling(place.name) as inner:
    ...     write_text(inner / "page" / "a.txt", "text")
    >>> (Path(place.name) / "page" / "a.txt").read_text()
    'text'
    >>> place.cleanup()
    """
    target = Path(folder)
    stage = _temporary(_target(target / STAGE))
    stage.mkdir()
    try:
        yield stage
        files = sorted(path.relative_to(stage) for path in stage.rglob("*") if path.is_file())
        for file in files:
            _target(target / file)
            _synchronise(stage / file)
        for file in files:
            (stage / file).replace(_target(target / file))
        for place in dict.fromkeys((target / file).parent for file in files):
            _synchronise(place)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _target(path: str | os.PathLike[str]) -> Path:
    """Return the file to replace, with its folder made and what killed runs left there removed."""
    target = Path(os.path.realpath(path)) if Path(path).is_symlink() else Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise InputError(f"cannot write {target}: its folder is a file; choose another") from None
    check_replaceable(target)
    _sweep(target)
    return target


def _temporary(target: Path) -> Path:
    mark = f"{machine()}-{os.getpid()}-{secrets.token_hex(4)}"
    return target.with_name(f".{target.stem}.{mark}{target.suffix}")


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


def is_fasta(given: object) -> bool:
    """Return whether something is a path that ends as FASTA files do."""
    return isinstance(given, str | os.PathLike) and str(given).lower().endswith(FASTA_ENDINGS)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a UTF-8 text file with line feeds as line ends, whole or not at all."""
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")


def file_names(texts: Sequence[str]) -> list[str]:
    """Return a file name for every text, such as a task; those that would share one are numbered.

    Sharing is judged without case, as some file systems do; of long texts the first
    ``LONGEST_NAME`` bytes are taken.
    """
    plain = [_cut("".join(c if c.isalnum() or c in "-_." else "_" for c in t)) for t in texts]
    counts = Counter(name.casefold() for name in plain)
    taken = {name for name, count in counts.items() if count == 1}
    names = []
    for i, name in enumerate(plain):
        if counts[name.casefold()] > 1:
            name = f"{name}_{i}"
            while name.casefold() in taken:
                name += "_"
            taken.add(name.casefold())
        names.append(name)
    return names


def _cut(name: str) -> str:
    return name.encode()[:LONGEST_NAME].decode(errors="ignore")


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
    first, last = f".{target.stem}.{machine()}-", target.suffix
    with os.scandir(target.parent) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(first)]
    for name in names:
        process, _, rest = name.removeprefix(first).partition("-")
        if process.isdecimal() and rest.endswith(last) and not lives(int(process)):
            _remove(target.parent / name)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        path.unlink()
