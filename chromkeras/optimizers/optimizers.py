"""Optimizers and learning-rate schedules by name."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras

from chromkeras.backend.keras_private import FusedAdam
from chromkeras.errors import InputError
from chromkeras.recipe.recipe import TrainingRecipe


class Optimizer(NamedTuple):
    """Kind of optimizer.

    Attributes
    ----------
    make
        Class of the optimizer.
    slots
        Number of copies of every trained weight that it keeps.
    """

    make: Callable[..., Any]
    slots: int


OPTIMIZERS = {
    "adam": Optimizer(FusedAdam, slots=2),
    "rmsprop": Optimizer(keras.optimizers.RMSprop, slots=1),
    "sgd": Optimizer(keras.optimizers.SGD, slots=0),
}
# Schedule -> learning rates from the first one and a number of updates; None for a constant.
RATE_SCHEDULES = {"cosine": keras.optimizers.schedules.CosineDecay, "constant": None}


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
    decay = RATE_SCHEDULES[training.schedule]
    if decay is not None:
        updates = training.epochs * steps // batches
        rate = decay(rate, max(updates, 1))
        rate = PerUpdate(rate, batches) if batches > 1 else rate
    return OPTIMIZERS[training.optimizer].make(
        learning_rate=rate,
        weight_decay=training.weight_decay or None,
        gradient_accumulation_steps=batches if batches > 1 else None,
    )
