"""Callback that hands each task's training loss to the layer that weighs the tasks."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from chromkeras.errors import InputError
from chromkeras.layers.task_weights import TaskWeights
from chromkeras.training.task_loss_metric import loss_names


class WeighTasks(keras.callbacks.Callback):
    """Hand each epoch's training losses by task to the layer that weighs the tasks.

    It reads what ``TaskLosses`` put into the logs, and must run before any callback that saves
    weights. It has no state of its own: what a layer remembers is in the layer's variables, which
    are saved and resumed with the model's.

    Parameters
    ----------
    layer
        Layer of the model that is trained.
    tasks
        Task names, in the layer's order.
    """

    def __init__(self, layer: TaskWeights, tasks: Sequence[str]) -> None:
        super().__init__()
        self.layer, self.names = layer, loss_names(tasks)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Hand the losses over."""
        missing = [name for name in self.names if name not in (logs or {})]
        if missing:
            raise InputError(
                f"expected {missing[0]!r} in the logs; compile the model with "
                "weighted_metrics=[TaskLosses]"
            )
        self.layer.take_losses(np.array([(logs or {})[name] for name in self.names], float))
