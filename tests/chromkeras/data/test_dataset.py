from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chromkeras.data.dataset import Dataset
from chromkeras.data.known import from_flagged, to_flagged
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable


def make(**changes: Any) -> Dataset:
    codes = np.arange(6 * 8, dtype=np.uint8).reshape(6, 8) % 4
    values: dict[str, Any] = {
        "inputs": {"dna": PackedSequences.from_codes(codes)},
        "labels": np.array([[1, 0], [0, 1], [1, 1], [0, 0], [1, 0], [0, 1]], np.int8),
        "known": np.arange(12).reshape(6, 2) != 5,
        "tasks": ("a", "b"),
        "split": np.array(["train", "train", "train", "valid", "test", "test"]),
    }
    return Dataset(**(values | changes))


def test_rows_of_each_split() -> None:
    dataset = make()
    np.testing.assert_array_equal(dataset.rows("train"), [0, 1, 2])
    np.testing.assert_array_equal(dataset.rows("test"), [4, 5])
    np.testing.assert_array_equal(dataset.rows("all"), range(6))
    with pytest.raises(ValueError, match="unknown split 'tests'; did you mean test"):
        dataset.rows("tests")


def test_positive_fraction_counts_known_labels_only() -> None:
    np.testing.assert_allclose(make().positive_fraction("train"), [2 / 3, 1 / 2])


@pytest.mark.parametrize(("column", "expected"), [
    ([0, 0, 0], 0.0), ([1, -1, 1], 1.0), ([-1, -1, -1], np.nan),
])  # fmt: skip
def test_positive_fraction_of_one_class_or_none(column: list[int], expected: float) -> None:
    labels = make().labels.copy()
    labels[:3, 1] = column
    labels, known = from_flagged(labels)
    found = make(labels=labels, known=known).positive_fraction()
    np.testing.assert_array_equal(found[1], expected)


def test_all_labels_are_known_where_nothing_is_said() -> None:
    assert make(known=None).known.all()
    assert make(known=None).known.shape == (6, 2)


def test_minus_one_is_a_value_of_a_regression() -> None:
    labels = np.array([[-1.0, 2.5]] * 6, np.float32)
    dataset = make(labels=labels, known=None, problem="regression")
    assert dataset.known.all()
    np.testing.assert_array_equal(dataset.values(np.arange(6)), labels)


@given(hnp.arrays(np.float32, (6, 2), elements=st.floats(-9, 9, width=32)),
       hnp.arrays(bool, (6, 2)), st.sampled_from([np.nan, np.inf, -1.0, 3.0]))  # fmt: skip
def test_what_stands_at_an_unknown_label_does_not_matter(
    labels: np.ndarray, known: np.ndarray, anything: float
) -> None:
    options = {"known": known, "problem": "regression"}
    plain = make(labels=labels, **options)
    other = make(labels=np.where(known, labels, np.float32(anything)), **options)
    np.testing.assert_array_equal(other.labels, np.where(known, labels, 0))
    assert other.labels.dtype == np.float32
    rows = np.array([4, 0, 4])
    np.testing.assert_array_equal(other.values(rows), np.where(known, labels, np.nan)[rows])
    assert other.fingerprint == plain.fingerprint


@given(hnp.arrays(np.int8, (6, 2), elements=st.integers(-1, 1)))
def test_flags_and_masks_say_the_same(flagged: np.ndarray) -> None:
    labels, known = from_flagged(flagged)
    np.testing.assert_array_equal(known, flagged != -1)
    np.testing.assert_array_equal(to_flagged(labels, known), flagged)
    real, same = from_flagged(np.where(known, flagged, np.nan))
    np.testing.assert_array_equal(real, labels)
    np.testing.assert_array_equal(same, known)


def test_classes_stay_with_their_labels() -> None:
    labels = np.array([[0, 2], [1, 1], [2, 0], [0, 0], [1, 2], [2, 1]])
    dataset = make(labels=labels, problem="classes", classes=("low", "mid", "high"))
    np.testing.assert_array_equal(dataset.values(np.arange(3)), [[0, 2], [1, 1], [2, np.nan]])
    assert dataset.select_tasks(["b"]).classes == ("low", "mid", "high")
    prints = {dataset.fingerprint, replace(dataset, classes=("a", "b", "c")).fingerprint}
    assert len(prints | {replace(dataset, problem="regression").fingerprint}) == 3


