import numpy as np
import pytest
from scipy.special import expit, softmax

from chromkeras.errors import InputError
from chromkeras.problems.binary import PROBLEM as BINARY
from chromkeras.problems.classes import PROBLEM

CLASSES = 4
DRAWS = {"classes": lambda rng, shape: rng.integers(0, CLASSES, shape).astype(np.int8)}
OUTPUTS = {"classes": lambda labels: 2.0 * (np.arange(CLASSES) == labels[..., None])}


def test_minus_one_and_nan_are_unknown_and_the_largest_label_says_how_many_classes():
    labels, known, notes = PROBLEM.read_labels(np.array([[4, -1], [np.nan, 0]]), "y")
    np.testing.assert_array_equal(labels, [[4, 0], [0, 0]])
    np.testing.assert_array_equal(known, [[True, False], [False, True]])
    assert labels.dtype == np.int8
    assert notes == ("labels: float64 read as 5 classes",)
    assert PROBLEM.class_names(labels, known) == ("0", "1", "2", "3", "4")
    many, _, _ = PROBLEM.read_labels(np.array([[0, 128]], np.uint16), "y")
    assert many.dtype == np.int16
    assert many.tolist() == [[0, 128]]


@pytest.mark.parametrize(
    ("raw", "classes", "message"),
    [
        (np.array([[0.3]]), (), r"received 0\.3 .*; probabilities of classes are not taken"),
        (np.array([[-2]]), (), "expected classes 0, 1, 2, .* received -2"),
        (np.array([[2]]), ("no", "yes"), r"expected classes 0 to 1 \(no, yes\) .* received 2"),
        (np.array([[0], [0]]), (), "expected at least two classes, received one"),
    ],
)
def test_what_is_no_class_is_refused(raw, classes, message):
    with pytest.raises(InputError, match=message):
        PROBLEM.read_labels(raw, "y", classes=classes)


def test_labels_of_a_data_set_must_be_among_its_classes():
    labels, known = np.array([[0, 3]]), np.array([[True, True]])
    with pytest.raises(InputError, match="expected 0 to 2 where known, received 3"):
        PROBLEM.check(labels, known, ("a", "b"), ("x", "y", "z"))
    PROBLEM.check(labels, np.array([[True, False]]), ("a", "b"), ("x", "y", "z"))
    with pytest.raises(InputError, match="at least two classes, received 1"):
        PROBLEM.units(("x",))


def test_two_classes_are_the_binary_problem():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2, (60, 2)).astype(np.float32)
    values[::7] = np.nan
    z = rng.normal(size=(60, 2))
    outputs = np.stack([np.zeros_like(z), z], axis=-1)
    np.testing.assert_allclose(PROBLEM.ranking(outputs), BINARY.ranking(z))
    np.testing.assert_allclose(PROBLEM.predictions(outputs)[..., 1], expit(z))
    np.testing.assert_allclose(PROBLEM.scores(values, outputs), BINARY.scores(values, z))
    ours, theirs = PROBLEM.figures(values, outputs), BINARY.figures(values, z)
    np.testing.assert_allclose(ours["accuracy"], theirs["accuracy"])
    np.testing.assert_allclose(ours["cross_entropy"], theirs["loss"])


def test_predictions_are_probabilities_and_ranking_their_log_odds():
    outputs = np.random.default_rng(0).normal(size=(5, 2, 3))
    p = PROBLEM.predictions(outputs)
    np.testing.assert_allclose(p, softmax(outputs, axis=-1))
    np.testing.assert_allclose(PROBLEM.ranking(outputs), np.log((1 - p[..., 0]) / p[..., 0]))


def test_the_only_class_is_named(make_dataset):
    with pytest.raises(InputError, match="task 'gut' has only class '2' among the 60 train"):
        PROBLEM.check_training(make_dataset("classes", labels=np.full((120, 3), 2, np.int8)))


def test_a_label_without_a_class_is_refused_before_training(make_dataset):
    labels = np.arange(360, dtype=np.int8).reshape(120, 3) % 3
    dataset = make_dataset("classes", labels=labels)
    PROBLEM.check_training(dataset)
    dataset.labels[5, 1] = 7
    with pytest.raises(InputError, match="expected 0 to 3 where known, received 7"):
        PROBLEM.check_training(dataset)
    dataset.known[5, 1] = False
    PROBLEM.check_training(dataset)
