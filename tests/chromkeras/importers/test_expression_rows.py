from typing import Any

import numpy as np
import pytest

from chromkeras.data.packed import PackedSequences
from chromkeras.importers.expression_rows import MIXED, Parts, Thresholds, expression_dataset
from chromkeras.importers.histone_tables import PairMarks
from chromkeras.importers.regulators import Regulators

NAN = np.nan
VALUES = np.array([[1, NAN, -2], [0, 0.5, 1], [NAN, NAN, NAN], [3, -1, 2]], np.float32)


def parts(**changes: Any) -> Parts:
    codes = np.repeat(np.arange(4, dtype=np.uint8)[:, None], 3, axis=1)
    given: dict[str, Any] = {
        "genes": ("a", "b", "c", "d"),
        "conditions": ("x", "y", "z"),
        "values": VALUES,
        "gene_split": np.array(["train", "train", "train", "valid"]),
        "condition_split": np.array(["train"] * 3),
        "dna": PackedSequences.from_codes(codes),
        "chrom": np.array(["I", "II", "II", "I"]),
    }
    return Parts(**(given | changes))


def test_a_row_is_a_known_pair() -> None:
    regulators = Regulators(("r", "s"), np.arange(6, dtype=np.float32).reshape(3, 2))
    dataset, dropped = expression_dataset(parts(regulators=regulators), "pooled", Thresholds())
    assert dataset.labels[:, 0].tolist() == [1, -2, 0, 0.5, 1, 3, -1, 2]
    assert dataset.factors["gene"].names == ("a", "b", "d")  # nothing is known of c
    assert dataset.factors["gene"].of.tolist() == [0, 0, 1, 1, 1, 2, 2, 2]
    assert dataset.factors["condition"].of.tolist() == [0, 2, 0, 1, 2, 0, 1, 2]
    assert dataset.factors["chrom"].names == ("I", "II")
    assert dataset.factors["chrom"].of.tolist() == [0, 0, 1, 1, 1, 0, 0, 0]
    assert (dataset.tasks, dataset.problem) == (("expression",), "regression")
    batch = dataset.batch(np.array([1, 7]))
    assert batch["regulators"].tolist() == [[4, 5], [4, 5]]
    assert dataset.inputs["regulators"].channels == ("r", "s")
    assert batch["dna"].argmax(-1).tolist() == [[0, 0, 0], [3, 3, 3]]
    assert len(dataset.inputs["dna"]) == 3
    assert sum(dropped.values()) == 0


def test_rows_that_mix_splits_are_counted() -> None:
    split = np.array(["train", "test", "train"])
    given = parts(condition_split=split, gene_split=np.array(["train", "", "train", "valid"]))
    dataset, dropped = expression_dataset(given, "pooled", Thresholds())
    assert dataset.split.tolist() == ["train", "train", "valid", "valid"]
    assert dropped == {"across a split boundary": 3, MIXED: 1}
    assert dataset.factors["gene"].names == ("a", "d")


def test_marks_belong_to_pairs() -> None:
    row = np.array([[0, -1, 1], [2, -1, 3], [4, -1, -1], [-1, -1, 5]])
    marks = PairMarks(np.arange(12, dtype=np.uint8).reshape(6, 2, 1), row, ("K4",))
    dataset, _ = expression_dataset(parts(marks=marks, dna=None), "pooled", Thresholds())
    assert list(dataset.inputs) == ["histone"]
    assert dataset.factors["condition"].names == ("x", "z")
    assert dataset.labels[:, 0].tolist() == [1, -2, 0, 1, 2]
    found = dataset.batch(np.arange(5))["histone"][..., 0]
    assert found.tolist() == [[0, 1], [2, 3], [4, 5], [6, 7], [10, 11]]
    table = dataset.inputs["histone"].arrays()["values"]
    assert (len(table), table.dtype) == (5, np.uint8)  # row 4 has no known expression


def test_a_task_each_where_no_input_depends_on_the_condition() -> None:
    given = parts(gene_split=np.array(["train", "", "test", "valid"]))
    dataset, dropped = expression_dataset(given, "conditions", Thresholds())
    assert dataset.tasks == ("x", "y", "z")
    assert dataset.split.tolist() == ["train", "test", "valid"]
    assert dataset.known.tolist() == [[True, False, True], [False] * 3, [True] * 3]
    assert dataset.labels[2].tolist() == [3, -1, 2]
    assert list(dataset.factors) == ["gene", "chrom"]
    assert dropped == {"across a split boundary": 1}


def test_a_task_each_where_an_input_does() -> None:
    given = parts(regulators=Regulators(("r", "s"), np.ones((3, 2), np.float32)))
    dataset, _ = expression_dataset(given, "conditions", Thresholds())
    assert dataset.tasks == ("x", "y", "z")
    assert dataset.known.sum(axis=1).tolist() == [1] * 8
    assert dataset.known[:2].tolist() == [[True, False, False], [False, False, True]]
    assert dataset.labels[:2].tolist() == [[1, 0, 0], [0, 0, -2]]


def test_tasks_cannot_be_held_out() -> None:
    given = parts(condition_split=np.array(["train", "train", "test"]))
    with pytest.raises(ValueError, match="each is a task of its own"):
        expression_dataset(given, "conditions", Thresholds())


@pytest.mark.parametrize(("up", "down", "classes", "labels"), [
    (1, -1, ("neither", "up", "down"), [1, 2, 0, 0, 1, 1, 2, 1]),
    (1, None, ("neither", "up"), [1, 0, 0, 0, 1, 1, 0, 1]),
    (None, -1, ("neither", "down"), [0, 1, 0, 0, 0, 0, 1, 0]),
])  # fmt: skip
def test_classes(
    up: float | None, down: float | None, classes: tuple[str, ...], labels: list[int]
) -> None:
    dataset, _ = expression_dataset(parts(), "pooled", Thresholds(up, down))
    assert (dataset.problem, dataset.classes) == ("classes", classes)
    assert dataset.labels[:, 0].tolist() == labels
    assert dataset.labels.dtype == np.int8


def test_thresholds_in_the_wrong_order_are_one_line() -> None:
    with pytest.raises(ValueError, match="expected `down` below `up`, received 1 and 1"):
        Thresholds(up=1, down=1)
