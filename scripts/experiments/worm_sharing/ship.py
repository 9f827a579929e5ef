"""Copy the study's models and figures to where they are kept: the folder models/ of the project."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from comparisons import FOLDER
from held_out import write
from runs import Run, Ship

from chromkeras.files import replacing


def ship(kept: Ship, runs: Mapping[str, Run], out: Path, folder: Path, data: Path) -> list[Path]:
    """Copy what the table of runs names, and write the rows that no model was trained on.

    Parameters
    ----------
    kept
        What to copy.
    runs
        Run of each row of the table whose model is kept.
    out
        Folder of the study.
    folder
        Where to copy.
    data
        The data set of the study.

    Returns
    -------
    list of Path
        The files that are new or changed.
    """
    pairs = {folder / name: out / FOLDER / source for name, source in kept.figures.items()}
    for name, row in kept.models.items():
        source = out / runs[row].slug / "model"
        for ending in (".keras", ".history.csv"):
            pairs[folder / (name + ending)] = source.with_name(source.name + ending)
    changed = [target for target, source in pairs.items() if _copy(source, target)]
    if kept.models and (rows := _write_rows(data, folder)):
        changed.append(rows)
    return changed


def _copy(source: Path, target: Path) -> bool:
    if target.exists() and target.read_bytes() == source.read_bytes():
        return False
    with replacing(target) as path:
        shutil.copyfile(source, path)
    return True


def _write_rows(data: Path, folder: Path) -> Path | None:
    """Write the held-out rows, unless a file of them is newer than the models and the data."""
    target, models = folder / "worm.h5", sorted(folder.glob("*/*.keras"))
    if target.exists():
        written = target.stat().st_mtime
        if all(path.stat().st_mtime <= written for path in (data, *models)):
            return None
    write(data, models, target)
    return target
