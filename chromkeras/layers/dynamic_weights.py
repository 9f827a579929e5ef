"""Weights of the tasks' losses set by how fast the losses fall."""

from typing import Any

import keras
import numpy as np
from keras import ops

from chromkeras.layers.task_weights import TaskWeights, relative

TEMPERATURE = 2.0


@keras.saving.register_keras_serializable(package="chromkeras")
class DynamicWeights(TaskWeights):
    """Pass the logits through, and favour the tasks whose losses fall slowly.

    The dynamic weight average of Liu, Johns and Davison 2019 (CVPR, arXiv:1803.10704): with the
    mean training losses of the last two epochs, r_i = L_i(t - 1) / L_i(t - 2), the weights of
    epoch t are

        w_i = T exp(r_i / 2) / Σ_k exp(r_k / 2),

    and 1 in the first two epochs. A task whose loss is unknown or 0 in either epoch has r_i = 1.

    Parameters
    ----------
    tasks
        Number of tasks T.

    Notes
    -----
    Input and output have the same shape.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights and the memory; a remembered loss of 0 is none."""
        self.dynamic = self.add_vector("dynamic", "ones", trainable=False)
        self.last_losses = self.add_vector("last_losses", "zeros", trainable=False)

    def task_weights(self) -> Any:
        """Return w_i, shape (T,)."""
        return ops.convert_to_tensor(self.dynamic)

    def take_losses(self, losses: np.ndarray) -> None:
        """Set the weights of the next epoch by the mean training losses of this one."""
        powers = np.exp(relative(losses, ops.convert_to_numpy(self.last_losses)) / TEMPERATURE)
        self.dynamic.assign(self.tasks * powers / powers.sum())
        self.last_losses.assign(np.nan_to_num(losses))
