"""Weights of the best epoch: of the whole model, or of each task's own network."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from chromkeras.statistics.means import mean_defined
from chromkeras.training.validation import ValidationScores

# Below every score, but above that of no epoch.
UNDEFINED = float(np.finfo(np.float64).min)


class BestWeights(keras.callbacks.Callback):
    """Keep the best weights so far, and stop when nothing has improved for ``patience`` epochs.

    A model that shares any layer has one best epoch, that of the best mean validation score.
    Where every layer is a task's own, each task has its own best epoch and its own patience, as
    T separate trainings would: what is kept is a slice of the stacked weights.

    Parameters
    ----------
    validation
        Callback that scores each epoch; it must run before this one.
    patience
        Number of epochs without improvement before stopping.
    per_task
        Whether every weight of the model is stacked by task.
    grace
        Number of first epochs in which patience does not run, as some tasks still wait.
    """

    def __init__(
        self, validation: ValidationScores, *, patience: int, per_task: bool, grace: int = 0
    ) -> None:
        super().__init__()
        self.grace = grace
        self.validation, self.patience, self.per_task = validation, patience, per_task
        groups = len(validation.dataset.tasks) if per_task else 1
        self.score = np.full(groups, -np.inf)
        self.task_score = np.full(len(validation.dataset.tasks), np.nan)
        self.best_epoch = np.zeros(groups, int)
        self.weights: list[np.ndarray] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Take over the weights of the groups that improved."""
        score = self.validation.scores
        score = np.nan_to_num(score if self.per_task else [mean_defined(score)], nan=UNDEFINED)
        alive = epoch - self._last_gain() <= self.patience
        better = (score > self.score) & alive
        if not self.weights:
            self.weights = [np.zeros(v.shape, v.dtype) for v in self.model.weights]
        for kept, variable in zip(self.weights, self.model.weights, strict=True):
            if better.any():  # one weight after the other, as a second copy of all may not fit
                now = keras.ops.convert_to_numpy(variable)
                _rows(kept, len(better))[better] = _rows(now, len(better))[better]
        self.score = np.where(better, score, self.score)
        self.best_epoch = np.where(better, epoch, self.best_epoch)
        self.task_score = np.where(better, self.validation.scores, self.task_score)
        if self.finished(epoch):
            self.model.stop_training = True

    def finished(self, epoch: int) -> bool:
        """Return whether no group has improved for ``patience`` epochs up to ``epoch``."""
        return bool((epoch - self._last_gain() >= self.patience).all())

    def _last_gain(self) -> np.ndarray:
        """Return the epoch from which each group's patience runs."""
        return np.maximum(self.best_epoch, self.grace - 1)

    def state(self) -> dict[str, np.ndarray]:
        """Return what a resumed run needs."""
        weights = {f"weight_{i}": weight for i, weight in enumerate(self.weights)}
        return {
            "score": self.score,
            "best_epoch": self.best_epoch,
            "task_score": self.task_score,
            **weights,
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take up where ``state`` was given."""
        self.score, self.best_epoch = state["score"], state["best_epoch"]
        self.task_score = state["task_score"]
        count = sum(name.startswith("weight_") for name in state)
        self.weights = [state[f"weight_{i}"] for i in range(count)]


def _rows(weight: np.ndarray, groups: int) -> np.ndarray:
    """Return a view of a weight with one row a group."""
    return weight.reshape(groups, -1)
