"""Small data sets and recipes for the tests of chromkeras."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np
import pytest

from chromkeras.data.dataset import Dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.recipe.choices import PLANS
from chromkeras.recipe.reading import make_recipe
from chromkeras.recipe.recipe import Recipe

TINY = {
    "basset": ("architecture.filters=[6, 5, 4]", "architecture.dense=[7, 6]"),
    "dilated": (
        "architecture.name=dilated", "architecture.filters=5", "architecture.layers=2",
        "architecture.dense=[6]",
    ),
}  # fmt: skip


@pytest.fixture
def tiny_recipe() -> Callable[..., Recipe]:
    """Return a function that makes a recipe of a tiny architecture."""

    def make(plan: str = "hard", *settings: str, architecture: str = "basset") -> Recipe:
        return make_recipe(plan, settings=(*TINY[architecture], *settings))

    return make


@pytest.fixture(params=PLANS)
def plan(request: pytest.FixtureRequest) -> str:
    """Every sharing plan."""
    return request.param


@pytest.fixture
def tiny_dataset() -> Callable[..., Dataset]:
    """Return a function that makes random sequences with a learnable letter bias per task."""

    def make(rows: int = 96, tasks: int = 3, length: int = 300, seed: int = 0) -> Dataset:
        rng = np.random.default_rng(seed)
        codes = rng.integers(0, 4, (rows, length)).astype(np.uint8)
        share = np.stack([(codes == task % 4).mean(axis=1) for task in range(tasks)], axis=1)
        labels = (share > np.median(share, axis=0)).astype(np.int8)
        known = rng.random(labels.shape) >= 0.1
        split = np.array(["train", "train", "valid", "test"])[np.arange(rows) % 4]
        return Dataset(
            {"dna": PackedSequences.from_codes(codes)},
            labels,
            tuple(f"task{i}" for i in range(tasks)),
            split,
            known,
        )

    return make


@pytest.fixture(scope="session")
def mutations() -> ModuleType:
    """The module that makes hostile files, ``model_file/mutations.py``."""
    place = Path(__file__).parent / "model_file" / "mutations.py"
    spec = importlib.util.spec_from_file_location("mutations", place)
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutations"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def traps(mutations: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Paths that no reader may touch."""
    folder = tmp_path_factory.mktemp("traps")
    found = mutations.Traps(
        str(folder / "canary"), str(folder / "secret"), str(folder / "secret.h5")
    )
    Path(found.secret).write_bytes(b"secret" * 1000)
    with h5py.File(found.secret_h5, "w") as file:
        file["x"] = np.arange(1000, dtype="f4")
    return found
