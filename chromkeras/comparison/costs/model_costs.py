"""What models cost: size, operations, memory, and the time their training took."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from chromkeras.cost.memory import training_memory
from chromkeras.cost.operations import model_cost
from chromkeras.errors import InputError
from chromkeras.recipe.recipe import Recipe
from chromkeras.training.history_plot import read_history


@dataclass(frozen=True)
class TrainingTime:
    """How long a training took, by its history; NaN where there is none.

    Attributes
    ----------
    epochs, best_epoch
        Epochs trained, and the one with the highest mean validation AUROC.
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
        Estimated bytes of training beyond the program and its data.
    time
        Of its training.
    """

    parameters: int
    forward: int
    training: int
    memory: int
    time: TrainingTime


NO_HISTORY = TrainingTime(*(float("nan"),) * 4)


def model_costs(network: keras.Model, recipe: Recipe, path: Path) -> ModelCosts:
    """Count and look up what a model costs; ``path`` is its file, the history is beside it."""
    cost = model_cost(network)
    memory = training_memory(network, recipe.training, program=0, validated=0)
    time = training_time(history_file(path))
    return ModelCosts(cost.parameters, cost.forward, cost.training, memory.peak, time)


def history_file(path: Path) -> Path:
    """Return where training keeps the history of the model file ``path``."""
    return path.with_name(f"{path.stem}.history.csv")


def training_time(history: Path) -> TrainingTime:
    """Read the times of a training from its history file; all NaN where there is none.

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
    auroc = np.array([row.get("val_auroc", np.nan) for row in rows])
    best = int(np.nanargmax(auroc)) if np.isfinite(auroc).any() else None
    return TrainingTime(
        epochs=float(len(rows)),
        best_epoch=float("nan") if best is None else rows[best]["epoch"],
        epoch=float(np.median(seconds)),
        to_best=float("nan") if best is None else float(seconds[: best + 1].sum()),
    )
