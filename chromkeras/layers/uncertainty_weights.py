"""Weights of the tasks' losses learned as the tasks' uncertainty."""

from typing import Any

import keras
from keras import ops

from chromkeras.layers.task_weights import TaskWeights


@keras.saving.register_keras_serializable(package="chromkeras")
class UncertaintyWeights(TaskWeights):
    """Pass the logits through, and weigh the tasks by their learned uncertainty.

    Kendall, Gal and Cipolla 2018 (CVPR, arXiv:1705.07115), for classification, with log variances
    s_i that are trained along with the model from 0:

        L = Σ_i exp(-s_i) L_i + s_i / 2,

    so that exp(s_i) tends to 2 L_i. The sum is over the tasks with a known label in the batch, so
    those that wait for their turn keep their weights.

    Parameters
    ----------
    tasks
        Number of tasks T.

    Notes
    -----
    Input and output have the same shape.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the log variances."""
        self.log_variance = self.add_vector("log_variance", "zeros", trainable=True)

    def task_weights(self) -> Any:
        """Return exp(-s_i), shape (T,)."""
        return ops.exp(-ops.convert_to_tensor(self.log_variance))

    def penalty(self, present: Any) -> Any:
        """Return Σ_i s_i / 2 over the tasks that are ``present``, bool of shape (T,); shape ()."""
        terms = ops.convert_to_tensor(self.log_variance)
        return 0.5 * ops.sum(ops.where(present, terms, 0.0))
