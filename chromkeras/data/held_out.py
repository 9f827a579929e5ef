"""The rows of a data set that no model was trained on, as a small data set of their own."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chromkeras.data.dataset import Dataset, Origin
from chromkeras.errors import InputError


def held_out(dataset: Dataset, task_sets: Sequence[Sequence[str]] = ()) -> Dataset:
    """Return the validation and test rows, which remember the whole that they come from.

    Parameters
    ----------
    dataset
        The whole, with training rows.
    task_sets
        Names of tasks; a model that was trained on these tasks of the whole is recognised as well
        as one trained on all.

    Raises
    ------
    InputError
        There is nothing to hold out, or no training row to hold it out from; a task is unknown.
    """
    rows = np.flatnonzero(dataset.split != "train")
    if len(rows) == 0:
        raise InputError("expected rows in the valid or test split, received training rows alone")
    if len(rows) == len(dataset):
        raise InputError(
            f"expected rows in the train split, received no rows; {dataset.where_rows_are}"
        )
    wholes = (dataset, *(dataset.select_tasks(tasks) for tasks in task_sets))
    fingerprints = tuple(dict.fromkeys(whole.fingerprint for whole in wholes))
    positive = dataset.positive_fraction("train") if dataset.zero_one else None
    return replace(dataset.select_rows(rows), origin=Origin(fingerprints, positive))
