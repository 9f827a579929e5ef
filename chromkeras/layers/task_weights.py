"""Base of layers that hold weights of the tasks' losses."""

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="chromkeras")
class TaskWeights(keras.layers.Layer):
    """Pass the input through, and hold one weight per task; here all are 1.

    ``TaskLoss.weighted_by(layer)`` is the loss with the layer's weights. Subclasses learn
    the weights, or set them after every epoch. All their variables have the shape (T,), so a
    task's own values are a slice, and all memory travels with the model's weights.

    Parameters
    ----------
    tasks
        Number of tasks T.

    Attributes
    ----------
    at_outputs
        Whether the layer belongs behind the outputs; else, where the tasks branch.

    Notes
    -----
    Input and output have the same shape.
    """

    attribution_rule = "identity"
    at_outputs = True

    def __init__(self, tasks: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tasks = tasks

    def call(self, inputs: Any) -> Any:
        """Return the inputs unchanged."""
        return inputs

    def task_weights(self) -> Any:
        """Return the weights as they are, shape (T,), float32."""
        return ops.ones((self.tasks,))

    def penalty(self, present: Any) -> Any:
        """Return what is added to the weighted loss to keep the weights in bounds, shape ().

        ``present``, bool of shape (T,), says which tasks have a known label in the batch.
        """
        return 0.0

    def take_losses(self, losses: np.ndarray) -> None:
        """Learn the tasks' mean training losses of an epoch, shape (T,); NaN is unknown."""

    def add_vector(self, name: str, initializer: str, *, trainable: bool) -> Any:
        """Return a new variable of shape (T,) that stays float32 at any precision."""
        return self.add_weight(
            shape=(self.tasks,),
            initializer=initializer,
            dtype="float32",
            autocast=False,
            trainable=trainable,
            name=name,
        )

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"tasks": self.tasks}


def relative(losses: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return losses / before, and 1 where either is unknown (NaN) or not above 0; shape (T,)."""
    losses, before = np.asarray(losses, float), np.asarray(before, float)
    known = (losses > 0) & (before > 0)
    return np.where(known, losses, 1.0) / np.where(known, before, 1.0)
