"""Checks of the model that a run starts from, by its run card alone."""

from dataclasses import asdict

from chromkeras.errors import InputError
from chromkeras.model_file.card import read_card, require_one_network
from chromkeras.names import unknown
from chromkeras.recipe.reading import recipe_from_dict
from chromkeras.recipe.recipe import Recipe

_MISSING = "not known"
# What changes no function of given weights.
FREE = ("dropout", "initializer", "motifs")


def check_init(recipe: Recipe) -> None:
    """Check the run cards of ``transfer.init`` and ``transfer.modules``.

    Raises
    ------
    InputError
        There is no such model, it has another architecture, or it lacks ``transfer.task``.
    """
    init, task = recipe.transfer.init, recipe.transfer.task
    for path in recipe.transfer.modules:
        _check_card(path, task)
    if not init:
        if task and not recipe.transfer.modules:
            raise InputError(
                f"transfer.task is {task}, a task of the model to start from; name that model by "
                "transfer.init"
            )
        return
    _check_card(init, task)
    here, there = asdict(recipe.architecture), asdict(own_recipe(init).architecture)
    differing = [key for key in here if key not in FREE and here[key] != there.get(key, _MISSING)]
    if differing:
        what = "; ".join(
            f"architecture.{key} is {_text(there.get(key, _MISSING))} there "
            f"and {_text(here[key])} here"
            for key in differing
        )
        raise InputError(f"{init} has another architecture ({what}); give the same sizes")


def _check_card(path: str, task: str) -> None:
    """Raise ``InputError`` unless a file holds one network, with a task unless that is ""."""
    card = read_card(path)
    require_one_network(path, card)
    if task and task not in card.tasks:
        raise unknown(f"task of {path}:", task, card.tasks)


def own_recipe(path: str) -> Recipe:
    """Return the recipe that a model file was trained by."""
    card = read_card(path)
    require_one_network(path, card)
    try:
        return recipe_from_dict(card.recipe)
    except InputError as error:
        raise InputError(f"model {path} is of another version: {error}") from error


def _text(value: object) -> str:
    return str(list(value)) if isinstance(value, tuple) else str(value)
