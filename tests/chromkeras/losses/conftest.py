"""Batches of every kind of label, and each loss in plain NumPy, as its own test has it."""

from inspect import signature
from pathlib import Path

import numpy as np
import pytest

from chromkeras.data.dataset import Dataset
from chromkeras.problems.registry import find_problem

TASKS = 2


@pytest.fixture(scope="session")
def reference(declared):
    """Return a function that gives a loss by plain NumPy in float64, known labels only.

    The reference of a loss in which the tasks of a row see each other takes ``known``.
    """
    references = declared(Path(__file__).parent, "REFERENCES")

    def loss(name, y, output, known, **constants):
        clean = np.where(known, y, 0.0)
        if name in coupled_losses(references):
            constants = {**constants, "known": known}
        each = references[name](clean, output.astype(np.float64), **constants)
        return sum(
            each[known[:, task], task].mean() for task in range(y.shape[1]) if known[:, task].any()
        )

    return loss


def coupled_losses(references):
    """Return the names of the losses in which the tasks of a row see each other."""
    return [name for name, one in references.items() if "known" in signature(one).parameters]


@pytest.fixture(scope="session")
def is_coupled(declared):
    """Return a function that says whether the tasks of a row see each other in a loss."""
    coupled = coupled_losses(declared(Path(__file__).parent, "REFERENCES"))
    return lambda name: name in coupled


@pytest.fixture(scope="session")
def labelled(problem_draws):
    """Return a function that makes labels of a problem as a data set, without inputs."""

    def dataset(problem, rows=50, seed=0):
        rng = np.random.default_rng(seed)
        y = problem_draws[problem](rng, (rows, TASKS))
        known = rng.random(y.shape) < 0.7
        classes = find_problem(problem).class_names(y, known)
        split = np.full(rows, "train")
        return Dataset({}, y, ("a", "b"), split, known, problem=problem, classes=classes)

    return dataset


@pytest.fixture(scope="session")
def draw(labelled):
    """Return a function that draws labels, outputs and a mask for a problem."""

    def batch(problem, rows=9, seed=0):
        dataset = labelled(problem, 50, seed)
        units = find_problem(problem).units(dataset)
        shape = (rows, TASKS) if units == 1 else (rows, TASKS, units)
        output = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
        return dataset.labels[:rows].astype(np.float32), output, dataset.known[:rows]

    return batch
