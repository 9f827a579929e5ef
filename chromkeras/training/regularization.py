"""Penalties on the size of the weights."""

import keras

from chromkeras.recipe.recipe import TrainingRecipe


def regularize(model: keras.Model, training: TrainingRecipe) -> None:
    """Add l1 Σ |w| + l2 Σ w² over all kernels of a model to its loss.

    Biases, and what batch normalisation scales and shifts by, are left out. Where tasks have
    kernels of their own, each adds its own, as in separate trainings.

    Parameters
    ----------
    model
        Model that is not compiled yet.
    training
        Recipe with ``l1`` and ``l2``.
    """
    if not training.l1 and not training.l2:
        return
    penalty = keras.regularizers.L1L2(l1=training.l1, l2=training.l2)
    for variable in model.trainable_variables:
        if "kernel" in variable.path.rpartition("/")[2]:
            variable.regularizer = penalty
