"""Scores on the validation split after every epoch."""

from typing import Any

import keras
import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.evaluation.predict import predict_logits
from chromkeras.losses.task_losses import TaskCrossentropy
from chromkeras.statistics.metrics import auroc
from chromkeras.training.divergence import DivergedError


class ValidationScores(keras.callbacks.Callback):
    """Put the loss and AUROC of the whole validation split into the epoch's logs.

    Adds ``val_loss`` (sum over tasks, without penalties), ``val_auroc`` (mean over the tasks
    with both classes) and ``val_auroc/TASK``, from the mean logits of both strands, as
    ``evaluate`` reports them. Batches never change the figures.

    Parameters
    ----------
    dataset, rows
        The validation rows.
    loss
        The training loss.
    """

    def __init__(self, dataset: Dataset, rows: np.ndarray, loss: TaskCrossentropy) -> None:
        super().__init__()
        self.dataset, self.rows, self.loss = dataset, rows, loss
        self.auroc = np.full(len(dataset.tasks), np.nan)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Predict the validation rows and score them."""
        logits = predict_logits(self.model, self.dataset, self.rows)
        if not np.isfinite(logits).all():
            raise DivergedError(f"the logits are no longer numbers after epoch {epoch + 1}")
        values = self.dataset.values(self.rows)
        self.auroc = auroc(values, logits)
        if logs is not None:
            value = self.loss(values, logits, np.isfinite(values))
            logs["val_loss"] = float(keras.ops.convert_to_numpy(value))
            logs["val_auroc"] = float(np.nanmean(self.auroc))
            for task, score in zip(self.dataset.tasks, self.auroc, strict=True):
                logs[f"val_auroc/{task}"] = float(score)
