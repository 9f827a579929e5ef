"""Layers that put tasks side by side on the channel axis, or on an axis of their own."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from chromkeras.errors import InputError


class _TaskAxis(keras.layers.Layer):
    """Layer without weights that knows the number of tasks."""

    attribution_rule = "linear"

    def __init__(self, tasks: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tasks = tasks

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"tasks": self.tasks}


@keras.saving.register_keras_serializable(package="chromkeras")
class RepeatTasks(_TaskAxis):
    """Copy the common channels to every task: (batch, length, C) to (batch, length, T * C)."""

    window_rule = "position"

    def call(self, inputs: Any) -> Any:
        """Return the input T times, side by side."""
        return ops.tile(inputs, (1, 1, self.tasks))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch, length, tasks * channels)."""
        return *input_shape[:-1], self.tasks * (input_shape[-1] or 0)


class _Spread(keras.layers.Layer):
    """Give every task what its group has.

    Parameters
    ----------
    groups
        Group of each task, shape (T,), G groups counted from 0.
    """

    attribution_rule = "linear"

    def __init__(self, groups: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.groups = tuple(int(group) for group in groups)
        if set(self.groups) != set(range(max(self.groups, default=-1) + 1)):
            raise InputError(f"expected groups 0 to G - 1, each with a task, received {groups}")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"groups": list(self.groups)}


@keras.saving.register_keras_serializable(package="chromkeras")
class SpreadChannels(_Spread):
    """Copy each group's channels to its tasks: (batch, length, G * C) to (batch, length, T * C).

    ``RepeatTasks`` is this with a single group.
    """

    window_rule = "position"

    def call(self, inputs: Any) -> Any:
        """Return the channels of each task's group, task by task."""
        pieces = ops.split(inputs, max(self.groups) + 1, axis=-1)
        return ops.concatenate([pieces[group] for group in self.groups], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch, length, tasks * channels)."""
        channels = (input_shape[-1] or 0) // (max(self.groups) + 1)
        return *input_shape[:-1], len(self.groups) * channels


@keras.saving.register_keras_serializable(package="chromkeras")
class SpreadFeatures(_Spread):
    """Copy each group's features to its tasks: (G, batch, F) to (T, batch, F)."""

    def call(self, inputs: Any) -> Any:
        """Return the features of each task's group on the leading axis."""
        return ops.stack([inputs[group] for group in self.groups])

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (tasks, batch, features)."""
        return len(self.groups), *input_shape[1:]


@keras.saving.register_keras_serializable(package="chromkeras")
class SplitTasks(_TaskAxis):
    """Flatten each task's features: (batch, length, T * C) to (T, batch, length * C)."""

    window_rule = "flatten"

    def call(self, inputs: Any) -> Any:
        """Return each task's features on a leading task axis."""
        _, length, channels = inputs.shape
        apart = ops.reshape(inputs, (-1, length, self.tasks, channels // self.tasks))
        leading = ops.transpose(apart, (2, 0, 1, 3))
        return ops.reshape(leading, (self.tasks, -1, length * channels // self.tasks))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (tasks, batch, length * channels)."""
        batch, length, channels = input_shape
        return self.tasks, batch, (length or 0) * (channels or 0) // self.tasks


@keras.saving.register_keras_serializable(package="chromkeras")
class JoinLogits(_TaskAxis):
    """Put the tasks' outputs side by side, in float32.

    Single outputs, (T, batch, 1), become (batch, T); several of each task, (T, batch, C), become
    (batch, T, C).
    """

    def __init__(self, tasks: int, **kwargs: Any) -> None:
        super().__init__(tasks, **{"dtype": "float32"} | kwargs)

    def call(self, inputs: Any) -> Any:
        """Return the outputs of all tasks."""
        if inputs.shape[-1] == 1:
            return ops.transpose(inputs[..., 0])
        return ops.transpose(inputs, (1, 0, 2))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch, tasks), or (batch, tasks, outputs)."""
        outputs = () if input_shape[-1] == 1 else input_shape[-1:]
        return input_shape[1], self.tasks, *outputs
