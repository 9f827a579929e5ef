"""Opening of a command's data set: the user's, or the demo's."""

import logging
from pathlib import Path

from chromkeras.cli.options import comma_list
from chromkeras.data.dataset import Dataset
from chromkeras.names import printable

_log = logging.getLogger(__name__)


def open_data(path: Path | None, tasks: str | None = None, *, mmap: bool = False) -> Dataset:
    """Return the data set at ``path``, or the simulated demo when there is no path.

    ``tasks`` names those to keep, with commas between (one that holds a comma in double
    quotes); None keeps all. ``mmap`` leaves what is large in the file.
    """
    dataset = _open(path, mmap)
    if tasks is None:
        return dataset
    return dataset.select_tasks(comma_list([tasks]))


def note_other_data(fingerprint: str, *datasets: Dataset) -> bool:
    """Return whether a model was trained on other data, and if so log it.

    Parameters
    ----------
    fingerprint
        Fingerprint of the data that it was trained on, from its card.
    *datasets
        The data set at hand, whole and with only the model's tasks.
    """
    if any(dataset.was_trained_on(fingerprint) for dataset in datasets):
        return False
    if not fingerprint:
        _log.info("note: the model does not say on which data it was trained; perhaps on these")
        return True
    _log.info(
        "note: the model was trained on other data (%s) than this (%s); rows here may have been "
        "among its training rows",
        printable(fingerprint),
        datasets[0].fingerprint,
    )
    return True


def _open(path: Path | None, mmap: bool) -> Dataset:
    if path is not None:
        from chromkeras.data.hdf5 import load_dataset

        return load_dataset(path, mmap=mmap)
    from chromkeras.importers.simulate import demo_dataset

    _log.info("no --data given: using the simulated demo data set")
    return demo_dataset()
