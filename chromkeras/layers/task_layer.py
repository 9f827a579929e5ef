"""What every layer that holds one set of weights per task has in common."""

import random
from typing import Any

import keras
from keras import ops


class TaskLayer:
    """Mixin of layers whose weights lie side by side, task by task.

    Every weight of such a layer, reshaped to (tasks, -1), has one row per task, so a task's own
    network is a slice of the weights, and a copy to every task a broadcast.

    Attributes
    ----------
    tasks
        Number of tasks T.
    soft
        Whether the soft-sharing penalty ties this layer's weights across tasks.
    attribution_rule
        "linear": how DeepLIFT passes through the layer.
    """

    tasks: int
    soft: bool
    attribution_rule = "linear"

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
        Name or instance; its fan-in and fan-out are those of a single task's weights.
    seed
        Seed of the first task; each next task adds one. None draws it from Python's generator,
        which ``keras.utils.set_random_seed`` sets.
    """

    def __init__(self, initializer: Any = "glorot_uniform", seed: int | None = None) -> None:
        self.initializer = keras.initializers.get(initializer)
        self.seed = seed if seed is not None else random.randrange(2**31)

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        """Return weights of shape (tasks, ...)."""
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
        }
