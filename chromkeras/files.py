"""Write beside, then rename: a reader never sees half a file."""

import os
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside ``path``, renamed to ``path`` when the block ends well.

    Parameters
    ----------
    path
        The file to make or replace. Its folder is made when missing.

    Yields
    ------
    Path
        Where to write. It keeps the suffix of ``path``; on any exception it is removed and
        ``path`` stays as it was.
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ValueError(f"cannot write {target}: its folder is a file; choose another") from None
    beside = target.with_name(f".{target.stem}.{secrets.token_hex(4)}{target.suffix}")
    try:
        yield beside
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def require_file(path: str | os.PathLike[str], what: str) -> Path:
    """Return ``path``, or raise ``ValueError`` when it is no file or an empty one."""
    found = Path(path)
    if not found.exists():
        raise ValueError(f"{what} {found} does not exist; check the path")
    if not found.is_file():
        kind = "a folder" if found.is_dir() else "no regular file"
        raise ValueError(f"{what} {found} is {kind}; expected a file")
    if found.stat().st_size == 0:
        raise ValueError(f"{what} {found} is empty")
    return found


def file_names(texts: Sequence[str]) -> list[str]:
    """Return a file name for every text, such as a task; those that would share one are numbered.

    Sharing is judged without case, as some file systems do.
    """
    plain = ["".join(c if c.isalnum() or c in "-_." else "_" for c in text) for text in texts]
    counts = Counter(name.casefold() for name in plain)
    return [f"{n}_{i}" if counts[n.casefold()] > 1 else n for i, n in enumerate(plain)]
