"""Data sets of every problem, with unknown labels, and outputs that say what the labels say."""

from pathlib import Path

import numpy as np
import pytest

from chromkeras.data.dataset import Dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.problems.registry import find_problem

TASKS = ("gut", "nerve", "muscle")
ENOUGH = 100


@pytest.fixture(scope="session")
def make_dataset(problem_draws):
    """Return a function that makes a data set of a problem; a third of its labels are unknown."""

    def make(problem, rows=120, seed=0, **changes):
        rng = np.random.default_rng(seed)
        shape = (rows, len(TASKS))
        values = {
            "labels": problem_draws[problem](rng, shape),
            "known": rng.random(shape) < 0.7,
            "split": np.array(["train", "train", "valid", "test"])[np.arange(rows) % 4],
            "kind": np.where(np.arange(rows) % 5 == 0, "background", "element"),
            "classes": _class_names(problem, problem_draws[problem]),
        } | changes
        dna = PackedSequences.from_codes(np.zeros((len(values["labels"]), 8), np.uint8))
        return Dataset({"dna": dna}, tasks=TASKS, problem=problem, **values)

    return make


def _class_names(problem, draw):
    many = draw(np.random.default_rng(0), (ENOUGH, 1))
    return find_problem(problem).class_names(many, np.full(many.shape, True))


@pytest.fixture(scope="session")
def outputs_of(declared):
    """Return a function that gives outputs for a data set: its labels, and noise on them."""
    clean_of = declared(Path(__file__).parent, "OUTPUTS")

    def outputs(dataset, noise=0.0, seed=1):
        rng = np.random.default_rng(seed)
        clean = clean_of[dataset.problem](dataset.labels.astype(np.float32))
        return (clean + noise * rng.normal(size=clean.shape)).astype(np.float32)

    return outputs
