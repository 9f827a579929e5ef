import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chromkeras.data.batches import Batches, shift_sequences
from chromkeras.data.codes import from_one_hot, reverse_complement


def rows_of(dataset, x):
    """The data set row of each plain sequence."""
    known = {dataset.codes(np.array([i])).tobytes(): i for i in range(len(dataset))}
    return [known[codes.tobytes()] for codes in from_one_hot(x)]


def test_every_row_once_an_epoch_in_an_order_of_its_own(tiny_dataset):
    dataset = tiny_dataset()
    batches = Batches(
        dataset, dataset.rows("train"), batch_size=10, seed=3, reverse_complement=False
    )
    orders = []
    for _ in range(2):
        orders.append([r for i in range(len(batches)) for r in rows_of(dataset, batches[i][0])])
        batches.on_epoch_end()
    assert sorted(orders[0]) == sorted(orders[1]) == dataset.rows("train").tolist()
    assert orders[0] != orders[1]
    np.testing.assert_array_equal(batches[0][1], dataset.labels[batches.order[:10]])


def test_an_epoch_can_be_entered_anywhere(tiny_dataset):
    dataset = tiny_dataset()
    options = {"batch_size": 10, "seed": 3, "shift": 4}
    first = Batches(dataset, dataset.rows("train"), **options)
    first.on_epoch_end()
    again = Batches(dataset, dataset.rows("train"), epoch=1, **options)
    for i in (3, 0):
        np.testing.assert_array_equal(first[i][0], again[i][0])


def test_reverse_complement_shows_both_strands(tiny_dataset):
    dataset = tiny_dataset()
    batches = Batches(dataset, dataset.rows("train"), batch_size=48, seed=0)
    forward = dataset.codes(batches.order[:48])
    seen = from_one_hot(batches[0][0])
    flipped = (seen == reverse_complement(forward)).all(axis=1)
    plain = (seen == forward).all(axis=1)
    assert (flipped ^ plain).all()
    assert 10 < flipped.sum() < 38


@given(st.integers(-5, 5), st.integers(0, 2**32 - 1))
def test_shift_moves_and_leaves_a_gap(offset, seed):
    x = np.eye(4, dtype=np.float32)[np.random.default_rng(seed).integers(0, 4, (2, 12))]
    moved = shift_sequences(x, np.array([offset, 0]))
    np.testing.assert_array_equal(moved[1], x[1])
    for place in range(12):
        source = place - offset
        expected = x[0, source] if 0 <= source < 12 else np.zeros(4)
        np.testing.assert_array_equal(moved[0, place], expected)


def test_labels_keep_unknown(tiny_dataset):
    dataset = tiny_dataset()
    labels = Batches(dataset, dataset.rows("train"), batch_size=48, seed=0)[0][1]
    assert set(np.unique(labels)) == {-1.0, 0.0, 1.0}
    assert labels.dtype == np.float32


def test_length(tiny_dataset):
    dataset = tiny_dataset()
    assert len(Batches(dataset, np.arange(41), batch_size=10, seed=0)) == 5


@pytest.mark.parametrize("shift", [-1, 300])
def test_a_shift_leaves_some_sequence(shift, tiny_dataset):
    dataset = tiny_dataset()
    with pytest.raises(ValueError, match=f"data.shift: expected 0 to 299.*received {shift}"):
        Batches(dataset, dataset.rows("train"), batch_size=8, seed=0, shift=shift)
