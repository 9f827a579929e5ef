"""Checks of output paths, before the work and not after it."""

import os
from pathlib import Path

from chrominterpret.files import check_replaceable
from chromkeras.errors import InputError


def check_output_file(
    path: Path, option: str = "--out", *, inputs: tuple[Path | None, ...] = ()
) -> None:
    """Raise ``InputError`` unless ``path`` can become a file.

    Parameters
    ----------
    path
        The file to write; its folders may be missing.
    option
        The option that names it, for messages.
    inputs
        Files that the command reads, which must not be written over.
    """
    if path.is_dir():
        raise InputError(f"{option} {path} is a folder; expected the name of a file to write")
    for given in inputs:
        if given is not None and path.exists() and given.exists() and path.samefile(given):
            raise InputError(f"{option} {path} is also the input; choose another name")
    try:
        check_replaceable(path)
    except InputError as error:
        raise InputError(f"{option}: {error}") from error
    _check_folder(path.parent, f"{option} {path}")


def check_output_folder(path: Path, option: str = "--out") -> None:
    """Raise ``InputError`` unless files can be written in the folder ``path``, made if missing."""
    if path.exists() and not path.is_dir():
        raise InputError(f"{option} {path} is a file; expected a folder")
    _check_folder(path, f"{option} {path}")


def _check_folder(folder: Path, what: str) -> None:
    nearest = next(place for place in (folder, *folder.parents, Path()) if _exists(place))
    if not nearest.is_dir():
        raise InputError(f"{what}: {nearest} is a file, not a folder; choose another")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(f"{what}: cannot write in folder {nearest}; choose another")


def _exists(place: Path) -> bool:
    return os.path.lexists(place)
