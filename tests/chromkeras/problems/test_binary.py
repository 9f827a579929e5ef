import numpy as np
import pytest
from scipy.special import expit

from chromkeras.errors import InputError
from chromkeras.problems.binary import PROBLEM

DRAWS = {"binary": lambda rng, shape: rng.integers(0, 2, shape).astype(np.int8)}
OUTPUTS = {"binary": lambda labels: 2 * labels - 1}


def test_minus_one_and_nan_are_unknown():
    labels, known, notes = PROBLEM.read_labels(np.array([[1, -1], [np.nan, 0]]), "y")
    np.testing.assert_array_equal(labels, [[1, 0], [0, 0]])
    np.testing.assert_array_equal(known, [[True, False], [False, True]])
    assert labels.dtype == np.int8
    assert notes == ("labels: float64 read as 1, 0 and unknown",)
    assert PROBLEM.read_labels(np.array([[1, -1]], np.int8), "y")[2] == ()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (np.array([[0.3]]), r"received 0\.3 .*; cut fractions at a threshold of your own, or take"),
        (np.array([[65535]], np.uint16), "in uint16 a -1 looks so, save the labels as int8"),
        (np.array([[0, 7]]), "received 7 in row 0, column 1; other values are for problem"),
    ],
)
def test_what_is_not_binary_is_refused_with_what_to_do(raw, message):
    with pytest.raises(InputError, match=message):
        PROBLEM.read_labels(raw, "y")


def test_specific_rows_by_hand(make_dataset):
    flagged = np.array([[1, 0, 0], [1, 1, 0], [1, 0, -1], [0, 0, 0], [-1, -1, -1], [0, 0, 0]])
    dataset = make_dataset(
        "binary",
        labels=np.maximum(flagged, 0).astype(np.int8),
        known=flagged >= 0,
        kind=np.array(["element"] * 5 + ["background"]),
        split=np.full(6, "test"),
    )
    found = PROBLEM.strata(dataset, np.arange(6))["specific"]
    np.testing.assert_array_equal(found, [True, False, False, True, False, False])


def test_predictions_are_probabilities():
    outputs = np.array([[-800.0, 0.0, 1.5]], np.float32)
    np.testing.assert_allclose(PROBLEM.predictions(outputs), expit(outputs.astype(float)))


def test_messages_name_the_class(make_dataset):
    labels = np.zeros((120, 3), np.int8)
    with pytest.raises(InputError, match="task 'gut' has only negatives among the 60 train rows"):
        PROBLEM.check_training(make_dataset("binary", labels=labels))
    with pytest.raises(InputError, match="task 'gut' has only positives"):
        PROBLEM.check_training(make_dataset("binary", labels=labels + np.int8(1)))
    dataset = make_dataset("binary", labels=labels)
    with pytest.raises(InputError, match="no task has both open and closed rows among the 30"):
        PROBLEM.check_validation(dataset, dataset.rows("valid"))
