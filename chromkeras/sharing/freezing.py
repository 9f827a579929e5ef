"""Layers that are left as they are."""

from typing import TYPE_CHECKING

from chromkeras.errors import InputError
from chromkeras.recipe.recipe import Recipe
from chromkeras.sharing.plan import sharing_plan

if TYPE_CHECKING:
    import keras


def frozen_layers(recipe: Recipe) -> tuple[str, ...]:
    """Return the names of layers 1 to ``transfer.freeze`` that have weights.

    Numbers are the poster's: three for each convolution block (convolution, batch norm, pool),
    then one for each dense layer, last the logits. A block's summary counts with its pool.

    Raises
    ------
    InputError
        ``transfer.freeze`` leaves no layer to train.
    """
    freeze, last = recipe.transfer.freeze, len(sharing_plan(recipe).modes)
    if not 0 <= freeze < last:
        raise InputError(
            f"transfer.freeze: expected 0 to {last - 1} (the logits, layer {last}, are always "
            f"trained), received {freeze}"
        )
    blocks = range(1, len(recipe.architecture.filters) + 1)
    pools = [f"summary_{b}" if recipe.architecture.summary else "" for b in blocks]
    names = [
        n for b, pool in zip(blocks, pools, strict=True) for n in (f"conv_{b}", f"norm_{b}", pool)
    ]
    names += [f"dense_{number}" for number in range(len(names) + 1, last)]
    return tuple(name for name in names[:freeze] if name)


def freeze_layers(model: "keras.Model", names: tuple[str, ...]) -> None:
    """Take layers out of training; batch norm among them runs on its moving statistics."""
    for name in names:
        model.get_layer(name).trainable = False
