"""Settings of tiny networks, each for its own model."""

import json
from collections.abc import Callable

import pytest

from chromkeras.recipe.reading import recipe_values

SHORT = ("training.epochs=2", "training.batch_size=16", "training.learning_rate=0.01")


@pytest.fixture
def tiny_settings_of(tiny_recipe) -> Callable[..., list[str]]:
    """Return a function that gives settings of tiny networks of two epochs."""

    def make(*models: str) -> list[str]:
        found = list(SHORT)
        for model in models:
            values = recipe_values(tiny_recipe(architecture=model))
            found += [
                f"{model}:{key}={json.dumps(value)}"
                for key, value in values.items()
                if key.startswith("architecture.") and key != "architecture.name"
            ]
        return found

    return make
