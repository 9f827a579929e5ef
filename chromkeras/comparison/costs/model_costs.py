"""What models cost: size, operations, memory, and the time their training took."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from chromkeras.cost.memory import training_memory
from chromkeras.cost.operations import model_cost
from chromkeras.errors import InputError
from chromkeras.model_file.beside import history_path
from chromkeras.recipe.recipe import Recipe
from chromkeras.training.history_plot import read_history


@dataclass(frozen=True)
class TrainingTime:
    """How long a training took, by its history; NaN where there is none.

    Attributes
    ----------
    epochs, best_epoch
        Epochs trained, and the one with the highest mean validation score.
    epoch
        Median seconds of an epoch, its validation included.
    to_best
        Seconds from the start to the end of the best epoch.
    """

    epochs: float
    best_epoch: float
    epoch: float
    to_best: float


@dataclass(frozen=True)
class ModelCosts:
    """All costs of one model.

    Attributes
    ----------
    parameters
        Weights, also those that are not trained.
    forward, training
        Floating-point operations per sequence: of a prediction, and of a training step.
    memory
        Estimated bytes of training beyond the program and its data; NaN of a model without a
        recipe, as ``training`` is.
    time
        Time of its training.
    """

    parameters: int
    forward: int
    training: float
    memory: float
    time: TrainingTime


def summed(costs: Sequence[ModelCosts]) -> ModelCosts:
    """Return what an ensemble costs whose members were trained one after the other.

    Weights, operations, epochs and seconds are sums, memory is the largest, the seconds of an epoch
    are the median; there is no best epoch.
    """
    times = [cost.time for cost in costs]
    return ModelCosts(
        sum(cost.parameters for cost in costs),
        sum(cost.forward for cost in costs),
        sum(cost.training for cost in costs),
        max(cost.memory for cost in costs),
        TrainingTime(
            sum(time.epochs for time in times),
            float("nan"),
            float(np.median([time.epoch for time in times])),
            sum(time.to_best for time in times),
        ),
    )


NO_HISTORY = TrainingTime(*(float("nan"),) * 4)


def model_costs(
    network: keras.Model, recipe: Recipe | None, path: Path, *, score: str = "val_auroc"
) -> ModelCosts:
    """Count and look up what a model costs; ``path`` is its file, the history is beside it.

    A baseline, and a model that was trained elsewhere, has no ``recipe``: what a step of its
    training takes is not known.
    """
    cost = model_cost(network)
    if recipe is None:
        nothing = float("nan")
        return ModelCosts(cost.parameters, cost.forward, nothing, nothing, NO_HISTORY)
    memory = training_memory(network, recipe.training, program=0, validated=0)
    time = training_time(history_path(path), score)
    return ModelCosts(cost.parameters, cost.forward, cost.training, memory.peak, time)


def training_time(history: Path, score: str = "val_auroc") -> TrainingTime:
    """Read the times of a training from its history file; all NaN where there is none.

    Parameters
    ----------
    history
        File that ``train`` writes beside the model.
    score
        Column of the validation score, of which the highest is best.

    Raises
    ------
    InputError
        The file is there but is not what ``train`` writes.
    """
    if not history.exists():
        return NO_HISTORY
    rows = read_history(history)
    if not rows or not {"epoch", "seconds"} <= rows[0].keys():
        raise InputError(f"{history}: expected columns epoch and seconds, as `train` writes them")
    seconds = np.array([row["seconds"] for row in rows])
    scores = np.array([row.get(score, np.nan) for row in rows])
    best = int(np.nanargmax(scores)) if np.isfinite(scores).any() else None
    return TrainingTime(
        epochs=float(len(rows)),
        best_epoch=float("nan") if best is None else rows[best]["epoch"],
        epoch=float(np.median(seconds)),
        to_best=float("nan") if best is None else float(seconds[: best + 1].sum()),
    )
