"""Storage of a study: one file that every process of a search shares."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from chromkeras.errors import InputError
from chromkeras.names import printable

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

SQLITE = (".db", ".sqlite")
JOURNAL = (".log", ".journal")
PATIENCE = 60.0  # seconds to wait for another process that writes to an SQLite file


def check_storage(path: str | os.PathLike[str]) -> Path:
    """Return the path of a storage, or raise ``InputError`` where none can be there.

    Parameters
    ----------
    path
        File ending in .db or .sqlite (SQLite, for local disks), or in .log or .journal (a journal,
        for folders that several machines share).
    """
    found = Path(path)
    if found.suffix not in (*SQLITE, *JOURNAL):
        raise InputError(
            f"`storage`: expected a file that ends in {', '.join(SQLITE)} (SQLite) or "
            f"{', '.join(JOURNAL)} (journal), received {printable(found)}"
        )
    if found.is_dir():
        raise InputError(f"`storage` {found} is a folder; expected the name of a file")
    return found


@contextmanager
def opened(path: Path) -> Iterator["BaseStorage"]:
    """Open a storage, made where it is missing, and close it at the end.

    Raises
    ------
    InputError
        The file is none of a study.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        storage = _journal(path) if path.suffix in JOURNAL else _sqlite(path)
    except (InputError, OSError):
        raise
    except Exception as error:  # what Optuna and SQLAlchemy raise at a file of something else
        cause = printable(str(error).partition("\n")[0], longest=200)
        raise InputError(
            f"`storage` {path} cannot be opened as a study ({cause}); choose another name"
        ) from error
    try:
        yield storage
    finally:
        storage.remove_session()
        if engine := getattr(storage, "engine", None):
            engine.dispose()


@contextmanager
def turn(path: Path) -> Iterator[None]:
    """Keep the other processes of a storage waiting while the block runs.

    It is a lock by a file, as that also works where machines share a folder. One that a killed
    process has left is broken after half a minute.
    """
    from optuna.storages.journal import JournalFileOpenLock

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = JournalFileOpenLock(f"{path}.turn")
    lock.acquire()
    try:
        yield
    finally:
        with suppress(RuntimeError):  # broken by another process, as it took too long
            lock.release()


def _sqlite(path: Path) -> "BaseStorage":
    from optuna.storages import RDBStorage

    def connect() -> sqlite3.Connection:
        """Return a connection; a path in the URL would be taken for a template and a query."""
        return sqlite3.connect(path, timeout=PATIENCE, check_same_thread=False)

    return RDBStorage("sqlite:///study", engine_kwargs={"creator": connect})


def _journal(path: Path) -> "BaseStorage":
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    _mend(path)
    return JournalStorage(JournalFileBackend(str(path)))


def _mend(path: Path) -> None:
    """Cut off a record that a crash has left unfinished, as nothing could follow it."""
    from optuna.storages.journal import JournalFileSymlinkLock

    if not path.exists():
        return
    lock = JournalFileSymlinkLock(str(path))
    lock.acquire()
    try:
        with path.open("rb+") as file:
            text = file.read()
            if text and not text.startswith(b"{"):
                raise InputError(f"`storage` {path} is no journal of a study; choose another name")
            if not text.endswith(b"\n"):
                file.truncate(text.rfind(b"\n") + 1)
    finally:
        lock.release()
