"""Divergence: training stops at the first loss that is not a number."""

import math
from collections.abc import Sequence
from typing import Any

import keras

from chromkeras.errors import InputError
from chromkeras.names import printable

MOST_NAMED = 6


class StopOnDivergence(keras.callbacks.Callback):
    """Stop training at a NaN or infinite loss and remember where.

    Attributes
    ----------
    where
        "step S of epoch E", counted from 1, or None while all is well.
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch = 0
        self.where: str | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Remember the epoch."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Raise when the loss so far is not finite."""
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            self.where = f"step {batch + 1} of epoch {self.epoch + 1}"
            raise DivergedError(f"the loss became {loss} at {self.where}")


class DivergedError(InputError):
    """The loss is no longer a number."""


def some_of(broken: Sequence[str], tasks: Sequence[str]) -> str:
    """Return " of task NAME, NAME" for a message; "" where it is none of the tasks, or all.

    Examples
    --------
    >>> some_of(["b"], ["a", "b"])
    ' of task b'
    """
    if not 0 < len(broken) < len(tasks):
        return ""
    names = [printable(name, longest=60) for name in broken[:MOST_NAMED]]
    return f" of task {', '.join(names)}" + (", …" if len(broken) > MOST_NAMED else "")
