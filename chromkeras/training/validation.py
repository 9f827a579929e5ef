"""Scores on the validation split after every epoch."""

from typing import Any

import keras
import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.evaluation.predict import predict_logits
from chromkeras.losses.registry import of_loss
from chromkeras.losses.task_loss import TaskLoss
from chromkeras.problems.problem import Problem
from chromkeras.statistics.means import mean_defined
from chromkeras.training.divergence import DivergedError, some_of

FEW = 64  # rows that say which tasks are broken


class ValidationScores(keras.callbacks.Callback):
    """Put the loss and the scores of the whole validation split into the epoch's logs.

    Adds ``val_loss`` (sum over tasks, without penalties), ``val_SCORE`` (mean over the tasks
    where it is defined) and ``val_SCORE/TASK``, with the score of the problem, such as "auroc",
    from the mean outputs of both strands, as an evaluation has them. Batches never change the
    figures.

    Parameters
    ----------
    dataset, rows
        Data set, and rows of its validation split.
    loss
        Training loss.
    problem
        Problem of the labels.
    """

    def __init__(
        self, dataset: Dataset, rows: np.ndarray, loss: TaskLoss, problem: Problem
    ) -> None:
        super().__init__()
        self.dataset, self.rows, self.loss, self.problem = dataset, rows, loss, problem
        self.scores = np.full(len(dataset.tasks), np.nan)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Predict the validation rows and score them."""
        outputs = predict_logits(self.model, self.dataset, self.rows)
        if not np.isfinite(outputs).all():
            of = self._broken(outputs)
            raise DivergedError(f"the outputs{of} are no longer numbers after epoch {epoch + 1}")
        values, link = self.dataset.values(self.rows), of_loss(self.loss.name, "LINK")
        self.scores = self.problem.scores(values, outputs, link)
        if logs is None:
            return
        known = self.dataset.known[self.rows].astype(np.float32)
        value = self.loss(np.nan_to_num(values), outputs, known)
        logs["val_loss"] = float(keras.ops.convert_to_numpy(value))
        logs |= score_logs(self.problem, self.dataset.tasks, self.scores)

    def broken(self) -> str:
        """Return " of task NAME, NAME" where the outputs of these alone are no numbers, or ""."""
        return self._broken(predict_logits(self.model, self.dataset, self.rows[:FEW]))

    def _broken(self, outputs: np.ndarray) -> str:
        whole = np.isfinite(outputs).all(axis=tuple(i for i in range(outputs.ndim) if i != 1))
        tasks = self.dataset.tasks
        return some_of([task for task, fine in zip(tasks, whole, strict=True) if not fine], tasks)


def score_logs(problem: Problem, tasks: tuple[str, ...], scores: np.ndarray) -> dict[str, float]:
    """Return the columns of the history that hold the scores, the mean first."""
    key = f"val_{problem.score}"
    each = {f"{key}/{task}": float(score) for task, score in zip(tasks, scores, strict=True)}
    return {key: float(mean_defined(scores)), **each}
