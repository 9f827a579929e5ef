import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chrominterpret.sequences import decode, one_hot
from chromkeras.data.codes import (
    UNKNOWN,
    encode,
    from_one_hot,
    one_hot_into,
    reverse_complement,
    shift,
)

dna = st.text("ACGTN")


def test_codes_of_every_letter() -> None:
    np.testing.assert_array_equal(encode("ACGTNacgtn"), [0, 1, 2, 3, 4] * 2)
    assert (encode("RYSWKMBDHVryswkmbdhv") == UNKNOWN).all()
    np.testing.assert_array_equal(encode(b"gatc"), [2, 0, 3, 1])
    assert encode("").shape == (0,)


@pytest.mark.parametrize(("text", "letter", "place"), [("ACXG", "X", 2), ("É", r"\?", 0)])
def test_a_letter_that_is_no_base_fails(text: str, letter: str, place: int) -> None:
    with pytest.raises(ValueError, match=f"received '{letter}' at position {place}"):
        encode(text)


@given(dna)
def test_letters_are_decoded_again(text: str) -> None:
    assert decode(encode(text)) == text
    assert decode(encode(text.lower())) == text


@given(dna)
def test_one_hot_holds_the_same_bases(text: str) -> None:
    codes = encode(text)[None]
    x = one_hot(codes)
    assert x.shape == (1, len(text), 4)
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x.sum(axis=-1), codes < UNKNOWN)
    np.testing.assert_array_equal(from_one_hot(x), codes)


@given(st.integers(0, 40), st.integers(0, 9))
def test_one_hot_into_an_array(rows: int, length: int) -> None:
    codes = np.random.default_rng(rows).integers(0, 5, (rows, length), np.uint8)
    out = np.full((rows, length, 4), 7, np.float32)
    one_hot_into(out, codes)
    np.testing.assert_array_equal(out, one_hot(codes))


@given(dna.filter(bool), st.lists(st.integers(-12, 12), max_size=5))
def test_shift_moves_and_leaves_n(text: str, offsets: list[int]) -> None:
    moved = shift(np.tile(encode(text), (len(offsets), 1)), np.array(offsets, np.int64))
    for codes, offset in zip(moved, offsets, strict=True):
        right, left = min(max(offset, 0), len(text)), min(max(-offset, 0), len(text))
        kept = text[left : len(text) - right]
        assert decode(codes) == "N" * right + kept + "N" * left


@given(dna)
def test_reverse_complement_is_its_own_inverse(text: str) -> None:
    codes = encode(text)
    np.testing.assert_array_equal(reverse_complement(reverse_complement(codes)), codes)


def test_reverse_complement_by_hand() -> None:
    assert decode(reverse_complement(encode("AACGTN"))) == "NACGTT"


@pytest.mark.parametrize("value", [0.5, 2, -1, np.nan])
def test_a_value_that_is_not_one_hot_fails_and_names_the_row(value: float) -> None:
    x = one_hot(encode("ACGTACGT").reshape(2, 4))
    x[1, 2] = (value, 1 - value, 0, 0)
    with pytest.raises(ValueError, match="first in row 1"):
        from_one_hot(x)


def test_two_bases_at_one_position_fail() -> None:
    with pytest.raises(ValueError, match="first in row 0"):
        from_one_hot(np.ones((1, 3, 4)))


def test_channels_first_gets_a_hint() -> None:
    with pytest.raises(ValueError, match=r"received \(2, 4, 9\).*transpose"):
        from_one_hot(np.zeros((2, 4, 9)))
    with pytest.raises(ValueError, match=r"received \(9, 4\)"):
        from_one_hot(np.zeros((9, 4)))
