"""A small model file, and hostile ones made of it."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chromkeras.recipe.reading import make_recipe
from chromkeras.recipe.recipe import Recipe

TASKS = ("a", "b", "c")
LENGTH = 60


@pytest.fixture(scope="session")
def small_recipe() -> Recipe:
    """Two tied convolutions a task, so that every kind of layer of ours is there."""
    settings = ("architecture.filters=[3, 2]", "architecture.widths=[5, 3]",
                "architecture.pools=[4, 4]", "architecture.dense=[4]",
                "architecture.summary=true", "sharing.depth=1")  # fmt: skip
    return make_recipe("soft", settings=settings)


@pytest.fixture(scope="session")
def model_path(small_recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file, which no test may change."""
    from chromkeras.model_file.save_model import save_model
    from chromkeras.sharing.builder import build_model
    from chromkeras.sharing.plan import resolve_plan

    path = tmp_path_factory.mktemp("model") / "m.keras"
    plan = resolve_plan(small_recipe, TASKS, {"dna": (LENGTH, 4)}, problem="binary")
    scores = {"validation_auroc": dict.fromkeys(TASKS, 0.5)}
    weights = build_model(plan).get_weights()
    save_model(path, plan, weights, fingerprint="f", scores=scores)
    return path


@pytest.fixture(scope="session")
def parts(mutations: ModuleType, model_path: Path, traps: Any) -> Any:
    """What the model file is made of."""
    return mutations.Parts.of(model_path, traps)


@pytest.fixture
def made(parts: Any, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes the model file with some of its parts changed."""

    def make(change: Callable[[dict[str, Any]], None] | None = None, **changed: Any) -> Path:
        import copy

        config = copy.deepcopy(parts.config)
        if change is not None:
            change(config["config"])
        path = tmp_path / "made.keras"
        path.write_bytes(parts.file(config=config, **changed))
        return path

    return make


@pytest.fixture
def layer() -> Callable[[dict[str, Any], str], dict[str, Any]]:
    """Return a function that finds the entry of a layer by name."""
    return lambda model, name: next(e for e in model["layers"] if e["name"] == name)
