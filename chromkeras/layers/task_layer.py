"""Base of layers that hold one set of weights per task, or per group of tasks."""

import random
from typing import Any

import keras
from keras import ops

from chromkeras.backend.devices import split_by_task


class TaskLayer:
    """Mixin of layers whose weights lie side by side, task by task.

    Every weight of such a layer, reshaped to (tasks, -1), has one row per task, so a task's own
    network is a slice of the weights, and a copy to every task a broadcast. A layer shared by
    the tasks of a group is the same, with groups in the place of tasks.

    Attributes
    ----------
    tasks
        Number of tasks T, or of groups.
    soft
        Whether the soft-sharing penalty ties this layer's weights across tasks.
    attribution_rule
        Rule by which DeepLIFT passes through the layer: "linear".
    """

    tasks: int
    soft: bool
    attribution_rule = "linear"

    def add_weight(self, *args: Any, **kwargs: Any) -> Any:
        """Make a weight, which may be sharded by task."""
        split_by_task(f"{self.path}/{kwargs.get('name')}", self.tasks)  # type: ignore[attr-defined]
        return super().add_weight(*args, **kwargs)  # type: ignore[misc]

    def stacked_weights(self) -> list[Any]:
        """Return the trainable weights as tensors of shape (tasks, ...)."""
        variables = self.trainable_variables  # type: ignore[attr-defined]
        return [ops.reshape(ops.convert_to_tensor(v), (self.tasks, -1)) for v in variables]


@keras.saving.register_keras_serializable(package="chromkeras")
class PerTask(keras.initializers.Initializer):
    """Draw each task's weights by an initializer meant for one network.

    Parameters
    ----------
    initializer
        Initializer by name or instance; its fan-in and fan-out are those of one task's weights.
    seed
        Seed of the first task; each next task adds one. None draws it from Python's generator,
        which ``keras.utils.set_random_seed`` sets.
    same
        Whether to give every task the draw of the first.
    """

    def __init__(
        self, initializer: Any = "glorot_uniform", seed: int | None = None, *, same: bool = False
    ) -> None:
        self.initializer = keras.initializers.get(initializer)
        self.seed = seed if seed is not None else random.randrange(2**31)
        self.same = same

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        """Return weights of shape (tasks, ...)."""
        if self.same:
            return ops.stack([self._one(0)(shape[1:], dtype=dtype)] * shape[0])
        return ops.stack([self._one(i)(shape[1:], dtype=dtype) for i in range(shape[0])])

    def _one(self, task: int) -> Any:
        config = self.initializer.get_config()
        if "seed" in config:
            config["seed"] = self.seed + task
        return type(self.initializer).from_config(config)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {
            "initializer": keras.initializers.serialize(self.initializer),
            "seed": self.seed,
            "same": self.same,
        }
