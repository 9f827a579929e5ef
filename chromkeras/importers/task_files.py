"""Files of which each is a task, such as one peak file for every cell type."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chromkeras.errors import InputError


@dataclass(frozen=True)
class FileKind:
    """A kind of file that folders are looked through for.

    Attributes
    ----------
    what
        Name of such files, for messages.
    suffix
        Ending of their names, which is no part of a task's.
    endings
        The same for people.
    """

    what: str
    suffix: re.Pattern[str]
    endings: str


def find_task_files(paths: Iterable[str | os.PathLike[str]], kind: FileKind) -> dict[str, Path]:
    """Return task to file, folders expanded in alphabetical order of file names.

    Parameters
    ----------
    paths
        Files, or folders whose files of this kind are taken.
    kind
        Kind of the files.

    Raises
    ------
    InputError
        A path is missing, a folder has no such file, or two files give one name.
    """
    files: dict[str, Path] = {}
    for path in map(Path, paths):
        for file in _expand(path, kind):
            name = kind.suffix.sub("", file.name).removesuffix(".gz")
            if name in files:
                raise InputError(
                    f"duplicate task name {name!r} from {files[name]} and {file}; "
                    "rename one or leave it out"
                )
            files[name] = file
    return files


def _expand(path: Path, kind: FileKind) -> Sequence[Path]:
    if not path.exists():
        raise InputError(f"{kind.what} {path} does not exist; check the path")
    if not path.is_dir():
        return [path]
    found = sorted(
        file
        for file in path.iterdir()
        if kind.suffix.search(file.name) and not file.name.startswith(".")
    )
    if not found:
        raise InputError(f"folder {path} holds no {kind.endings}")
    return found
