"""Optimizers and learning-rate schedules by name."""

from typing import Any

import keras

from chromkeras.backend.keras_private import FusedAdam
from chromkeras.errors import InputError
from chromkeras.recipe.recipe import TrainingRecipe

OPTIMIZERS = {
    "adam": FusedAdam,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}
# Copies of every trained weight that the optimizer keeps.
SLOTS = {"adam": 2, "rmsprop": 1, "sgd": 0}


@keras.saving.register_keras_serializable(package="chromkeras")
class PerUpdate(keras.optimizers.schedules.LearningRateSchedule):
    """Schedule that counts updates where gradients are accumulated.

    Keras's optimizers count batches, also those that only add to the gradient.

    Parameters
    ----------
    schedule
        Schedule from the number of an update, counted from 0, to its learning rate.
    batches
        Number of batches in an update.
    """

    def __init__(
        self, schedule: keras.optimizers.schedules.LearningRateSchedule, batches: int
    ) -> None:
        self.schedule, self.batches = schedule, batches

    def __call__(self, step: Any) -> Any:
        """Return the learning rate at batch ``step``, counted from 0."""
        return self.schedule(keras.ops.floor_divide(step, self.batches))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        schedule = keras.saving.serialize_keras_object(self.schedule)
        return {"schedule": schedule, "batches": self.batches}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "PerUpdate":
        """Return the schedule of a configuration."""
        return cls(keras.saving.deserialize_keras_object(config["schedule"]), config["batches"])


def make_optimizer(training: TrainingRecipe, steps: int) -> Any:
    """Return the optimizer of a recipe.

    With ``training.accumulate`` k above 1 every k-th batch updates the weights, by the mean of k
    gradients. Batches left over at the end of an epoch count for the first update of the next.

    Parameters
    ----------
    training
        Recipe of the training: optimizer, learning rate and schedule.
    steps
        Number of batches in an epoch.

    Raises
    ------
    InputError
        The run has too few batches for a single update.
    """
    batches = training.accumulate
    if steps and batches > training.epochs * steps:
        raise InputError(
            f"training.accumulate: expected at most the {training.epochs * steps} batches of the "
            f"run, received {batches}"
        )
    rate: Any = training.learning_rate
    if training.schedule == "cosine":
        updates = training.epochs * steps // batches
        rate = keras.optimizers.schedules.CosineDecay(rate, max(updates, 1))
        rate = PerUpdate(rate, batches) if batches > 1 else rate
    return OPTIMIZERS[training.optimizer](
        learning_rate=rate,
        weight_decay=training.weight_decay or None,
        gradient_accumulation_steps=batches if batches > 1 else None,
    )
