"""Freezing: layers that training leaves as they are."""

from typing import TYPE_CHECKING

from chromkeras.errors import InputError
from chromkeras.recipe.recipe import Recipe
from chromkeras.sharing.plan import outline

if TYPE_CHECKING:
    import keras


def frozen_layers(recipe: Recipe) -> tuple[str, ...]:
    """Return the names of layers 1 to ``transfer.freeze`` that have weights.

    Numbers are those of the architecture; a block's summary counts with the pool after it.

    Raises
    ------
    InputError
        ``transfer.freeze`` leaves no layer to train.
    """
    found, freeze = outline(recipe), recipe.transfer.freeze
    if not 0 <= freeze < found.last:
        raise InputError(
            f"transfer.freeze: expected 0 to {found.last - 1} (the logits, layer {found.last}, are "
            f"always trained), received {freeze}"
        )
    entries = found.outline.entries
    return tuple(e.name for e in entries if e.has_weights and e.number <= freeze)


def freeze_layers(model: "keras.Model", names: tuple[str, ...]) -> None:
    """Take layers out of training; batch norm among them runs on its moving statistics."""
    for name in names:
        model.get_layer(name).trainable = False
