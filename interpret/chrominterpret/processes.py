"""Processes of this machine: which is which, and whether one still runs."""

import os
import socket
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path


@cache
def machine() -> str:
    """Return a mark of this machine and, in a container, of its numbering of processes."""
    space = ""
    with suppress(OSError):
        space = str(Path("/proc/self/ns/pid").readlink())
    return _mark(f"{socket.gethostname()} {space}")


def lives(process: int) -> bool:
    """Return whether a process of this machine runs; True where that cannot be known.

    Parameters
    ----------
    process
        Its number.
    """
    if os.name != "posix":  # where signal 0 would end it
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is another user's
        return True
    return True


def start_mark(process: int) -> str:
    """Return a mark of when a process began, as its number may come again; "0" where none is known.

    Parameters
    ----------
    process
        Its number on this machine.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        ticks = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()[19]
    except (OSError, IndexError):
        return "0"
    return _mark(f"{boot} {ticks.decode()}")


def _mark(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"
