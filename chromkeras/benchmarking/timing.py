"""Prediction time: models in turn, so that all meet the same load of the machine."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.data.tables import feed
from chromkeras.evaluation.predict import mean_logits
from chromkeras.model_file.open_model import OpenModel

SEQUENCES = 256  # as the primer's table has it
Call = Callable[[], Any]


@dataclass(frozen=True)
class PredictionTime:
    """Median milliseconds of a prediction of ``SEQUENCES`` sequences.

    Attributes
    ----------
    both_strands
        As ``chromkeras.predict`` does it: from packed rows, on both strands where there are two.
    one_strand
        The same on the given strand alone.
    keras
        Plain call of the same network on arrays that are ready, ``network.predict_on_batch``.
    """

    both_strands: float
    one_strand: float
    keras: float


def prediction_times(
    models: Mapping[str, OpenModel],
    dataset: Dataset,
    rows: np.ndarray,
    *,
    repeats: int,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, PredictionTime]:
    """Measure how long models take to predict, in turn, after a call of each that warms up.

    Parameters
    ----------
    models
        Open models by name.
    dataset, rows
        Rows to predict, shape (n,); they are repeated up to ``SEQUENCES``.
    repeats
        Number of rounds, of which the median counts.
    progress
        Called with rounds done and in all.
    """
    chosen = np.resize(rows, SEQUENCES)
    calls = {name: _calls(model, dataset, chosen) for name, model in models.items()}
    taken: dict[str, list[list[float]]] = {name: [] for name in models}
    for turn in range(repeats + 1):
        for name, some in calls.items():
            seconds = [_seconds(call) for call in some]
            if turn:
                taken[name].append(seconds)
        if progress is not None:
            progress(turn, repeats)
    return {
        name: PredictionTime(*(1000 * np.median(each, axis=0)).tolist())
        for name, each in taken.items()
    }


def _calls(model: OpenModel, dataset: Dataset, rows: np.ndarray) -> tuple[Call, Call, Call]:
    """Return the three ways to predict, in the order of `PredictionTime`."""
    names = tuple(tensor.name for tensor in model.network.inputs)
    given = feed(names, dataset.batch(rows, names))
    predict = partial(mean_logits, model, dataset, rows)
    return (
        partial(predict, both_strands=True),
        partial(predict, both_strands=False),
        partial(model.network.predict_on_batch, given),
    )


def _seconds(call: Call) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
