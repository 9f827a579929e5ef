"""Dense layer of each task's own, as one layer."""

from typing import Any

import keras
from keras import ops

from chromkeras.layers.task_layer import PerTask, TaskLayer


@keras.saving.register_keras_serializable(package="chromkeras")
class TaskDense(TaskLayer, keras.layers.Layer):
    """Apply each task's own dense layer to the common input, or to that task's own.

    Parameters
    ----------
    tasks
        Number of tasks T.
    units
        Number of units U of each task.
    use_bias
        Whether to add a bias.
    soft
        Whether the soft-sharing penalty ties the weights.
    kernel_initializer
        Initializer of one task's kernel, of shape (F, U).
    same_start
        Whether every task's kernel starts from the same draw.

    Notes
    -----
    Input shape (batch, F), read by all tasks, or (T, batch, F); output shape (T, batch, U). The
    kernel has shape (T, F, U), the bias (T, U).
    """

    def __init__(
        self,
        tasks: int,
        units: int,
        *,
        use_bias: bool = True,
        soft: bool = False,
        kernel_initializer: Any = "glorot_uniform",
        same_start: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.tasks, self.units, self.use_bias, self.soft = tasks, units, use_bias, soft
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.same_start = same_start

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights for an input of shape (batch, F) or (T, batch, F)."""
        self.kernel = self.add_weight(
            shape=(self.tasks, input_shape[-1], self.units),
            initializer=PerTask(self.kernel_initializer, same=self.same_start),
            name="kernel",
        )
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(self.tasks, self.units), initializer="zeros", name="bias"
            )

    def call(self, inputs: Any) -> Any:
        """Return the outputs of all tasks, shape (T, batch, U)."""
        out = ops.matmul(inputs, ops.convert_to_tensor(self.kernel))
        return out + ops.expand_dims(self.bias, 1) if self.use_bias else out

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (tasks, batch, units)."""
        return self.tasks, input_shape[-2], self.units

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {
            "tasks": self.tasks,
            "units": self.units,
            "use_bias": self.use_bias,
            "soft": self.soft,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "same_start": self.same_start,
        }
