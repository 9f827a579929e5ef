"""Controls of a comparison: replicates of one recipe, and copies with random weights."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from weakref import WeakKeyDictionary

import keras

from chromkeras.backend.seeds import seeded
from chromkeras.comparison.core.comparison import ComparedModel, Comparison
from chromkeras.errors import InputError
from chromkeras.model_report.explained import explained_network
from chromkeras.model_report.network_inputs import Inputs, check_inputs, dna_convolution
from chromkeras.recipe.recipe import Recipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.model_layers import model_plan
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
    copies = _COPIES.setdefault(model.network, {})
    if seed not in copies:
        copies[seed] = _untrained(model.network, seed)
    return replace(model, name=f"{model.name} ({UNTRAINED})", network=copies[seed])


def _untrained(network: keras.Model, seed: int) -> keras.Model:
    with seeded(seed):
        copy = build_model(model_plan(network))
    return explained_network(copy) if len(network.output_shape) == 2 else copy


# Several parts of a comparison take the same.
_COPIES: WeakKeyDictionary[keras.Model, dict[int, keras.Model]] = WeakKeyDictionary()


def relation(first: ComparedModel, second: ComparedModel) -> str:
    """Return "two seeds" for models that differ in nothing but their seeds, else "models"."""
    alike = _without_seed(first.recipe) == _without_seed(second.recipe)
    return SEEDS if alike and set(first.tasks) == set(second.tasks) else MODELS


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


def check_models(models: Sequence[ComparedModel], inputs: Inputs) -> None:
    """Raise ``InputError`` unless all models read the inputs and each two share a task.

    Parameters
    ----------
    models
        Any number.
    inputs
        By name, float32 (n, ...), such as one-hot "dna" (n, length, 4).
    """
    for model in models:
        check_inputs(model.network, inputs, model.name)
    for one, other in combinations(models, 2):
        tasks_of_both(one.tasks, other.tasks)


def single_networks(comparison: Comparison) -> tuple[Comparison, tuple[str, ...]]:
    """Return the comparison of the models that are one network, and notes on what is left out."""
    models = comparison.models
    why = {
        "an ensemble is no single network": [m.name for m in models if m.members],
        "a baseline has learned no hidden layers": [m.name for m in models if m.card.is_baseline],
        "a model without a run card does not say what its layers are (for any two models there are "
        "`chrominterpret.compare_filters` and `layer_similarity`)": [
            m.name for m in models if m.card.is_foreign
        ],
    }
    out = {name for names in why.values() for name in names}
    if not out:
        return comparison, ()
    kept = {i: model for i, model in enumerate(models) if model.name not in out}
    notes = (
        f"Left out here, as {text}: {', '.join(names)}." for text, names in why.items() if names
    )
    return comparison.of(kept), tuple(notes)


def explained_by_dna(comparison: Comparison) -> tuple[Comparison, tuple[str, ...]]:
    """Return the comparison of the models whose first convolution reads DNA, and notes.

    Their networks have one output a task, as ``explained_network`` makes them; the notes say which
    models were left out, and what is explained where labels are classes.
    """
    comparison, left_out = single_networks(comparison)
    kept = {
        place: replace(model, network=explained_network(model.network))
        for place, model in enumerate(comparison.models)
        if dna_convolution(model.network)
    }
    notes = list(left_out)
    out = [name for place, name in enumerate(comparison.names) if place not in kept]
    if out:
        notes.append(f"Left out here, as no convolution reads DNA: {', '.join(out)}.")
    if comparison.dataset.classes:
        first = comparison.dataset.classes[0]
        notes.append(f"Explained is the mean logit of the other classes less that of {first}.")
    return comparison.of(kept) if notes else comparison, tuple(notes)


def _without_seed(recipe: Recipe) -> Recipe:
    return replace(recipe, training=replace(recipe.training, seed=0))
