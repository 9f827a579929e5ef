"""Fixtures that every test may use."""

import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

# Tests of no more sets of parameters than these are not thinned out.
WHOLE = 2
ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("CHROMKERAS_DATA", ROOT.parent / "shared" / "data"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run some of a test's many sets of parameters, always the same ones.

    On JAX, where every model compiles anew, it is a quarter: TensorFlow runs them all; what they go
    through is written in ``keras.ops``, so that a few tell whether it holds on another backend. On
    TensorFlow it is a third of those marked ``grid``, such as every architecture under every plan,
    which train a model for each. They are drawn, as every fourth of a grid could be one column of
    it. CHROMKERAS_ALL_PARAMETERS=1 runs all.
    """
    if os.environ.get("CHROMKERAS_ALL_PARAMETERS"):
        return
    on_jax = os.environ.get("KERAS_BACKEND") == "jax"
    sets = defaultdict(list)
    for item in items:
        if on_jax or item.get_closest_marker("grid"):
            sets[item.nodeid.partition("[")[0]].append(item)
    left_out = set()
    for name, same in sets.items():
        if len(same) > WHOLE:
            fewer = 3 * len(same) // 4 if on_jax else 2 * len(same) // 3
            left_out |= set(Random(name).sample(same, fewer))
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Return a function that gives the path of a real data file, or skips where it is absent."""

    def find(name: str) -> Path:
        path = DATA / name
        if not path.exists():
            pytest.skip(
                f"real data {name} not found; set CHROMKERAS_DATA to the folder that has it"
            )
        return path

    return find


@pytest.fixture(scope="session")
def gradients() -> Callable:
    """Return a function that differentiates a scalar of NumPy arrays on the current backend."""
    import keras
    import numpy as np

    def value_and_gradients(function: Callable, *arrays: np.ndarray) -> tuple:
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            tensors = [tf.constant(a) for a in arrays]
            with tf.GradientTape() as tape:
                tape.watch(tensors)
                value = function(*tensors)
            slopes = tape.gradient(value, tensors)
        elif keras.backend.backend() == "torch":
            import torch

            tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
            with torch.enable_grad():
                value = function(*tensors)
            slopes = [slope.cpu() for slope in torch.autograd.grad(value, tensors)]
            value = value.detach()
        else:
            import jax

            value, slopes = jax.value_and_grad(function, tuple(range(len(arrays))))(*arrays)
        return float(value), [np.asarray(s) for s in slopes]

    return value_and_gradients
