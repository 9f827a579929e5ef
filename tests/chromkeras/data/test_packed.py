import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chrominterpret.sequences import one_hot
from chromkeras.data.packed import PackedSequences

shapes = st.tuples(st.integers(0, 9), st.integers(1, 21))
codes_arrays = hnp.arrays(np.uint8, shapes, elements=st.integers(0, 4))


@given(codes_arrays)
def test_codes_round_trip(codes: np.ndarray) -> None:
    packed = PackedSequences.from_codes(codes)
    assert (len(packed), packed.shape) == (len(codes), (codes.shape[1], 4))
    np.testing.assert_array_equal(packed.codes(slice(None)), codes)
    np.testing.assert_array_equal(packed.take(slice(None)), one_hot(codes))


@given(codes_arrays, st.data())
def test_rows_are_chosen_as_numpy_does(codes: np.ndarray, data: st.DataObject) -> None:
    packed, n = PackedSequences.from_codes(codes), len(codes)
    some = st.lists(st.integers(-n, n - 1), max_size=12) if n else st.just([])
    rows = np.array(data.draw(some), np.int64)
    mask = data.draw(hnp.arrays(bool, n))
    for chosen in (rows, mask, slice(1, None, 2)):
        np.testing.assert_array_equal(packed.codes(chosen), codes[chosen])
        np.testing.assert_array_equal(packed.take(chosen), one_hot(codes[chosen]))


@given(codes_arrays, st.data())
def test_selected_rows_are_those_of_a_table_packed_anew(
    codes: np.ndarray, data: st.DataObject
) -> None:
    count = len(codes)
    some = st.lists(st.integers(0, count - 1), max_size=12) if count else st.just([])
    rows = np.array(data.draw(some), np.int64)
    chosen = PackedSequences.from_codes(codes).select(rows)
    anew = PackedSequences.from_codes(codes[rows])
    for name, array in anew.arrays().items():
        np.testing.assert_array_equal(chosen.arrays()[name], array)
        assert chosen.arrays()[name].dtype == array.dtype


@pytest.mark.parametrize(("packed", "bits"), [
    (np.zeros((2, 3), np.uint8), np.zeros((0, 1), np.uint8)),
    (np.zeros((2, 2), np.int8), np.zeros((0, 1), np.uint8)),
    (np.zeros((2, 2), np.uint8), np.zeros((1, 1), np.uint8)),
])  # fmt: skip
def test_arrays_that_do_not_fit_fail(packed: np.ndarray, bits: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"expected (packed|unknown_bits) of shape .* 8 bases"):
        PackedSequences(packed, 8, np.zeros(0, np.int64), bits)


def test_four_bases_take_one_byte() -> None:
    packed = PackedSequences.from_codes(np.array([[0, 1, 2, 3, 3]], np.uint8))
    np.testing.assert_array_equal(packed.packed, [[0b00011011, 0b11000000]])
    assert len(packed.unknown_rows) == 0


@pytest.mark.parametrize("codes", [
    np.array([[0, 5]], np.uint8), np.array([0, 1], np.uint8), np.array([[0, 1]], np.int64),
])  # fmt: skip
def test_other_arrays_fail(codes: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected base codes of shape"):
        PackedSequences.from_codes(codes)


def test_a_row_that_is_not_there_fails() -> None:
    packed = PackedSequences.from_codes(np.zeros((2, 8), np.uint8))
    with pytest.raises(IndexError):
        packed.codes(np.array([2]))