@pytest.mark.parametrize(("changes", "message"), [
    ({"labels": np.full((6, 2), -1)}, "expected labels 0 and 1 for problem 'binary', received -1"),
    ({"labels": np.full((6, 2), 0.5)}, "problem 'binary', received 0.5"),
    ({"labels": np.full((6, 2), np.nan)}, "expected finite labels and a mask `known`"),
    ({"labels": np.full((6, 2), "1")}, "expected numbers as labels"),
    ({"known": np.ones((6, 1), bool)}, r"known of shape \(6, 2\), bool, received \(6, 1\), bool"),
    ({"known": np.ones((6, 2))}, r"known of shape \(6, 2\), bool, received \(6, 2\), float64"),
])  # fmt: skip
def test_labels_that_are_not_legal_fail(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(**changes)


def test_an_index_lets_rows_share_sequences() -> None:
    index = np.array([5, 5, 0, 1, 2, 2])
    dataset = make(index={"dna": index})
    np.testing.assert_array_equal(dataset.codes(np.array([0, 1])), make().codes(np.array([5, 5])))
    assert dataset.one_hot(np.array([3])).shape == (1, 8, 4)


def two_inputs(**changes: Any) -> Dataset:
    """A data set whose rows share rows of a second input."""
    inputs = make().inputs | {"cell": DenseTable(np.arange(6).reshape(2, 3))}
    index = {"cell": np.array([0, 1, 0, 1, 1, 0])}
    return make(**({"inputs": inputs, "index": index} | changes))


def test_a_batch_holds_every_input_by_name() -> None:
    dataset, rows = two_inputs(), np.array([4, 2, 2])
    batch = dataset.batch(rows)
    assert {name: x.dtype for name, x in batch.items()} == {"dna": np.float32, "cell": np.float32}
    np.testing.assert_array_equal(batch["dna"], dataset.one_hot(rows))
    np.testing.assert_array_equal(batch["cell"], [[3, 4, 5], [0, 1, 2], [0, 1, 2]])
    assert dataset.shapes == {"dna": (8, 4), "cell": (3,)}
    assert list(dataset.batch(rows, ["cell"])) == ["cell"]
    with pytest.raises(ValueError, match="unknown input 'cells'; did you mean cell"):
        dataset.batch(rows, ["cells"])


def test_the_other_strand_turns_what_runs_along_the_dna() -> None:
    signal = DenseTable(np.arange(48).reshape(6, 8), along_dna=True)
    dataset = two_inputs(inputs=two_inputs().inputs | {"signal": signal})
    batch = dataset.batch(np.array([0, 5]))
    turned = dataset.reverse_complement(batch)
    np.testing.assert_array_equal(turned["dna"], batch["dna"][:, ::-1, ::-1])
    np.testing.assert_array_equal(turned["signal"], batch["signal"][:, ::-1])
    np.testing.assert_array_equal(turned["cell"], batch["cell"])


def test_rows_with_a_known_label() -> None:
    known = np.array([[1, 1], [0, 0], [0, 1], [1, 0], [0, 0], [1, 1]], bool)
    dataset = make(known=known)
    np.testing.assert_array_equal(dataset.labelled(np.array([5, 4, 1, 2])), [5, 2])


def test_rows_are_counted_as_often_as_they_are_named() -> None:
    known, positive = make().counts(np.array([2, 0, 0]))
    np.testing.assert_array_equal([known, positive], [[3, 2], [3, 0]])


def test_elements_are_all_rows_without_kind() -> None:
    assert make().elements.all()
    kind = np.array(["element"] * 2 + ["background"] * 4)
    np.testing.assert_array_equal(make(kind=kind).elements, [True] * 2 + [False] * 4)


def test_select_tasks_keeps_the_order_asked_for() -> None:
    chosen = make().select_tasks(["b", "a"])
    assert chosen.tasks == ("b", "a")
    np.testing.assert_array_equal(chosen.labels, make().labels[:, ::-1])
    np.testing.assert_array_equal(chosen.known, make().known[:, ::-1])
    with pytest.raises(ValueError, match="unknown task 'c'"):
        make().select_tasks(["c"])


@pytest.mark.parametrize(("changes", "message"), [
    ({"tasks": ("a", "a")}, "duplicate task name 'a'"),
    ({"tasks": ("a",)}, r"expected labels of shape \(rows, 1 tasks\), received \(6, 2\)"),
    ({"split": np.array(["train"] * 5)}, "expected 6 rows in split, received 5"),
    ({"split": np.array(["train"] * 5 + ["val"])}, "unknown split 'val'; did you mean valid"),
    ({"chrom": np.array(["chr1"])}, "expected 6 rows in chrom, received 1"),
    ({"index": {"dna": np.arange(3)}}, "expected 6 rows in index of dna, received 3"),
    ({"inputs": {"dna": PackedSequences.from_codes(np.zeros((2, 8), np.uint8))}},
     "expected 6 rows in input dna, received 2"),
    ({"inputs": {"marks": np.zeros((6, 3))}},
     "expected input marks as a PackedSequences or DenseTable, received ndarray"),
    ({"inputs": {"a/b": DenseTable(np.zeros((6, 3)))}}, "without / for an input, received 'a/b'"),
    ({"index": {"dna": np.arange(6) - 1}}, "from 0 to 5 in index of dna, received -1 to 4, int64"),
    ({"index": {"dna": np.arange(6) + 1}}, "from 0 to 5 in index of dna, received 1 to 6"),
    ({"index": {"dna": np.arange(6.0)}},
     r"index of dna of shape \(rows,\), integers, received \(6,\), float64"),
    ({"index": {"rna": np.arange(6)}}, "unknown input of an index 'rna'; did you mean dna"),
    ({"inputs": {"dna": PackedSequences.from_codes(np.zeros((6, 8), np.uint8)),
                 "signal": DenseTable(np.zeros((6, 7)), along_dna=True)}},
     "expected one length of all inputs that run along the DNA: dna has 8, signal has 7"),
])  # fmt: skip
def test_columns_that_do_not_fit_fail(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(**changes)


def test_dna_must_be_there() -> None:
    with pytest.raises(ValueError, match="expected an input named 'dna', received marks"):
        _ = make(inputs={"marks": DenseTable(np.zeros((6, 3)))}).dna


def test_the_fingerprint_changes_with_content_and_not_with_places() -> None:
    dataset = make()
    prints = {dataset.fingerprint}
    assert make().fingerprint in prints
    assert make(start=np.arange(6)).fingerprint in prints
    codes = dataset.codes(np.arange(6))
    codes[3, 3] = 4
    for changed in (
        make(inputs={"dna": PackedSequences.from_codes(codes)}),
        make(labels=1 - dataset.labels),
        make(known=None),
        make(tasks=("a", "c")),
        replace(dataset, split=dataset.split[::-1]),
        make(index={"dna": np.arange(6)[::-1]}),
        two_inputs(),
        two_inputs(index={"cell": np.zeros(6, np.int64)}),
        two_inputs(inputs=make().inputs | {"cell": DenseTable(np.ones((2, 3), np.int64))}),
        two_inputs(inputs=make().inputs | {"cell": DenseTable(np.ones((2, 8), np.int64))}),
        two_inputs(inputs=make().inputs | {"cell": DenseTable(np.ones((2, 8), np.int64), True)}),
    ):
        assert changed.fingerprint not in prints
        prints.add(changed.fingerprint)


def test_fingerprints_are_those_of_the_version_that_flagged_unknown_labels() -> None:
    """Worked out by the code of before there was a mask, for trained models to know their data."""
    assert make().fingerprint == "cd272f9834eb19bd"
    assert make().select_tasks(["b"]).fingerprint == "1d3bc8254150a680"


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\tb", "\x00"])
def test_task_names_can_be_read(name: str) -> None:
    with pytest.raises(ValueError, match=r"task name .* of column 1 is blank"):
        make(tasks=("a", name))


def test_rho_of_no_rows_is_not_a_number() -> None:
    empty = make(split=np.full(6, "test"))
    assert np.isnan(empty.positive_fraction("train")).all()
