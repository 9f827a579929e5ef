"""Show how far training is and how long it will take."""

import sys
import time
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from chromkeras.problems.problem import Problem
from chromkeras.progress import duration


class ShowProgress(keras.callbacks.Callback):
    """A live bar on a terminal, a line an epoch elsewhere.

    Parameters
    ----------
    epochs
        Epochs in all.
    steps
        Steps in an epoch.
    problem
        Kind of the labels, whose score is shown.
    first_epoch
        Epochs already done.
    """

    def __init__(self, epochs: int, steps: int, problem: Problem, first_epoch: int = 0) -> None:
        super().__init__()
        self.epochs, self.steps, self.first_epoch = epochs, steps, first_epoch
        self.problem = problem
        self.console = Console(file=sys.stderr)
        self.live = self.console.is_terminal
        self.bar = Progress(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(),
            TextColumn("loss {task.fields[loss]:.4f}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.live,
        )
        self._began = time.monotonic()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Start the bar."""
        self._began = time.monotonic()
        self.task = self.bar.add_task(
            "train",
            total=self.epochs * self.steps,
            completed=self.first_epoch * self.steps,
            epoch=self.first_epoch + 1,
            epochs=self.epochs,
            loss=float("nan"),
        )
        self.bar.start()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Advance the bar by one step."""
        self.bar.update(self.task, advance=1, loss=(logs or {}).get("loss", float("nan")))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Print the epoch's figures and the time left."""
        logs = logs or {}
        done = epoch + 1 - self.first_epoch
        left = (time.monotonic() - self._began) / done * (self.epochs - epoch - 1)
        self.bar.update(self.task, epoch=min(epoch + 2, self.epochs))
        score = logs.get(f"val_{self.problem.score}", float("nan"))
        self.console.print(
            f"epoch {epoch + 1}/{self.epochs}  loss {logs.get('loss', float('nan')):.4f}  "
            f"validation loss {logs.get('val_loss', float('nan')):.4f}  "
            f"{self.problem.score_title} {score:.4f}  "
            f"at most {duration(left)} left",
            highlight=False,
            soft_wrap=True,
        )

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Take the bar away."""
        self.stop()

    def stop(self) -> None:
        """Take the bar away, also when training broke off."""
        self.bar.stop()
