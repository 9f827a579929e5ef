import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss, roc_auc_score

from chromkeras.statistics.classification import (
    accuracy,
    class_counts,
    cross_entropy_of_classes,
    macro_auroc,
)

CLASSES = 4


def draw(rows=90, tasks=3, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, CLASSES, (rows, tasks)).astype(np.float32)
    logits = 2 * (np.arange(CLASSES) == y[..., None]) + rng.normal(size=(rows, tasks, CLASSES))
    y[rng.random(y.shape) < 0.3] = np.nan
    return y, logits.astype(np.float32)


def oracle(figure, y, logits):
    known = ~np.isnan(y)
    label, p = y[known].astype(int), softmax(logits[known].astype(float), axis=-1)
    every = np.arange(CLASSES)
    if figure is accuracy:
        return accuracy_score(label, p.argmax(axis=1))
    if figure is macro_auroc:
        return roc_auc_score(label, p, multi_class="ovr", average="macro", labels=every)
    return log_loss(label, p, labels=every)


FIGURES = [accuracy, macro_auroc, cross_entropy_of_classes]


@pytest.mark.parametrize("figure", FIGURES)
def test_equals_scikit_learn(figure):
    y, logits = draw()
    expected = [oracle(figure, y[:, t], logits[:, t]) for t in range(3)]
    np.testing.assert_allclose(figure(y, logits), expected, rtol=1e-9)


@pytest.mark.parametrize("figure", FIGURES)
def test_rows_without_a_known_label_count_nothing(figure):
    y, logits = draw()
    other = np.where(np.isnan(y)[..., None], 1e30, logits)
    np.testing.assert_array_equal(figure(y, logits), figure(y, other))
    y[:, 1] = np.nan
    assert np.isnan(figure(y, logits)).tolist() == [False, True, False]


def test_classes_that_do_not_occur_are_left_out_of_the_mean():
    y, logits = draw()
    y[y == 3] = np.nan
    known = ~np.isnan(y[:, 0])
    p = softmax(logits[known, 0].astype(float), axis=-1)
    areas = [roc_auc_score(y[known, 0] == c, p[:, c]) for c in range(3)]
    assert macro_auroc(y, logits)[0] == pytest.approx(np.mean(areas))
    y[:, 0] = 2
    assert np.isnan(macro_auroc(y, logits)).tolist() == [True, False, False]


def test_probabilities_near_1_are_still_ranked():
    """In float64 both are 1; the logarithms of what is left of 1 differ, and so do these ranks."""
    y = np.array([[0], [1], [0], [1]], np.float32)
    logits = np.zeros((4, 1, 2))
    logits[:, 0, 0] = (500, -500, 400, -400)
    assert macro_auroc(y, logits)[0] == 1


def test_confusion_counts_equal_scikit_learn():
    y, logits = draw()
    for t, counts in enumerate(class_counts(y, logits)):
        known = ~np.isnan(y[:, t])
        expected = confusion_matrix(y[known, t], logits[known, t].argmax(axis=1))
        np.testing.assert_array_equal(counts, expected)


@pytest.mark.parametrize(
    ("label", "shape", "message"),
    [
        (4.0, (1, 1, 4), "expected labels 0 to 3, received 4"),
        (-1.0, (1, 1, 4), "received -1"),
        (0.5, (1, 1, 4), "received 0.5"),
        (0.0, (1, 2, 4), r"received \(1, 1\) and \(1, 2, 4\)"),
        (0.0, (1, 1), r"received \(1, 1\) and \(1, 1\)"),
    ],
)
def test_what_is_no_class_is_refused(label, shape, message):
    with pytest.raises(ValueError, match=message):
        accuracy(np.array([[label]]), np.zeros(shape))
