"""References of inputs that are DNA and that are not."""

import keras
import numpy as np
import pytest
from keras import layers

from chrominterpret.errors import InputError
from chrominterpret.methods.base.explained import ExplainedModel, explained_model
from chrominterpret.methods.base.references import resolve_references
from chrominterpret.sequences import dinucleotide_shuffle, one_hot

pytestmark = pytest.mark.backend


def explained(x: np.ndarray) -> ExplainedModel:
    z = keras.Input(x.shape[1:])
    return explained_model(keras.Model(z, layers.Dense(1)(layers.Flatten()(z))), x)


def made(x, references, n=3):
    found = resolve_references(explained(x), references, n_references=n, seed=0)
    return found, found.make(x, slice(0, len(x)))


def test_dna_is_recognised_by_its_columns():
    x = one_hot(np.random.default_rng(0).integers(0, 5, (2, 6)))
    assert explained(x).is_dna
    assert explained(0.25 + 0 * x).is_dna
    for other in (x * 2, -x, x[:, :, :3], x[:, 0]):
        assert not explained(other).is_dna
    found, references = made(x, None)
    assert (found.kind, found.n, found.seed) == ("dinucleotide_shuffle", 3, 0)
    np.testing.assert_array_equal(references, one_hot(dinucleotide_shuffle(x, n=3)))


@pytest.mark.parametrize("value", [0, 0.25, 1, -1])
def test_an_n_stays_in_shuffles_as_it_is(value):
    codes = np.random.default_rng(0).integers(0, 4, (3, 20))
    x = one_hot(codes)
    x[1, [4, 9]] = value
    assert explained(x).is_dna
    _, references = made(x, None, n=5)
    np.testing.assert_array_equal(references[1, :, [4, 9]], np.full((2, 5, 4), value))
    np.testing.assert_array_equal(references[::2], made(one_hot(codes), None, n=5)[1][::2])
    assert (references[1].sum((0, 2))[[3, 5, 8, 10]] == 5).all()


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([1, 1, 0, 0], r"N, .* received \[1.0, 1.0, 0.0, 0.0\] at sequence 1, position 3"),
        ([0, -1, 0, 0], r"received \[0.0, -1.0, 0.0, 0.0\] at sequence 1, position 3"),
        ([0, 1, np.nan, 0], r"finite numbers, received nan in sequence 1 at position 3, 2"),
        ([np.inf] * 4, r"finite numbers, received inf in sequence 1 at position 3, 0"),
    ],
)
def test_a_column_that_is_no_base_is_named(column, message):
    x = one_hot(np.random.default_rng(0).integers(0, 4, (2, 10)))
    x[1, 3] = column
    with pytest.raises(InputError, match=message):
        explained(x)


def test_the_fixed_kinds_of_dna():
    x = one_hot([[0, 0, 0, 1], [0, 1, 4, 4]])
    background, references = made(x, "background")
    assert (background.kind, background.n, background.seed) == ("background", 1, None)
    np.testing.assert_allclose(references[1, 0, 2], [4 / 6, 2 / 6, 0, 0])
    np.testing.assert_array_equal(made(x, "zeros")[1], np.zeros((2, 1, 4, 4)))
    np.testing.assert_array_equal(made(x, "uniform")[1], np.full((2, 1, 4, 4), 0.25))


def test_given_references_of_dna():
    x = one_hot(np.zeros((3, 5), int))
    rows = slice(1, 3)
    for shape, n in (((4,), 1), ((5, 4), 1), ((7, 5, 4), 7), ((3, 6, 5, 4), 6)):
        array = np.random.default_rng(0).random(shape).astype(np.float32)
        references = resolve_references(explained(x), array)
        found = references.make(x[rows], rows)
        assert found.shape == (2, n, 5, 4)
        assert references.n == n
        expected = array[rows] if len(shape) == 4 else np.broadcast_to(array, found.shape)
        np.testing.assert_array_equal(found, expected)
    for shape in ((5,), (4, 4), (2, 6, 5, 4), (0, 5, 4), (3, 0, 5, 4)):
        with pytest.raises(InputError, match=r"references of shape \(4,\), \(5, 4\)"):
            made(x, np.zeros(shape))


def test_bad_choices_of_dna():
    x = one_hot([[0, 1]])
    with pytest.raises(InputError, match="dinucleotide_shuffle"):
        made(x, "mononucleotide")
    with pytest.raises(InputError, match="at least 1"):
        made(x, "dinucleotide_shuffle", n=0)


def test_references_of_other_numbers():
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
        with pytest.raises(InputError, match="expected references of"):
            made(x, bad)
