"""Recipe of fine-tuning a trained model."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from chromkeras.recipe.reading import read_settings, recipe_from_values, recipe_values
from chromkeras.recipe.recipe import BalanceRecipe, Recipe, SharingRecipe, TransferRecipe
from chromkeras.training.init_model import own_recipe

SLOWER = 0.1


def finetune_recipe(
    model: str | os.PathLike[str],
    *,
    per_task: bool = False,
    settings: Iterable[str] = (),
    values: Mapping[str, Any] | None = None,
) -> Recipe:
    """Return a model's own recipe, changed so that it starts from that model; later wins.

    The learning rate becomes a tenth of the model's own.

    Parameters
    ----------
    model
        Model file.
    per_task
        Whether to take plan ``single``: every task gets its own copy of the model, and nothing is
        balanced or tied.
    settings
        Strings "section.key=value".
    values
        Values of the same kind that need no reading, by "section.key".

    Raises
    ------
    InputError
        There is no such model, or a setting is none of a recipe's.
    """
    recipe = own_recipe(str(model))
    rate = recipe.training.learning_rate * SLOWER
    recipe = replace(
        recipe,
        transfer=TransferRecipe(init=str(model)),
        training=replace(recipe.training, learning_rate=rate),
        balance=replace(recipe.balance, technique="joint", warm_task=""),  # it has been warmed
        architecture=replace(recipe.architecture, motifs=""),  # its filters are in the model
    )
    if per_task:
        recipe = replace(recipe, plan="single", sharing=SharingRecipe(), balance=BalanceRecipe())
    flat = recipe_values(recipe)
    return recipe_from_values(recipe.plan, flat | read_settings(settings) | dict(values or {}))
