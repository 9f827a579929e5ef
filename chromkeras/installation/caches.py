"""Folders outside the project in which something is kept from one run to the next."""

import os
from dataclasses import dataclass
from pathlib import Path

from chromkeras.backend.quiet import keras_folder
from chromkeras.importers.simulate import demo_folder


@dataclass(frozen=True)
class Cache:
    """A folder that is kept from one run to the next.

    Attributes
    ----------
    path
        The folder.
    size
        Bytes of its files; 0 where it does not exist.
    writable
        Whether something can be kept there.
    """

    path: Path
    size: int
    writable: bool


def caches() -> dict[str, Cache]:
    """Return the folders by what they hold."""
    return {"demo data set": look_at(demo_folder()), "Keras settings": look_at(keras_folder())}


def look_at(folder: Path) -> Cache:
    """Return the size of a folder, and whether it can be written to or made."""
    files = [file for file in folder.rglob("*") if file.is_file()] if folder.is_dir() else []
    return Cache(folder, sum(file.stat().st_size for file in files), writable(folder))


def writable(folder: Path) -> bool:
    """Return whether files can be written in a folder, which may have to be made."""
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
