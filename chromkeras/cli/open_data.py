"""The data set a command works on: the user's, or the demo's."""

import csv
import sys
from pathlib import Path

from chromkeras.data.dataset import Dataset


def open_data(path: Path | None, tasks: str | None = None) -> Dataset:
    """Return the data set at ``path``, or the simulated demo when there is no path.

    ``tasks`` names those to keep, with commas between (one that holds a comma in double
    quotes); None keeps all.
    """
    dataset = _open(path)
    if tasks is None:
        return dataset
    names = next(csv.reader([tasks], skipinitialspace=True), [""])
    return dataset.select_tasks([name.strip() for name in names])


def _open(path: Path | None) -> Dataset:
    if path is not None:
        from chromkeras.data.hdf5 import load_dataset

        return load_dataset(path)
    from chromkeras.prepare.simulate import demo_dataset

    print("no --data given: using the simulated demo data set", file=sys.stderr)
    return demo_dataset()
