"""Files: written beside and then renamed, so that a reader never sees half of one."""

import hashlib
import os
from pathlib import Path

from chrominterpret.files import (
    LONGEST_NAME,
    file_names,
    filling,
    replacing,
    replacing_together,
    write_text,
)
from chrominterpret.json_file import write_json
from chrominterpret.locks import locked
from chromkeras.errors import InputError

__all__ = [
    "LONGEST_NAME", "file_names", "filling", "locked", "replacing", "replacing_together",
    "require_file", "sha256_of", "write_json", "write_text",
]  # fmt: skip


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


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
