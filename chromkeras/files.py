"""Files: written beside and then renamed, so that a reader never sees half of one."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from chrominterpret.files import replacing, write_text
from chromkeras.errors import InputError

__all__ = ["file_names", "replacing", "require_file", "write_text"]


def require_file(path: str | os.PathLike[str], what: str) -> Path:
    """Return ``path``, or raise ``InputError`` when it is no file or an empty one."""
    found = Path(path)
    if not found.exists():
        raise InputError(f"{what} {found} does not exist; check the path")
    if not found.is_file():
        kind = "a folder" if found.is_dir() else "no regular file"
        raise InputError(f"{what} {found} is {kind}; expected a file")
    if found.stat().st_size == 0:
        raise InputError(f"{what} {found} is empty")
    return found


def file_names(texts: Sequence[str]) -> list[str]:
    """Return a file name for every text, such as a task; those that would share one are numbered.

    Sharing is judged without case, as some file systems do.
    """
    plain = ["".join(c if c.isalnum() or c in "-_." else "_" for c in text) for text in texts]
    counts = Counter(name.casefold() for name in plain)
    return [f"{n}_{i}" if counts[n.casefold()] > 1 else n for i, n in enumerate(plain)]
