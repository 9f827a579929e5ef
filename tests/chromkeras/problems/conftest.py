"""Data sets of every problem, with unknown labels, and outputs that say what the labels say."""

import numpy as np
import pytest

from chromkeras.data.dataset import Dataset
from chromkeras.data.packed import PackedSequences

TASKS, CLASSES = ("gut", "nerve", "muscle"), ("closed", "open", "both", "other")


def _labels(problem, rng, shape):
    return {
        "binary": rng.integers(0, 2, shape).astype(np.int8),
        "regression": rng.normal(size=shape).astype(np.float32),
        "classes": rng.integers(0, len(CLASSES), shape).astype(np.int8),
    }[problem]


@pytest.fixture(scope="session")
def make_dataset():
    """Return a function that makes a data set of a problem; a third of its labels are unknown."""

    def make(problem, rows=120, seed=0, **changes):
        rng = np.random.default_rng(seed)
        shape = (rows, len(TASKS))
        values = {
            "labels": _labels(problem, rng, shape),
            "known": rng.random(shape) < 0.7,
            "split": np.array(["train", "train", "valid", "test"])[np.arange(rows) % 4],
            "kind": np.where(np.arange(rows) % 5 == 0, "background", "element"),
            "classes": CLASSES if problem == "classes" else (),
        } | changes
        dna = PackedSequences.from_codes(np.zeros((len(values["labels"]), 8), np.uint8))
        return Dataset({"dna": dna}, tasks=TASKS, problem=problem, **values)

    return make


@pytest.fixture(scope="session")
def outputs_of():
    """Return a function that gives outputs for a data set: its labels, and noise on them."""

    def outputs(dataset, noise=0.0, seed=1):
        rng = np.random.default_rng(seed)
        labels = dataset.labels.astype(np.float32)
        if dataset.problem == "binary":
            clean = 2 * labels - 1
        elif dataset.problem == "classes":
            clean = 2.0 * (np.arange(len(CLASSES)) == labels[..., None])
        else:
            clean = labels
        return (clean + noise * rng.normal(size=clean.shape)).astype(np.float32)

    return outputs
