"""Files: written beside and then renamed, so that a reader never sees half of one."""

import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chrominterpret.files import filling, replacing, replacing_together, write_text
from chrominterpret.locks import locked
from chromkeras.errors import InputError

__all__ = [
    "file_names", "filling", "locked", "replacing", "replacing_together", "require_file",
    "write_json", "write_text",
]  # fmt: skip


LONGEST_NAME = 100  # of the 255 bytes that file systems permit


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


def _cut(name: str) -> str:
    return name.encode()[:LONGEST_NAME].decode(errors="ignore")


def write_json(path: str | os.PathLike[str], values: Any) -> None:
    """Write values as JSON; the file appears whole or not.

    Parameters
    ----------
    path
        File to write.
    values
        Plain values as ``tables.plain`` returns them: JSON has no NaN and no infinity.
    """
    text = json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False)
    with replacing(Path(path)) as beside:
        beside.write_text(text + "\n", encoding="utf-8")


def file_names(texts: Sequence[str]) -> list[str]:
    """Return a file name for every text, such as a task; those that would share one are numbered.

    Sharing is judged without case, as some file systems do; of long texts the first
    ``LONGEST_NAME`` bytes are taken.
    """
    plain = [_cut("".join(c if c.isalnum() or c in "-_." else "_" for c in t)) for t in texts]
    counts = Counter(name.casefold() for name in plain)
    return [f"{n}_{i}" if counts[n.casefold()] > 1 else n for i, n in enumerate(plain)]
