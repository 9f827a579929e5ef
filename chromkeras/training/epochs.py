"""Callback that sets the epoch of the batches."""

from typing import Any

import keras

from chromkeras.data.batches import Batches


class StartEpoch(keras.callbacks.Callback):
    """Set the number of each epoch in the batches before the first of them is made.

    Keras ends an epoch of its own before the first, so batches cannot count for themselves.

    Parameters
    ----------
    batches
        Batches that the model is fitted to.
    """

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Take the order of this epoch."""
        self.batches.start(epoch)
