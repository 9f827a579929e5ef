"""Convolution of each task's own, as one layer."""

import weakref
from typing import Any

import keras
from keras import ops

from chromkeras.backend.devices import shards_rows
from chromkeras.backend.keras_private import readers
from chromkeras.errors import InputError
from chromkeras.layers.fast.folding import biased_convolution, fold_normalization
from chromkeras.layers.fast.task_convolution import task_convolution
from chromkeras.layers.task_batch_normalization import TaskBatchNormalization
from chromkeras.layers.task_layer import PerTask, TaskLayer

# DNA has four, a table of histone marks five.
FOLDED_CHANNELS = 5


@keras.saving.register_keras_serializable(package="chromkeras")
class TaskConv1D(TaskLayer, keras.layers.Layer):
    """Convolve the common input, or each task's own channels, with each task's own kernel.

    Parameters
    ----------
    tasks
        Number of tasks T.
    filters
        Number of filters F of each task.
    kernel_size
        Filter width W.
    stacked
        Whether the input already holds T groups of channels; otherwise all tasks read it.
    padding
        "valid" or "same".
    dilation_rate
        Number of positions from one tap of a filter to the next.
    use_bias
        Whether to add a bias; none is needed before batch normalisation.
    soft
        Whether the soft-sharing penalty ties the kernels.
    kernel_initializer
        Initializer of one task's kernel, of shape (W, C, F).
    same_start
        Whether every task's kernel starts from the same draw.

    Notes
    -----
    Input shape (batch, length, C), or (batch, length, T * C) when ``stacked``; output shape
    (batch, new length, T * F), task by task. The kernel has shape (T, W, C, F). A common input
    is convolved once with T * F filters. ``window_rule`` lets in-silico mutagenesis compute only
    what a mutation changes.
    """

    window_rule = "window"

    def __init__(
        self,
        tasks: int,
        filters: int,
        kernel_size: int,
        *,
        stacked: bool = False,
        padding: str = "valid",
        dilation_rate: int = 1,
        use_bias: bool = False,
        soft: bool = False,
        kernel_initializer: Any = "glorot_uniform",
        same_start: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.tasks, self.filters, self.kernel_size = tasks, filters, kernel_size
        self.stacked, self.padding, self.use_bias, self.soft = stacked, padding, use_bias, soft
        self.dilation_rate = int(dilation_rate)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.same_start = same_start
        # A reference, as Keras would save a layer held here with this one.
        self._normalization: weakref.ref[TaskBatchNormalization] | None = None

    @property
    def folds(self) -> bool:
        """Whether it saves time to fold the next normalisation in: this layer reads few channels.

        What the layer normalises by follows from the covariance of what its filters see, which is
        cheap to compute for the few channels of DNA alone.
        """
        plain = not self.stacked and not self.use_bias and self.dilation_rate == 1
        return plain and self.built and self.kernel.shape[2] <= FOLDED_CHANNELS

    def fold(self, normalization: TaskBatchNormalization) -> None:
        """Normalise in training in place of the layer that normalises the output of this one.

        The layers stay apart but for the time that a training step takes. The layer that
        normalises calls this when a model is made, or loaded from a file.

        Raises
        ------
        InputError
            This layer has a bias, or reads each task's own channels.
        """
        if self.stacked or self.use_bias:
            raise InputError(
                f"{self.name}: expected a convolution of a common input without bias to fold "
                f"{normalization.name} into, received stacked={self.stacked}, "
                f"use_bias={self.use_bias}"
            )
        self._normalization = weakref.ref(normalization)

    def folded(self, training: bool | None) -> TaskBatchNormalization | None:
        """Return the layer that this one normalises in the place of, if it does.

        It does not where rows are sharded: replicas know the statistics of their own
        rows only, and JAX lays the output out anew, so that normalisation does not know it again.
        """
        norm = self._normalization() if self._normalization else None
        if norm is None or not norm.uses_batch(training) or shards_rows():
            return None
        others = readers(self) - {id(norm)}
        return None if others else norm

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights for an input of shape (batch, length, channels)."""
        channels = input_shape[-1] or 0
        groups = self.tasks if self.stacked else 1
        if channels == 0 or channels % groups:
            raise InputError(
                f"{self.name}: expected channels in {groups} equal groups, received {channels}"
            )
        self.kernel = self.add_weight(
            shape=(self.tasks, self.kernel_size, channels // groups, self.filters),
            initializer=PerTask(self.kernel_initializer, same=self.same_start),
            name="kernel",
        )
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(self.tasks, self.filters), initializer="zeros", name="bias"
            )

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the activations of all tasks, side by side on the channel axis."""
        kernel = ops.convert_to_tensor(self.kernel)
        if self.stacked:
            out = task_convolution(inputs, kernel, **self._how())
        else:
            width, channels = kernel.shape[1:3]
            wide = ops.reshape(ops.transpose(kernel, (1, 2, 0, 3)), (width, channels, -1))
            if norm := self.folded(training):
                return self._normalised(inputs, wide, norm)
            out = ops.conv(inputs, wide, **self._how())
        return out + ops.reshape(self.bias, (-1,)) if self.use_bias else out

    def _how(self) -> dict[str, Any]:
        # read at each call, as who computes stretches of a sequence changes the padding meanwhile
        return {"padding": self.padding, "dilation_rate": self.dilation_rate}

    def _normalised(self, inputs: Any, kernel: Any, norm: TaskBatchNormalization) -> Any:
        kernel, bias, mean, variance = fold_normalization(
            inputs, kernel, norm.gamma, norm.beta, padding=self.padding, epsilon=norm.epsilon
        )
        norm.take_statistics(mean, variance)
        out = biased_convolution(inputs, kernel, ops.cast(bias, kernel.dtype), padding=self.padding)
        norm.expect_normalised(out)
        return out

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch, new length, tasks * filters)."""
        batch, length, _ = input_shape
        if length is not None and self.padding == "valid":
            length = length - (self.kernel_size - 1) * self.dilation_rate
        return batch, length, self.tasks * self.filters

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {
            "tasks": self.tasks,
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "stacked": self.stacked,
            "padding": self.padding,
            "dilation_rate": self.dilation_rate,
            "use_bias": self.use_bias,
            "soft": self.soft,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "same_start": self.same_start,
        }
