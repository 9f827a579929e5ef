"""Controls of a comparison: replicates of one recipe, and copies with random weights."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import keras
import numpy as np

from chromkeras.comparison.core.comparison import ComparedModel
from chromkeras.errors import InputError
from chromkeras.recipe.recipe import Recipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.model_layers import run_card
from chromkeras.sharing.plan import resolve_plan
from chromkeras.sharing.transfer import names

MODELS, SEEDS, UNTRAINED = "models", "two seeds", "untrained"


def untrained_copy(model: ComparedModel, *, seed: int) -> ComparedModel:
    """Return a model of the same recipe and tasks with fresh weights.

    A random-weight control: what it makes of the sequences is what a comparison shows without
    any learning.

    Parameters
    ----------
    model
        The trained one.
    seed
        Seed of the weights.
    """
    keras.utils.set_random_seed(seed)
    card = run_card(model.network)
    inputs = {tensor.name: tuple(tensor.shape[1:]) for tensor in model.network.inputs}
    network = build_model(
        resolve_plan(model.recipe, card.tasks, inputs, problem=card.problem, classes=card.classes)
    )
    return replace(model, name=f"{model.name} ({UNTRAINED})", network=network)


def relation(first: ComparedModel, second: ComparedModel) -> str:
    """Return "two seeds" for models that differ in nothing but their seeds, else "models"."""
    alike = _without_seed(first.recipe) == _without_seed(second.recipe)
    return SEEDS if alike and set(tasks_of(first)) == set(tasks_of(second)) else MODELS


def tasks_of(model: ComparedModel) -> tuple[str, ...]:
    """Return the model's T task names."""
    return tuple(model.card["tasks"])


def tasks_of_both(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """Return the tasks of both, in the order of the first.

    Raises
    ------
    InputError
        There is none.
    """
    common = tuple(task for task in first if task in second)
    if not common:
        raise InputError(
            f"expected models with a task in common, received {names(first)} and {names(second)}"
        )
    return common


def check_models(models: Sequence[ComparedModel], x: np.ndarray) -> None:
    """Raise ``InputError`` unless all models read the sequences and each two share a task.

    Parameters
    ----------
    models
        Any number.
    x
        One-hot sequences (n, length, 4).
    """
    for model in models:
        length = model.network.input_shape[1]
        if x.ndim != 3 or x.shape[1:] != (length, 4) or not len(x):
            raise InputError(
                f"model {model.name}: expected one-hot sequences of shape (n, {length}, 4), "
                f"received {x.shape}"
            )
    for one, other in combinations(models, 2):
        tasks_of_both(tasks_of(one), tasks_of(other))


def _without_seed(recipe: Recipe) -> Recipe:
    return replace(recipe, training=replace(recipe.training, seed=0))
