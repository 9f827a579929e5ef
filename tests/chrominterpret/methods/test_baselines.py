"""References of inputs that are DNA and that are not."""

import keras
import numpy as np
import pytest
from keras import layers

from chrominterpret.methods.baselines import references_of
from chrominterpret.methods.problem import Problem, pose
from chrominterpret.methods.references import dinucleotide_shuffle, one_hot

pytestmark = pytest.mark.backend


def problem_of(x: np.ndarray) -> Problem:
    z = keras.Input(x.shape[1:])
    return pose(keras.Model(z, layers.Dense(1)(layers.Flatten()(z))), x)


def made(x, references, n=3):
    found = references_of(problem_of(x), references, n, 0)
    return found, found.make(x, slice(0, len(x)))


def test_dna_is_told_by_its_columns():
    x = one_hot(np.random.default_rng(0).integers(0, 5, (2, 6)))
    assert problem_of(x).is_dna
    assert problem_of(0.25 + 0 * x).is_dna
    for other in (x * 2, -x, x[:, :, :3], x[:, 0]):
        assert not problem_of(other).is_dna
    found, references = made(x, None)
    assert (found.kind, found.n, found.seed) == ("dinucleotide_shuffle", 3, 0)
    np.testing.assert_array_equal(references, one_hot(dinucleotide_shuffle(x, n=3)))


def test_other_numbers():
    x = np.random.default_rng(0).normal(size=(4, 3, 2)).astype(np.float32)
    for choice, expected in (
        (None, np.zeros((3, 2))),
        ("zeros", np.zeros((3, 2))),
        ("mean", x.mean(0)),
        (x[2], x[2]),
    ):
        found, references = made(x, choice)
        assert found.n == 1
        assert references.shape == (4, 1, 3, 2)
        np.testing.assert_allclose(references[3, 0], expected, atol=1e-6)
    np.testing.assert_array_equal(made(x, x[:2])[1][1], x[:2])
    each = np.stack([x, x + 1], axis=1)
    np.testing.assert_array_equal(made(x, each)[1], each)
    for bad in (x[:, :2], each[:3], x[:0], "dinucleotide_shuffle"):
        with pytest.raises(ValueError, match="expected references of"):
            made(x, bad)
