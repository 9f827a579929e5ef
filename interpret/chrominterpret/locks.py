"""Locks by files: a result is written by one run at a time.

Each run that wants to write a result first puts a file of its own beside it, whose name says which
process it is, and then looks for those of others. Where it finds one, it takes its own away again.
So no lock is ever taken from anybody, and no two runs can both think that they have it. The file of
a process that is gone is removed by the next run: of this machine that is seen at once; on another
one the file has not been touched for minutes.
"""

import json
import os
import random
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from chrominterpret.errors import InputError
from chrominterpret.processes import lives, machine, start_mark

SUFFIX = ".lock"
BEAT = 20.0  # seconds between two signs of life
SILENCE = 180.0  # seconds without one, after which a run on another machine is gone
ATTEMPTS, PAUSE = 4, 0.2  # where two begin at one moment, and seconds that they stand back
_held: ContextVar[frozenset[Path]] = ContextVar("held", default=frozenset())


@contextmanager
def locked(
    path: str | os.PathLike[str], *, shared: str | None = None, patience: float = 0.0
) -> Iterator[None]:
    """Write a result alone: a second run that would write it fails while the block runs.

    Within the block the same run may lock ``path`` again.

    Parameters
    ----------
    path
        The file to write, or the main one of a folder; its folder is made when missing.
    shared
        What runs have in common that may write it side by side; None for one run alone.
    patience
        Seconds to wait for the other run.

    Raises
    ------
    InputError
        Another run writes it; the message says which.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> with locked(Path(folder.name) / "scores.tsv"):
    ...     pass
    >>> list(Path(folder.name).iterdir())
    []
    >>> folder.cleanup()
    """
    target = Path(os.path.realpath(path))
    if target in _held.get():
        yield
        return
    made = _make_folder(target.parent)
    try:
        own = _acquired(target, shared, patience)
        token = _held.set(_held.get() | {target})
        try:
            with _signs_of_life(own):
                yield
        finally:
            _held.reset(token)
            own.unlink(missing_ok=True)
    finally:
        _remove_empty(made)


@dataclass(frozen=True)
class _Owner:
    """A file that a run has put beside a result.

    Attributes
    ----------
    path
        The file.
    machine, process, started
        Mark of the machine, number of the process, and mark of when it began.
    """

    path: Path
    machine: str
    process: int
    started: str

    @property
    def is_here(self) -> bool:
        """Whether the process is, or was, one of this machine."""
        return self.machine == machine()

    def is_gone(self, now: float) -> bool:
        """Return whether the run is over, by the file system's time ``now``."""
        if self.is_here:
            return not lives(self.process) or start_mark(self.process) != self.started
        try:
            return now - self.path.stat().st_mtime > SILENCE
        except OSError:
            return True

    def facts(self) -> dict[str, str]:
        """Return what the file says; nothing where it has just been made or is gone."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _acquired(target: Path, shared: str | None, patience: float) -> Path:
    """Return the file that stands for this run, once no other run's does."""
    limit, attempts = time.monotonic() + patience, 0
    while True:
        own = _announce(target, shared)
        try:
            other = _other(target, own, shared)
        except BaseException:
            own.unlink(missing_ok=True)
            raise
        if other is None:
            return own
        own.unlink(missing_ok=True)
        attempts += 1
        if attempts >= ATTEMPTS and time.monotonic() >= limit:
            raise _refusal(target, other)
        time.sleep(random.uniform(0, PAUSE))  # no secret


def _announce(target: Path, shared: str | None) -> Path:
    process = os.getpid()
    mark = f"{machine()}-{process}-{start_mark(process)}-{secrets.token_hex(4)}"
    own = target.with_name(f".{target.name}.{mark}{SUFFIX}")
    facts = {
        "host": socket.gethostname(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
        "shared": shared or "",
    }
    try:
        own.write_text(json.dumps(facts), encoding="utf-8")
    except BaseException:
        own.unlink(missing_ok=True)
        raise
    return own


def _other(target: Path, own: Path, shared: str | None) -> _Owner | None:
    """Return a run that writes the target too, if any; files of those that are gone are removed."""
    now = own.stat().st_mtime
    for owner in _owners(target):
        if owner.path == own:
            continue
        if owner.is_gone(now):
            with suppress(OSError):
                owner.path.unlink()
        elif shared is None or owner.facts().get("shared") != shared:
            return owner
    return None


def _owners(target: Path) -> Iterator[_Owner]:
    first = f".{target.name}."
    with os.scandir(target.parent) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(first)]
    for name in names:
        parts = name.removeprefix(first).removesuffix(SUFFIX).split("-")
        if name.endswith(SUFFIX) and len(parts) == 4 and parts[1].isdecimal():
            yield _Owner(target.parent / name, parts[0], int(parts[1]), parts[2])


def _refusal(target: Path, other: _Owner) -> InputError:
    facts = other.facts()
    where = "" if other.is_here else f" on {facts.get('host', 'another machine')}"
    since = f", since {facts['since']}" if "since" in facts else ""
    return InputError(
        f"cannot write {target}: another run does (process {other.process}{where}{since}); wait "
        "for its end, or choose another name"
    )


@contextmanager
def _signs_of_life(own: Path) -> Iterator[None]:
    """Touch a file from time to time, for other machines."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(BEAT):
            with suppress(OSError):
                os.utime(own)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder and return those that were missing, the innermost first."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise InputError(f"cannot write in {folder}: it is a file; choose another") from None
    return missing


def _remove_empty(folders: list[Path]) -> None:
    """Remove folders that were made for a lock, where nothing was written after all."""
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()
