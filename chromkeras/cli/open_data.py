"""The data set a command works on: the user's, or the demo's."""

import sys
from pathlib import Path

from chromkeras.data.dataset import Dataset


def open_data(path: Path | None) -> Dataset:
    """Return the data set at ``path``, or the simulated demo when there is no path."""
    if path is not None:
        from chromkeras.data.hdf5 import load_dataset

        return load_dataset(path)
    from chromkeras.prepare.simulate import demo_dataset

    print("no --data given: using the simulated demo data set", file=sys.stderr)
    return demo_dataset()
