"""Tiny models to compare."""

from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
import pytest

from chrominterpret.motifs.modisco import Pattern
from chrominterpret.motifs.pwm import Sites
from chrominterpret.sequences import BASES
from chromkeras.comparison.core.comparison import ComparedModel
from chromkeras.model_file.card import RunCard
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

TASKS = ("task0", "task1", "task2")


@pytest.fixture
def make_model(tiny_recipe) -> Callable[..., ComparedModel]:
    """Return a function that makes a model whose batch norms do something."""

    def make(
        plan: str = "hard",
        *settings: str,
        tasks: Sequence[str] = TASKS,
        seed: int = 0,
        name: str = "",
    ) -> ComparedModel:
        recipe = tiny_recipe(plan, *settings, f"training.seed={seed}")
        keras.utils.set_random_seed(seed)
        network = build_model(resolve_plan(recipe, tasks, {"dna": (300, 4)}, problem="binary"))
        random = np.random.default_rng(seed)
        for layer in network.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                shape = layer.gamma.shape
                layer.gamma.assign(random.uniform(0.5, 1.5, shape))
                layer.beta.assign(random.uniform(0.0, 0.3, shape))  # no filter is dead
        card = RunCard(tuple(tasks), recipe.to_dict())
        return ComparedModel(Path("model.keras"), network, card, name=name or f"{plan}{seed}")

    return make


@pytest.fixture
def reordered(make_model) -> Callable[[ComparedModel, Sequence[str]], ComparedModel]:
    """Return a function that gives a model with its tasks in another order, or fewer of them."""

    def reorder(model: ComparedModel, tasks: Sequence[str]) -> ComparedModel:
        from chromkeras.sharing.transfer import transfer_weights

        other = make_model(model.recipe.plan, tasks=tasks, seed=99, name="reordered")
        transfer_weights(model.network, model.tasks, other.network, tasks)
        return other

    return reorder


@pytest.fixture
def with_permuted_filters(make_model) -> Callable[..., ComparedModel]:
    """Return a function that copies a hard-shared model with its first filters in another order."""

    def permute(model: ComparedModel, order: np.ndarray) -> ComparedModel:
        other = make_model(model.recipe.plan, name="permuted")
        other.network.set_weights(model.network.get_weights())
        for layer, axis in (("conv_1", -1), ("norm_1", 0), ("conv_2", -2)):
            for weight in other.network.get_layer(layer).weights:
                weight.assign(np.take(keras.ops.convert_to_numpy(weight), order, axis))
        return other

    return permute


@pytest.fixture
def x(tiny_dataset) -> np.ndarray:
    """One-hot sequences, shape (24, 300, 4)."""
    return tiny_dataset(rows=24).one_hot(np.arange(24))


@pytest.fixture
def make_pattern() -> Callable[..., Pattern]:
    """Return a function that makes a pattern of a word between flanks that say nothing."""

    def make(
        word: str, *, seqlets: int = 30, sign: str = "pos", flank: int = 4, purity: float = 0.9
    ) -> Pattern:
        sure = purity * np.eye(4)[[BASES.index(base) for base in word]] + (1 - purity) / 4
        ppm = np.concatenate([np.full((flank, 4), 0.25), sure, np.full((flank, 4), 0.25)])
        turned = (ppm - 0.25) * (1 if sign == "pos" else -1)
        each = np.ones(seqlets)
        at = Sites(np.arange(seqlets), 0 * each.astype(int), each.astype(np.int8), each)
        return Pattern(f"{sign}_patterns.{word}", sign, ppm, turned, turned, at)

    return make
