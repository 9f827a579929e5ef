"""Batches of every kind of label, and each loss in plain NumPy."""

import numpy as np
import pytest
from scipy.special import expit, log_softmax

from chromkeras.data.dataset import Dataset

TASKS, CLASSES = 2, 4


def _rebalanced(y, z, positive_fraction):
    rho = np.asarray(positive_fraction)
    return np.where(y == 1, 1 - rho, rho) * _plain(y, z)


def _plain(y, z):
    return -np.where(y == 1, np.log(expit(z)), np.log(expit(-z)))


def _poisson(y, f):
    safe = np.where(y > 0, y, 1)
    return np.exp(f) - y * f - y + y * np.log(safe)


def _crossentropy(y, z):
    picked = np.take_along_axis(log_softmax(z, axis=-1), y.astype(int)[..., None], axis=-1)
    return -picked[..., 0]


EACH = {
    "rebalanced": _rebalanced,
    "plain": _plain,
    "mse": lambda y, f: (f - y) ** 2,
    "log_cosh": lambda y, f: np.log(np.cosh(f - y)),
    "poisson": _poisson,
    "crossentropy": _crossentropy,
}


@pytest.fixture(scope="session")
def reference():
    """Return a function that gives a loss by plain NumPy in float64, known labels only."""

    def loss(name, y, output, known, **constants):
        each = EACH[name](np.where(known, y, 0.0), output.astype(np.float64), **constants)
        return sum(
            each[known[:, task], task].mean() for task in range(y.shape[1]) if known[:, task].any()
        )

    return loss


@pytest.fixture(scope="session")
def draw():
    """Return a function that draws labels, outputs and a mask for a problem."""

    def batch(problem, rows=9, seed=0):
        rng = np.random.default_rng(seed)
        shape = (rows, TASKS)
        y = {
            "binary": rng.integers(0, 2, shape),
            "regression": rng.gamma(1.0, size=shape),
            "classes": rng.integers(0, CLASSES, shape),
        }[problem]
        units = (CLASSES,) if problem == "classes" else ()
        output = rng.normal(size=(*shape, *units)).astype(np.float32)
        return y.astype(np.float32), output, rng.random(shape) < 0.7

    return batch


@pytest.fixture(scope="session")
def labelled(draw):
    """Return a function that gives labels of a problem as a data set, without inputs."""

    def dataset(problem):
        y, _, known = draw(problem, rows=50)
        return Dataset({}, y, ("a", "b"), np.full(len(y), "train"), known, problem=problem)

    return dataset
