"""Optimizers and learning-rate schedules by name."""

from typing import Any

import keras

from chromkeras.recipe import TrainingRecipe
from chromkeras.training.fused_adam import FusedAdam

OPTIMIZERS = {
    "adam": FusedAdam,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}


def make_optimizer(training: TrainingRecipe, steps: int) -> Any:
    """Return the optimizer of a recipe for epochs of ``steps`` steps."""
    rate: Any = training.learning_rate
    if training.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, max(training.epochs * steps, 1))
    decay = training.weight_decay or None
    return OPTIMIZERS[training.optimizer](learning_rate=rate, weight_decay=decay)
