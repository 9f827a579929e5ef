from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from chromkeras.data.dataset import Dataset
from chromkeras.data.packed import PackedSequences


def make(**changes: Any) -> Dataset:
    codes = np.arange(6 * 8, dtype=np.uint8).reshape(6, 8) % 4
    values: dict[str, Any] = {
        "inputs": {"dna": PackedSequences.from_codes(codes)},
        "labels": np.array([[1, 0], [0, 1], [1, -1], [0, 0], [1, 0], [0, 1]], np.int8),
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


@pytest.mark.parametrize(("column", "what"), [
    ([0, 0, 0], "only negatives"), ([1, -1, 1], "only positives"), ([-1, -1, -1], "no known label"),
])  # fmt: skip
def test_a_task_with_one_class_fails(column: list[int], what: str) -> None:
    labels = make().labels.copy()
    labels[:3, 1] = column
    with pytest.raises(ValueError, match=f"task 'b' has {what} among the 3 train rows"):
        make(labels=labels).positive_fraction()


def test_real_labels_are_unknown_where_nan() -> None:
    dataset = make(labels=np.array([[0.5, np.nan]] * 6, np.float32))
    np.testing.assert_array_equal(dataset.known, [[True, False]] * 6)


def test_an_index_lets_rows_share_sequences() -> None:
    index = np.array([5, 5, 0, 1, 2, 2])
    dataset = make(index={"dna": index})
    np.testing.assert_array_equal(dataset.codes(np.array([0, 1])), make().codes(np.array([5, 5])))
    assert dataset.one_hot(np.array([3])).shape == (1, 8, 4)


def test_elements_are_all_rows_without_kind() -> None:
    assert make().elements.all()
    kind = np.array(["element"] * 2 + ["background"] * 4)
    np.testing.assert_array_equal(make(kind=kind).elements, [True] * 2 + [False] * 4)


def test_select_tasks_keeps_the_order_asked_for() -> None:
    chosen = make().select_tasks(["b", "a"])
    assert chosen.tasks == ("b", "a")
    np.testing.assert_array_equal(chosen.labels, make().labels[:, ::-1])
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
])  # fmt: skip
def test_columns_that_do_not_fit_fail(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(**changes)


def test_dna_must_be_there() -> None:
    with pytest.raises(ValueError, match="expected an input named 'dna', received marks"):
        _ = make(inputs={"marks": np.zeros((6, 3))}).dna


def test_the_fingerprint_changes_with_content_and_not_with_places() -> None:
    dataset = make()
    prints = {dataset.fingerprint}
    assert make().fingerprint in prints
    assert make(start=np.arange(6)).fingerprint in prints
    codes = dataset.codes(np.arange(6))
    codes[3, 3] = 4
    for changed in (
        make(inputs={"dna": PackedSequences.from_codes(codes)}),
        make(labels=1 - np.abs(dataset.labels)),
        make(tasks=("a", "c")),
        replace(dataset, split=dataset.split[::-1]),
        make(index={"dna": np.arange(6)[::-1]}),
    ):
        assert changed.fingerprint not in prints
        prints.add(changed.fingerprint)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\tb", "\x00"])
def test_task_names_can_be_read(name: str) -> None:
    with pytest.raises(ValueError, match=r"task name .* of column 1 is blank"):
        make(tasks=("a", name))


def test_rho_of_no_rows_names_the_split() -> None:
    empty = make(split=np.full(6, "test"))
    with pytest.raises(ValueError, match="the train split has no rows"):
        empty.positive_fraction("train")
