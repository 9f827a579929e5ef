"""Fixtures that every test may use."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("CHROMKERAS_DATA", ROOT.parent / "shared" / "data"))


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
        else:
            import jax

            value, slopes = jax.value_and_grad(function, tuple(range(len(arrays))))(*arrays)
        return float(value), [np.asarray(s) for s in slopes]

    return value_and_gradients
