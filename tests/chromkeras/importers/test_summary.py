import numpy as np
import pytest

from chromkeras.data.dataset import Dataset
from chromkeras.data.known import from_flagged
from chromkeras.data.packed import PackedSequences
from chromkeras.importers.assemble import Prepared
from chromkeras.importers.summary import summary
from chromkeras.tables import align


def test_counts_by_hand() -> None:
    labels, known = from_flagged(np.array([[1, -1], [0, 1], [1, 1], [-1, 0]], np.int8))
    dataset = Dataset(
        inputs={"dna": PackedSequences.from_codes(np.zeros((4, 8), np.uint8))},
        labels=labels,
        known=known,
        tasks=("gut", "skin"),
        split=np.array(["train", "train", "valid", "test"]),
        kind=np.array(["element", "element", "element", "background"]),
    )
    lines = summary(Prepared(dataset, {"too short": 3, "none of these": 0}, ("note",))).split("\n")
    assert lines[0] == f"4 rows of 8 bp, 2 tasks, fingerprint {dataset.fingerprint}"
    assert lines[1:3] == ["note", "dropped: 3 too short"]
    cells = {line.split()[0]: line.split()[1:] for line in lines[5:]}
    assert cells["rows"] == ["2", "1", "1", "4"]
    assert cells["background"] == ["0", "0", "1", "1"]
    assert " ".join(lines[-2].split()) == "gut 1 (50.0 %) 1 (100.0 %) none known 2 (66.7 %)"
    assert " ".join(lines[-1].split()) == "skin 1 (100.0 %) 1 (100.0 %) 0 (0.0 %) 2 (66.7 %)"


@pytest.mark.parametrize(("problem", "classes", "expected"), [
    ("regression", (), ["known labels of", "gut 2 (mean 1) 1 (mean 3) none known 3 (mean 1.67)"]),
    ("classes", ("low", "mid", "high", "top"),
     ["known labels of", "gut 2 (50.0 % low) 1 (100.0 % top) none known 3 (33.3 % low)"]),
])  # fmt: skip
def test_labels_are_described_as_their_problem_does(
    problem: str, classes: tuple[str, ...], expected: list[str]
) -> None:
    dataset = Dataset(
        inputs={"dna": PackedSequences.from_codes(np.zeros((4, 8), np.uint8))},
        labels=np.array([[0], [2], [3], [0]]),
        known=np.array([[True], [True], [True], [False]]),
        problem=problem,
        classes=classes,
        tasks=("gut",),
        split=np.array(["train", "train", "valid", "test"]),
    )
    lines = summary(Prepared(dataset)).splitlines()
    assert [" ".join(line.split()) for line in lines[-2:]] == expected


def test_nothing_dropped_is_said() -> None:
    dataset = Dataset(
        inputs={"dna": PackedSequences.from_codes(np.zeros((1, 8), np.uint8))},
        labels=np.ones((1, 1), np.int8),
        tasks=("gut",),
        split=np.array(["train"]),
    )
    assert "\ndropped: none\n" in summary(Prepared(dataset))


def test_columns_are_aligned() -> None:
    assert align([("", "ab"), ("name", "1")]) == "      ab\nname   1"
