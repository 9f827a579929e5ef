"""Search for the data set of models, for commands that were given none."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from chromkeras.errors import InputError
from chromkeras.model_file.shipped import model_path

_log = logging.getLogger(__name__)


def find_data(data: Path | None, models: Mapping[Path, Sequence[str]]) -> Path | None:
    """Return the data set to use: the given one, else one that lies beside the models.

    The models' own folders are searched, then the folders around those; models of the demo's tasks
    have the demo where neither holds any.

    Parameters
    ----------
    data
        As given; None searches.
    models
        The tasks of each model file.

    Returns
    -------
    Path or None
        None stands for the demo, and where the models have no task in common.

    Raises
    ------
    InputError
        No data set there has these tasks, or several have.
    """
    if data is not None:
        return data
    first, *others = models.values()
    tasks = [task for task in first if all(task in other for other in others)]
    if not tasks:
        return None
    own = list(dict.fromkeys(model_path(path).parent.resolve() for path in models))
    around = [folder for folder in dict.fromkeys(f.parent for f in own) if folder not in own]
    for places in (own, around):
        found = [path for place in places for path in _holding(tasks, place)]
        if len(found) > 1:
            names = ", ".join(_short(path) for path in found)
            raise InputError(f"no --data given, and several data sets would do: {names}")
        if found:
            _log.info("no --data given: using %s", _short(found[0]))
            return found[0]
    if _in_demo(tasks):
        return None
    some = ", ".join(tasks[:4]) + (", …" if len(tasks) > 4 else "")
    looked = ", ".join(_short(place) for place in (*own, *around))
    raise InputError(f"expected --data, or a data set with the tasks {some} in one of {looked}")


def _in_demo(tasks: Sequence[str]) -> bool:
    from chromkeras.importers.simulate import task_names
    from chromkeras.importers.simulation import Simulation

    return set(tasks) <= set(task_names(Simulation()))


def _holding(tasks: Sequence[str], folder: Path) -> list[Path]:
    from chromkeras.data.hdf5 import dataset_tasks

    every = (path for path in sorted(folder.glob("*.h5")) if not path.name.startswith("."))
    return [path for path in every if {*tasks} <= {*dataset_tasks(path)}]


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
