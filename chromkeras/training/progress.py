"""Progress of a training, and the time left."""

import logging
import time
from contextlib import ExitStack
from typing import Any

import keras

from chromkeras.problems.problem import Problem
from chromkeras.progress import Report, duration, progress

_log = logging.getLogger(__name__)


class ShowProgress(keras.callbacks.Callback):
    """Report every step as progress, and log a line an epoch.

    Parameters
    ----------
    epochs
        Number of epochs in all.
    steps
        Number of steps in an epoch.
    problem
        Problem whose score is shown.
    first_epoch
        Number of epochs already done.
    """

    def __init__(self, epochs: int, steps: int, problem: Problem, first_epoch: int = 0) -> None:
        super().__init__()
        self.epochs, self.steps, self.first_epoch = epochs, steps, first_epoch
        self.problem, self.epoch = problem, first_epoch
        self._open, self._began = ExitStack(), time.monotonic()
        self._report: Report | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Start the clock."""
        self._began = time.monotonic()
        self._report = self._open.enter_context(progress("train"))

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Remember the epoch."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Advance by one step."""
        if self._report is not None:
            loss = (logs or {}).get("loss", float("nan"))
            note = f"epoch {self.epoch + 1}/{self.epochs}, loss {loss:.4f}"
            self._report(self.epoch * self.steps + batch + 1, self.epochs * self.steps, note)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Log the epoch's figures and the time left."""
        logs = logs or {}
        done = epoch + 1 - self.first_epoch
        left = (time.monotonic() - self._began) / done * (self.epochs - epoch - 1)
        _log.info(
            "epoch %d/%d  loss %.4f  validation loss %.4f  %s %.4f  at most %s left",
            epoch + 1,
            self.epochs,
            logs.get("loss", float("nan")),
            logs.get("val_loss", float("nan")),
            self.problem.score_title,
            logs.get(f"val_{self.problem.score}", float("nan")),
            duration(left),
        )

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Take the bar away."""
        self.stop()

    def stop(self) -> None:
        """Take the bar away, also when training broke off."""
        self._open.close()
