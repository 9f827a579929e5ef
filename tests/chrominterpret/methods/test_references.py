"""Dinucleotide shuffles: exact counts, uniform draws, independence; the other references."""

import itertools
import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chrominterpret.methods.references import (
    dinucleotide_shuffle,
    one_hot,
    resolve_references,
    to_codes,
)


def pairs(codes) -> Counter:
    return Counter(itertools.pairwise(map(int, codes)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.integers(0, 5))
def test_pairs_and_ends_are_kept(sequence, seed):
    shuffles = dinucleotide_shuffle(one_hot([sequence]), n=4, seed=seed)
    assert shuffles.shape == (1, 4, len(sequence))
    assert shuffles.dtype == np.uint8
    for shuffle in shuffles[0]:
        assert pairs(shuffle) == pairs(sequence)
        assert (shuffle[0], shuffle[-1]) == (sequence[0], sequence[-1])


@pytest.mark.parametrize("sequence", [[0, 1, 0, 2, 0, 1, 2, 0, 0], [0, 0, 0, 1, 4, 0, 4, 1, 3]])
def test_every_sequence_with_the_same_pairs_is_equally_likely(sequence):
    inner = set(itertools.permutations(sequence[1:-1]))
    possible = {(sequence[0], *s, sequence[-1]) for s in inner}
    possible = {s for s in possible if pairs(s) == pairs(sequence)}
    n = 2000 * len(possible)
    shuffles = dinucleotide_shuffle(one_hot([sequence]), n=n, seed=3)[0]
    drawn = Counter(map(tuple, shuffles.tolist()))
    assert set(drawn) == possible
    assert len(possible) > 3
    statistic = sum((count - 2000) ** 2 / 2000 for count in drawn.values())
    assert statistic < len(possible) - 1 + 4 * np.sqrt(2 * (len(possible) - 1))


def test_a_rare_exit_costs_no_more_than_others():
    sequence = [0] * 3000 + [1] + [1] * 3000 + [2] + [2] * 3000 + [3]
    start = time.perf_counter()
    shuffles = dinucleotide_shuffle(one_hot([sequence]), n=2)
    assert time.perf_counter() - start < 5
    np.testing.assert_array_equal(shuffles[0], [sequence] * 2)  # the only one there is


def test_shuffles_depend_on_seed_and_sequence_alone():
    x = one_hot(np.random.default_rng(0).integers(0, 4, (5, 80)))
    whole = dinucleotide_shuffle(x, n=3, seed=7)
    np.testing.assert_array_equal(dinucleotide_shuffle(x[3:4], n=3, seed=7)[0], whole[3])
    np.testing.assert_array_equal(dinucleotide_shuffle(x[::-1], n=3, seed=7), whole[::-1])
    assert (dinucleotide_shuffle(x, n=3, seed=8) != whole).any()
    assert (whole[:, 0] != whole[:, 1]).any(-1).all()


def test_codes_and_one_hot_are_inverse():
    codes = np.array([[0, 1, 2, 3, 4]])
    np.testing.assert_array_equal(to_codes(one_hot(codes)), codes)
    assert one_hot(codes)[0, 4].sum() == 0
    with pytest.raises(ValueError, match="one-hot or all-zero"):
        to_codes(np.full((1, 3, 4), 0.25))


def test_the_fixed_kinds():
    x = one_hot([[0, 0, 0, 1], [0, 1, 4, 4]])
    rows = slice(0, 2)
    background = resolve_references("background", x)
    assert (background.kind, background.n, background.seed) == ("background", 1, None)
    np.testing.assert_allclose(background.make(x, rows)[1, 0, 2], [4 / 6, 2 / 6, 0, 0])
    np.testing.assert_array_equal(resolve_references("zeros", x).make(x, rows), 0)
    np.testing.assert_array_equal(resolve_references("uniform", x).make(x, rows), 0.25)


def test_given_arrays():
    x = one_hot(np.zeros((3, 5), int))
    rows = slice(1, 3)
    for shape, n in (((4,), 1), ((5, 4), 1), ((7, 5, 4), 7), ((3, 6, 5, 4), 6)):
        array = np.random.default_rng(0).random(shape).astype(np.float32)
        references = resolve_references(array, x)
        made = references.make(x[rows], rows)
        assert made.shape == (2, n, 5, 4)
        assert references.n == n
        expected = array[rows] if len(shape) == 4 else np.broadcast_to(array, made.shape)
        np.testing.assert_array_equal(made, expected)
    for shape in ((5,), (4, 4), (2, 6, 5, 4)):
        with pytest.raises(ValueError, match="references of shape"):
            resolve_references(np.zeros(shape), x)


def test_bad_choices():
    x = one_hot([[0, 1]])
    with pytest.raises(ValueError, match="dinucleotide_shuffle"):
        resolve_references("mononucleotide", x)
    with pytest.raises(ValueError, match="at least 1"):
        resolve_references("dinucleotide_shuffle", x, n_references=0)
