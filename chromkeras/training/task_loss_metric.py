"""Metric of each task's training loss over an epoch."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from chromkeras.losses.task_loss import TaskLoss


@keras.saving.register_keras_serializable(package="chromkeras")
class TaskLosses(keras.metrics.Metric):
    """Mean loss of each task over all its known labels since the last reset.

    Every known label counts alike, however it fell into batches, and task weights do not count.
    The result is a dictionary, {"loss/TASK": value}; a task without a known label has NaN.

    Parameters
    ----------
    tasks
        Task names, in the order of the outputs.
    loss
        Loss that is trained by, such as ``TaskLoss("mse")``.
    name
        Name of the metric.

    Notes
    -----
    Give it to ``compile`` among ``weighted_metrics``, so that it learns which labels are known.
    """

    def __init__(
        self, tasks: Sequence[str], loss: TaskLoss, name: str = "task_losses", **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.tasks, self.loss = tuple(tasks), loss
        shape = (len(self.tasks),)
        self.total = self.add_weight(shape=shape, initializer="zeros", name="total")
        self.count = self.add_weight(shape=shape, initializer="zeros", name="count")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch: labels (batch, T), outputs, and as weights 1 where a label is known."""
        totals, counts = self.loss.sums(y_true, ops.cast(y_pred, self.dtype), sample_weight)
        self.total.assign_add(totals)
        self.count.assign_add(counts)

    def result(self) -> dict[str, Any]:
        """Return the mean loss of each task."""
        means = ops.divide(self.total, self.count)
        return {name: means[i] for i, name in enumerate(loss_names(self.tasks))}

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {
            "tasks": list(self.tasks),
            "loss": keras.losses.serialize(self.loss),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "TaskLosses":
        """Return the metric of a configuration."""
        loss = keras.losses.deserialize(config["loss"])
        metric: TaskLosses = cls(**{**config, "loss": loss})
        return metric


def loss_names(tasks: Sequence[str]) -> list[str]:
    """Return the names under which the tasks' losses stand in the logs."""
    return [f"loss/{task}" for task in tasks]
