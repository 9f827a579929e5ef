"""The control: one plain Keras sub-model per task, and a Python loop over pairs of tasks."""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import keras
from keras import layers, ops

from chromkeras.recipe.recipe import Recipe
from chromkeras.sharing.builder import MOMENTUM


def naive_model(recipe: Recipe, tasks: int, length: int) -> keras.Model:
    """Return the model of a recipe as one would write it first, untrained.

    ``hard`` is one backbone and T heads, ``single`` T whole networks, ``soft`` T whole networks and
    the 2-norm penalty, pair by pair. From one-hot DNA (batch, length, 4) to logits (batch, T).
    """
    dna = keras.Input((length, 4), name="dna")
    backbones = [_backbone(recipe, length) for _ in range(1 if recipe.plan == "hard" else tasks)]
    features = [backbone(dna) for backbone in backbones]
    features = features * tasks if recipe.plan == "hard" else features
    logits = [_head(recipe, x.shape[-1])(x) for x in features]
    x = layers.Concatenate(dtype="float32")(logits) if tasks > 1 else logits[0]
    if recipe.plan == "soft":
        tied = lambda: [backbone.trainable_weights for backbone in backbones]  # noqa: E731
        x = PairPenalty(recipe.sharing.strength, tied)(x)
    return keras.Model(dna, x)


class PairPenalty(layers.Layer):
    """Pass the logits through, and add λ Σ_{i<k} ‖W_i - W_k‖₂ to the loss.

    ``weights()`` gives the list of each network's weights; a function, as Keras would take the
    layers behind them for this layer's own.
    """

    def __init__(self, strength: float, weights: Callable[[], Sequence[Sequence[Any]]]) -> None:
        super().__init__()
        self.strength, self.tied_weights = strength, weights

    def call(self, inputs: Any) -> Any:
        """Return the inputs unchanged."""
        self.add_loss(self.strength * pair_loop(self.tied_weights()))
        return inputs


def pair_loop(networks: Sequence[Sequence[Any]]) -> Any:
    """Return Σ_{i<k} ‖W_i - W_k‖₂, where W_i are the tensors ``networks[i]`` together."""
    total: Any = 0.0
    for one, other in combinations(networks, 2):
        squares = [ops.sum(ops.square(a - b)) for a, b in zip(one, other, strict=True)]
        total = total + ops.sqrt(sum(squares))
    return total


def _backbone(recipe: Recipe, length: int) -> keras.Model:
    """Return the convolution blocks as a model of their own, flattened."""
    architecture = recipe.architecture
    x = dna = keras.Input((length, 4))
    activation = architecture.first_activation
    for filters, width, pool in zip(
        architecture.filters, architecture.widths, architecture.pools, strict=True
    ):
        x = layers.Conv1D(
            filters,
            width,
            padding=architecture.padding,
            use_bias=False,
            kernel_initializer=recipe.architecture.initializer,
        )(x)
        x = layers.BatchNormalization(momentum=MOMENTUM)(x)
        x = layers.Activation(activation)(x)
        x = layers.MaxPooling1D(pool, padding="same")(x)
        activation = "relu"
    return keras.Model(dna, layers.Flatten()(x))


def _head(recipe: Recipe, features: int) -> keras.Model:
    """Return the dense layers and one logit as a model of their own."""
    x = inputs = keras.Input((features,))
    for units in recipe.architecture.dense:
        x = layers.Dense(
            units, activation="relu", kernel_initializer=recipe.architecture.initializer
        )(x)
        if recipe.architecture.dropout:
            x = layers.Dropout(recipe.architecture.dropout)(x)
    return keras.Model(inputs, layers.Dense(1, dtype="float32")(x))
