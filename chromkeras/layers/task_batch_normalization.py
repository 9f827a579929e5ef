"""Batch normalisation with each task's own statistics."""

from collections import deque
from typing import Any

import keras
from keras import ops

from chromkeras.backend.keras_private import producer
from chromkeras.backend.operations import normalize_batch
from chromkeras.layers.task_layer import TaskLayer


@keras.saving.register_keras_serializable(package="chromkeras")
class TaskBatchNormalization(TaskLayer, keras.layers.BatchNormalization):
    """Normalise each channel of each task on its own.

    With the tasks side by side on the channel axis this is plain batch normalisation; the layer
    only knows that its weights belong to tasks. With the tasks on a leading axis it normalises
    each feature of each task over the batch.

    Parameters
    ----------
    tasks
        Number of tasks T.
    soft
        Whether the soft-sharing penalty ties scale and offset.
    leading
        Whether the tasks lie on a leading axis.
    **kwargs
        Arguments of ``keras.layers.BatchNormalization``.

    Notes
    -----
    Input and output shape (batch, length, T * C), or (T, batch, F) when ``leading``; the weights
    then have the shape (T * F,). ``window_rule`` is for in-silico mutagenesis.
    """

    window_rule = "position"

    def __init__(
        self, tasks: int, *, soft: bool = False, leading: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.tasks, self.soft, self.leading = tasks, soft, leading
        # More than one where the layers are called on several inputs before this one is.
        self._normalised: deque[Any] = deque(maxlen=8)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights of all tasks."""
        if self.leading:
            tasks, batch, features = input_shape
            super().build((batch, (tasks or 0) * (features or 0)))
            # Keras now expects features on the last axis of two.
            self.input_spec = keras.layers.InputSpec(shape=(tasks, None, features))
        else:
            super().build(input_shape)

    def uses_batch(self, training: bool | None) -> bool:
        """Return whether the layer normalises by the statistics of the batch."""
        return bool(training and self.trainable and self.scale and self.center)

    def expect_normalised(self, inputs: Any) -> None:
        """Let inputs pass that the convolution before has normalised (`TaskConv1D.fold`)."""
        self._normalised.append(inputs)

    def take_statistics(self, mean: Any, variance: Any) -> None:
        """Move the moving averages towards a batch's mean and (biased) variance, (T * C,)."""
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + batch * (1.0 - self.momentum))

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Call the layer; on the output of a convolution of its own tasks, fold into that one."""
        if not self.leading and isinstance(inputs, keras.KerasTensor):
            convolution, _ = producer(inputs)
            if getattr(convolution, "folds", False) and convolution.tasks == self.tasks:
                convolution.fold(self)
        return super().__call__(inputs, *args, **kwargs)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Return the normalised activations; in training, by and with the batch's statistics."""
        if self.leading:
            return self._call_leading(inputs, training, mask)
        for place, done in enumerate(self._normalised):
            if inputs is done:
                del self._normalised[place]
                return inputs
        fused = None
        if self.uses_batch(training) and mask is None:
            fused = normalize_batch(inputs, self.gamma, self.beta, self.epsilon)
        if fused is None:
            return super().call(inputs, training=training, mask=mask)
        out, mean, variance = fused
        self.take_statistics(mean, variance)
        return out

    def _call_leading(self, inputs: Any, training: bool | None, mask: Any) -> Any:
        tasks, _, features = inputs.shape
        flat = ops.reshape(ops.transpose(inputs, (1, 0, 2)), (-1, tasks * features))
        flat = super().call(flat, training=training, mask=mask)
        return ops.transpose(ops.reshape(flat, (-1, tasks, features)), (1, 0, 2))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {"tasks": self.tasks, "soft": self.soft, "leading": self.leading}
        return super().get_config() | own
