"""Small data sets and recipes for the tests of chromkeras."""

import importlib.util
import re
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np
import pytest

from chromkeras.data.dataset import Dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable
from chromkeras.errors import InputError
from chromkeras.recipe.choices import PLANS
from chromkeras.recipe.reading import make_recipe
from chromkeras.recipe.recipe import Recipe
from chromkeras.registry import ARCHITECTURES
from chromkeras.sharing.plan import outline, sharing_plan

# Options of at least so much are numbers of channels or units, not widths or numbers of layers.
MANY = 32
FURTHER = 5


def tiny_settings(architecture: str) -> tuple[str, ...]:
    """Return settings of the recipe with a few channels, and no more layers than the small size.

    Channels differ between layers and options, so that none is taken for another's.
    """
    module = ARCHITECTURES.get(architecture)
    options, small = module.Options(), module.SIZES.get("small", {})
    settings, many = [f"architecture.name={architecture}"], 0
    for field in fields(options):
        key, value = f"architecture.{field.name}", getattr(options, field.name)
        sizes = value if isinstance(value, tuple) else (value,)
        if not sizes or any(type(size) is not int for size in sizes):
            continue
        if max(sizes) >= MANY:
            sizes = [max(6 + many - place, 2) for place in range(len(sizes))]
            many += 1
        elif isinstance(value, int):
            sizes = [min(value, small.get(key, value))]
        settings.append(f"{key}={[*sizes] if isinstance(value, tuple) else sizes[0]}")
    return tuple(settings)


@pytest.fixture(params=ARCHITECTURES.names())
def architecture(request: pytest.FixtureRequest) -> str:
    """Every architecture."""
    return request.param


@pytest.fixture
def tiny_recipe() -> Callable[..., Recipe]:
    """Return a function that makes a recipe of a tiny architecture."""

    def make(plan: str = "hard", *settings: str, architecture: str = "basset") -> Recipe:
        return make_recipe(plan, settings=(*tiny_settings(architecture), *settings))

    return make


@pytest.fixture(params=PLANS)
def plan(request: pytest.FixtureRequest) -> str:
    """Every sharing plan."""
    return request.param


@pytest.fixture
def refused() -> Callable[[Recipe], bool]:
    """Return a function that says whether a recipe's plan is refused, in one right line.

    A recurrent layer cannot be a task's own, nor a group's.
    """

    def refuses(recipe: Recipe) -> bool:
        said = ""
        try:
            outline(recipe, sharing_plan(recipe).modes)
        except InputError as error:
            said = str(error)
        expected = (
            r"(layer \d+ \(recurrent\) cannot be laid once per (task|group); share it: "
            r"sharing\.depth ≥ \d+)?"
        )
        assert re.fullmatch(expected, said)
        return bool(said)

    return refuses


@pytest.fixture
def skip_refused(refused: Callable[[Recipe], bool]) -> Callable[[Recipe], None]:
    """Return a function that skips the test where a recipe's plan was seen to be refused."""

    def skip(recipe: Recipe) -> None:
        if refused(recipe):
            pytest.skip("refused in one line: a recurrent layer cannot be a task's own")

    return skip


@pytest.fixture
def tiny_dataset() -> Callable[..., Dataset]:
    """Return a function that makes random sequences with a learnable letter bias per task.

    Of an architecture with further inputs, each of these is a table of random numbers.
    """

    def make(
        rows: int = 96, tasks: int = 3, length: int = 300, seed: int = 0,
        architecture: str = "basset",
    ) -> Dataset:  # fmt: skip
        rng = np.random.default_rng(seed)
        codes = rng.integers(0, 4, (rows, length)).astype(np.uint8)
        share = np.stack([(codes == task % 4).mean(axis=1) for task in range(tasks)], axis=1)
        labels = (share > np.median(share, axis=0)).astype(np.int8)
        known = rng.random(labels.shape) >= 0.1
        split = np.array(["train", "train", "valid", "test"])[np.arange(rows) % 4]
        module = ARCHITECTURES.get(architecture)
        along = getattr(module, "ALONG_DNA", ())
        shapes = {
            name: (FURTHER,)
            if name in getattr(module, "FEATURES", module.INPUTS)
            else (length, 2)
            if name in along
            else (60, 5)
            for name in module.INPUTS
            if name != "dna"
        }
        inputs = {
            name: DenseTable(
                rng.normal(size=(rows, *shape)).astype(np.float32), along_dna=name in along
            )
            for name, shape in shapes.items()
        }
        return Dataset(
            inputs | {"dna": PackedSequences.from_codes(codes)},
            labels,
            tuple(f"task{i}" for i in range(tasks)),
            split,
            known,
        )

    return make


def module_at(place: Path) -> ModuleType:
    """Return a module of the tests, which are no package."""
    name = f"{place.parent.name}_{place.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, place)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def declared() -> Callable[[Path, str], dict[str, Any]]:
    """Return a function that gathers what the test modules of a folder say under one name.

    So a loss or a problem is tested over the registry as soon as its own test says what it needs.
    """

    def gather(folder: Path, name: str) -> dict[str, Any]:
        modules = [module_at(place) for place in sorted(folder.glob("test_*.py"))]
        found = [getattr(module, name, {}) for module in modules]
        return {key: value for each in found for key, value in each.items()}

    return gather


@pytest.fixture(scope="session")
def mutations() -> ModuleType:
    """The module that makes hostile files."""
    return module_at(Path(__file__).parent / "model_file" / "mutations.py")


@pytest.fixture(scope="session")
def problem_draws(declared: Callable[[Path, str], dict[str, Any]]) -> dict[str, Any]:
    """Of each problem, a function of a generator and a shape that draws labels."""
    return declared(Path(__file__).parent / "problems", "DRAWS")


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
