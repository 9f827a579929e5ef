from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import Augmentation, DenseTable, check_finite, feed

along = hnp.arrays(
    np.float32, st.tuples(st.integers(1, 9), st.integers(2, 12), st.integers(1, 3)),
    elements=st.floats(-9, 9, width=32),
)  # fmt: skip


def slow(x: np.ndarray, flipped: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Row by row, position by position."""
    out = np.zeros_like(x)
    for row, flip, offset, to in zip(x, flipped, offsets, out, strict=True):
        read = row[::-1] if flip else row
        for place in range(len(row)):
            if 0 <= place - offset < len(row):
                to[place] = read[place - offset]
    return out


@given(along, st.data())
def test_what_runs_along_the_dna_is_augmented_as_row_by_row(
    values: np.ndarray, data: st.DataObject
) -> None:
    count, length = values.shape[:2]
    rows = np.array(data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=6)))
    flipped = data.draw(hnp.arrays(bool, len(rows)))
    most = st.integers(1 - length, length - 1)
    offsets = data.draw(hnp.arrays(np.int32, len(rows), elements=most))
    table, kept = DenseTable(values, along_dna=True), values.copy()
    found = table.take(rows, Augmentation(flipped, offsets))
    np.testing.assert_array_equal(found, slow(values[rows], flipped, offsets))
    np.testing.assert_array_equal(table.take(rows), values[rows])
    np.testing.assert_array_equal(values, kept)


@given(st.data())
def test_a_signal_of_one_hot_moves_as_the_dna_does(data: st.DataObject) -> None:
    """A track that is 1 at every C or G looks the same from both strands."""
    codes = data.draw(hnp.arrays(np.uint8, (5, 9), elements=st.integers(0, 4)))
    dna = PackedSequences.from_codes(codes)
    signal = DenseTable(dna.take(np.arange(5))[..., 1:3].sum(axis=-1), along_dna=True)
    augmentation = Augmentation(
        data.draw(hnp.arrays(bool, 5)),
        data.draw(hnp.arrays(np.int32, 5, elements=st.integers(-8, 8))),
    )
    rows = np.arange(5)
    x = dna.take(rows, augmentation)
    np.testing.assert_array_equal(signal.take(rows, augmentation), x[..., 1:3].sum(axis=-1))
    np.testing.assert_array_equal(
        signal.reverse_complement(signal.take(rows, augmentation)),
        dna.reverse_complement(x)[..., 1:3].sum(axis=-1),
    )


def test_other_numbers_are_not_augmented() -> None:
    table = DenseTable(np.arange(6).reshape(2, 3))
    augmentation = Augmentation(np.array([True]), np.array([1]))
    np.testing.assert_array_equal(table.take(np.array([1]), augmentation), [[3, 4, 5]])
    assert table.reverse_complement(table.values) is table.values


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, np.float64])
def test_every_number_type_is_read_as_float32(dtype: type) -> None:
    table = DenseTable(np.array([[0, 1], [1, 0]], dtype))
    found = table.take(np.array([1, 0]))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [[1, 0], [0, 1]])


def test_the_array_to_write_to_is_asked_for() -> None:
    given_out = []

    def empty(shape: tuple[int, ...]) -> np.ndarray:
        given_out.append(np.full(shape, 7, np.float32))
        return given_out[-1]

    dense = DenseTable(np.arange(4.0)[:, None])
    dna = PackedSequences.from_codes(np.zeros((4, 6), np.uint8))
    for table in (dense, dna):
        for augmentation in (None, Augmentation(np.ones(3, bool), np.ones(3, np.int32))):
            found = table.take(np.array([3, 1, 1]), augmentation, empty)
            assert found is given_out[-1]
            np.testing.assert_array_equal(found, table.take(np.array([3, 1, 1]), augmentation))


def test_a_selection_is_a_table_of_those_rows() -> None:
    table = DenseTable(np.arange(8).reshape(4, 2), along_dna=True).select(np.array([2, 2, 0]))
    np.testing.assert_array_equal(table.values, [[4, 5], [4, 5], [0, 1]])
    assert table.along_dna


@pytest.mark.parametrize(("values", "options", "message"), [
    (np.array([["a"]]), {}, "expected numbers of shape"),
    (np.float32(1), {}, r"received shape \(\), float32"),
    (np.zeros(3), {"along_dna": True}, r"shape \(rows, length, ...\), received \(3,\)"),
    (np.array([[0, 1], [0, np.nan]]), {}, "received NaN or infinity in row 1"),
    (np.array([[0, np.inf]]), {}, "received NaN or infinity in row 0"),
])  # fmt: skip
def test_other_values_fail(values: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DenseTable(np.asarray(values), **options)


def test_a_row_far_down_is_found() -> None:
    values = np.zeros((3_000_000, 2))
    values[2_900_000, 1] = np.nan
    with pytest.raises(ValueError, match="in row 2900000"):
        check_finite(values)


def test_a_model_of_one_input_is_fed_an_array() -> None:
    inputs = {"dna": np.zeros((2, 8, 4)), "cell": np.ones((2, 3))}
    assert feed(("cell",), inputs) is inputs["cell"]
    assert feed(("cell", "dna"), inputs) == {"cell": inputs["cell"], "dna": inputs["dna"]}
