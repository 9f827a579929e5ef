"""One-hot DNA; dinucleotide shuffles: exact counts, uniform draws, independence."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chrominterpret.errors import InputError
from chrominterpret.sequences import (
    decode,
    dinucleotide_shuffle,
    encode,
    generator_of,
    one_hot,
    reverse_complement,
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
    letters = [code for code in sequence if code < 4]
    for shuffle in shuffles[0].tolist():
        assert [code == 4 for code in shuffle] == [code == 4 for code in sequence]
        known = [code for code in shuffle if code < 4]
        assert pairs(known) == pairs(letters)
        assert (known[:1], known[-1:]) == (letters[:1], letters[-1:])


@pytest.mark.parametrize("sequence", [[0, 1, 0, 2, 0, 1, 2, 0, 0], [0, 0, 0, 1, 2, 0, 2, 1, 3]])
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


def test_a_rare_exit_is_drawn_at_once():
    sequence = [0] * 3000 + [1] + [1] * 3000 + [2] + [2] * 3000 + [3]
    # The only one there is: drawing until a walk uses all pairs would take thousands of draws.
    shuffles = dinucleotide_shuffle(one_hot([sequence]), n=2)
    np.testing.assert_array_equal(shuffles[0], [sequence] * 2)


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
    for value in (0.25, 1, -1):
        np.testing.assert_array_equal(to_codes(np.full((1, 3, 4), value)), [[4, 4, 4]])
    for column in ([0.5, 0.5, 0, 0], [np.nan] * 4, [2, 0, 0, 0]):
        wrong = one_hot(np.zeros((2, 3), int))
        wrong[1, 2] = column
        with pytest.raises(ValueError, match=r"one-hot or all-zero.* at sequence 1, position 2"):
            to_codes(wrong)


def test_letters_codes_and_one_hot():
    assert encode("acgtN").tolist() == [0, 1, 2, 3, 4]
    assert encode(b"RYK").tolist() == [4, 4, 4]
    assert decode(encode("TTGAN")) == "TTGAN"
    np.testing.assert_array_equal(one_hot("GN"), [[0, 0, 1, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(one_hot(["AC", "GT"]), one_hot([[0, 1], [2, 3]]))
    with pytest.raises(InputError, match="'E' at position 1"):
        encode("AEG")
    with pytest.raises(InputError, match=r"one length, received lengths \[2, 3\]"):
        one_hot(["AC", "GTA"])
    for texts in (np.array(["AC", "GT"]), np.array(["AC", "GT"], object), [b"AC", b"GT"]):
        np.testing.assert_array_equal(one_hot(texts), one_hot(["AC", "GT"]))


@pytest.mark.parametrize("codes", [[-1], [5], [0.0, 1.0], [[0], [1, 2]], {"a": "ACGT"}])
def test_what_is_no_code_is_refused(codes):
    with pytest.raises(InputError, match="codes 0 to"):
        one_hot(codes)
    with pytest.raises(InputError, match="codes 0 to"):
        decode(codes)


def test_other_shapes_than_of_one_hot_are_refused():
    with pytest.raises(InputError, match=r"codes \(L,\), received \(1, 2\)"):
        decode([[0, 1]])
    with pytest.raises(InputError, match="codes 0 to 4, received float32"):
        decode(one_hot("ACGT"))
    for function in (reverse_complement, to_codes, dinucleotide_shuffle):
        for wrong in (np.array([[0, 1, 2], [3, 3, 3]]), "ACGT", ["ACGT"]):
            with pytest.raises(InputError, match=r"shape \(\.\.\., L, 4\), received"):
                function(wrong)
    for x, n in ((one_hot("ACGT"), 2), (one_hot(["ACGT"]), 0)):
        with pytest.raises(InputError, match="n of at least 1"):
            dinucleotide_shuffle(x, n=n)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30))
def test_reverse_complement_pairs_bases_and_is_its_own_inverse(codes):
    x = one_hot([codes])
    turned = reverse_complement(x)
    pairs_of = dict(zip("ACGTN", "TGCAN", strict=True))
    assert decode(to_codes(turned[0])) == "".join(pairs_of[b] for b in reversed(decode(codes)))
    np.testing.assert_array_equal(reverse_complement(turned), x)


def test_numbers_drawn_for_an_array_depend_on_it_and_the_seed_alone():
    row = np.arange(6, dtype=np.float32).reshape(2, 3)
    first = generator_of(row, 1).random(3)
    np.testing.assert_array_equal(generator_of(np.asfortranarray(row), 1).random(3), first)
    assert not np.array_equal(generator_of(row, 2).random(3), first)
    assert not np.array_equal(generator_of(row + 1, 1).random(3), first)
