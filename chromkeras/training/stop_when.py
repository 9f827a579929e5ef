"""Early end of a training that somebody else decides on, such as a search."""

from collections.abc import Callable
from typing import Any

import keras

from chromkeras.statistics.means import mean_defined
from chromkeras.training.best_weights import BestWeights


class StopWhen(keras.callbacks.Callback):
    """Ask a function after every epoch whether training should end.

    Parameters
    ----------
    stop
        Called with the number of the epoch, from 1, and the best mean validation score so far, NaN
        where no task has one; True ends training after that epoch.
    best
        Callback that keeps the best epochs; it must run before this one.
    """

    def __init__(self, stop: Callable[[int, float], bool], best: BestWeights) -> None:
        super().__init__()
        self.stop, self.best = stop, best

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Ask, and end training where the answer is True."""
        if self.stop(epoch + 1, mean_defined(self.best.task_score)):
            self.model.stop_training = True
