"""Fine-tuning of a trained model, and the recipe of it."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chromkeras.data.dataset import Dataset
from chromkeras.model_file.shipped import model_path
from chromkeras.recipe.reading import read_settings, recipe_from_values, recipe_values
from chromkeras.recipe.recipe import BalanceRecipe, Recipe, SharingRecipe, TransferRecipe
from chromkeras.training.init_model import own_recipe

if TYPE_CHECKING:
    from chromkeras.training.train import TrainingResult

SLOWER = 0.1


def finetune(
    model: str | os.PathLike[str],
    dataset: Dataset,
    out: str | os.PathLike[str],
    *,
    per_task: bool = False,
    values: Mapping[str, Any] | None = None,
    resume: bool = False,
    devices: int = 1,
    shard: str = "data",
) -> "TrainingResult":
    """Fine-tune a trained model, on its own data or others: new tasks get heads of their own.

    Parameters
    ----------
    model
        Model file to go on from, or the name of a shipped model.
    dataset
        Data set with a training and a validation split, of the model's tasks or of new ones.
    out
        Model file to write, ending in ``.keras``.
    per_task
        Whether to give every task its own copy of the whole model.
    values
        Values of the recipe by "section.key", such as ``{"transfer.freeze": 9}``; others are the
        model's own, with a tenth of its learning rate.
    resume, devices, shard
        As for `train`.

    Returns
    -------
    TrainingResult
        Scores and files.

    Raises
    ------
    InputError
        There is no such model, it does not fit the data set, or a value is none of a recipe's.

    Examples
    --------
    >>> import chromkeras
    >>> finetune("absent.keras", chromkeras.datasets.worm(), "new.keras")
    Traceback (most recent call last):
    chrominterpret.errors.InputError: model absent.keras does not exist; check the path
    """
    from chromkeras.training.train import train  # only now, as it imports Keras

    path = model_path(model)
    recipe = finetune_recipe(path, per_task=per_task, values=values)
    return train(dataset, recipe, out, resume=resume, devices=devices, shard=shard)


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
