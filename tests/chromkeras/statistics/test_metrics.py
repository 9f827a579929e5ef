import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score, f1_score, log_loss, roc_auc_score

from chromkeras.statistics.means import mean_defined
from chromkeras.statistics.metrics import (
    auprc,
    auroc,
    best_f1_thresholds,
    cross_entropy,
    ranking,
)

ROWS, TASKS = 40, 3
# Few distinct scores, so that ties are common.
SCORES = arrays(np.float32, (ROWS, TASKS), elements=st.integers(-4, 4).map(lambda v: v / 2))
LABELS = arrays(np.int8, (ROWS, TASKS), elements=st.sampled_from([-1, 0, 1]))


def peer(labels, scores, figure, defined):
    out = []
    for label, score in zip(labels.T, scores.T, strict=True):
        known = label >= 0
        fine = defined(label[known])
        out.append(figure(label[known], score[known].astype(float)) if fine else np.nan)
    return np.array(out)


def both(label):
    return len(np.unique(label)) == 2


@settings(deadline=None, max_examples=40)
@given(LABELS, SCORES)
def test_auroc_equals_scikit_learn_with_ties_and_unknown_labels(labels, scores):
    np.testing.assert_allclose(
        auroc(labels, scores), peer(labels, scores, roc_auc_score, both), atol=1e-12
    )


@settings(deadline=None, max_examples=40)
@given(LABELS, SCORES)
def test_auprc_equals_scikit_learn(labels, scores):
    expected = peer(labels, scores, average_precision_score, lambda y: (y == 1).any())
    np.testing.assert_allclose(auprc(labels, scores), expected, atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(LABELS, SCORES)
def test_cross_entropy_equals_scikit_learn(labels, logits):
    def loss(y, z):
        return log_loss(y, 1 / (1 + np.exp(-z)), labels=[0, 1])

    expected = peer(labels, logits, loss, lambda y: len(y) > 0)
    np.testing.assert_allclose(cross_entropy(labels, logits), expected, rtol=1e-9)


@settings(deadline=None, max_examples=40)
@given(LABELS, SCORES)
def test_no_threshold_beats_the_best_f1(labels, scores):
    best = best_f1_thresholds(labels, scores)
    for label, score, threshold in zip(labels.T, scores.T, best, strict=True):
        known = label >= 0
        if not (label == 1).any():
            assert np.isnan(threshold)
            continue
        y, s = label[known], score[known]
        got = f1_score(y, s >= threshold)
        others = [2 * (y[s >= v] == 1).sum() / ((s >= v).sum() + y.sum()) for v in np.unique(s)]
        assert got == pytest.approx(max(others), abs=1e-12)


def test_auroc_by_hand():
    labels = np.array([[1], [0], [1], [0]])
    scores = np.array([[3.0], [2.0], [2.0], [1.0]])
    assert auroc(labels, scores)[0] == (1 + 1 + 0.5 + 1) / 4


def test_auroc_is_the_same_for_logits_and_probabilities_and_mirrors_when_negated():
    rng = np.random.default_rng(0)
    labels, logits = rng.integers(0, 2, (200, 2)), rng.normal(size=(200, 2))
    area = auroc(labels, logits)
    np.testing.assert_allclose(auroc(labels, 1 / (1 + np.exp(-logits))), area)
    np.testing.assert_allclose(auroc(labels, -logits), 1 - area)


def test_one_class_missing_is_nan_and_left_out_of_the_mean():
    labels = np.array([[1, 1, -1], [1, 0, -1]])
    scores = np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    area = auroc(labels, scores)
    assert np.isnan(area[[0, 2]]).all()
    assert mean_defined(area) == 1.0
    assert np.isnan(mean_defined(area[[0, 2]]))
    np.testing.assert_array_equal(np.isnan(auprc(labels, scores)), [False, False, True])
    np.testing.assert_array_equal(np.isnan(cross_entropy(labels, scores)), [False, False, True])


def test_a_nan_score_makes_its_task_undefined():
    labels = np.array([[1, 1], [0, 0], [1, 1], [0, 0]])
    scores = np.array([[1.0, 1.0], [np.nan, 0.0], [2.0, 2.0], [0.0, 0.0]])
    for figure in (auroc, auprc):
        np.testing.assert_array_equal(figure(labels, scores), [np.nan, 1.0])


def test_float_labels_with_nan_are_unknown():
    labels = np.array([[1.0], [0.0], [np.nan], [1.0]])
    scores = np.array([[2.0], [1.0], [9.0], [0.0]])
    assert auroc(labels, scores)[0] == 0.5
    assert auprc(labels, scores)[0] == average_precision_score([1, 0, 1], [2, 1, 0])


def test_ranking_counts_tied_scores_together():
    steps = ranking(np.array([1, 0, 1, -1, 0]), np.array([2.0, 2.0, 1.0, 5.0, 0.0]))
    np.testing.assert_array_equal(steps.score, [2.0, 1.0, 0.0])
    np.testing.assert_array_equal(steps.true_positive, [1, 2, 2])
    np.testing.assert_array_equal(steps.false_positive, [1, 1, 2])


def test_cross_entropy_does_not_overflow():
    labels, logits = np.array([[1], [0]]), np.array([[-1000.0], [1000.0]], np.float32)
    assert cross_entropy(labels, logits)[0] == 1000


@pytest.mark.parametrize("figure", [auroc, auprc, cross_entropy, best_f1_thresholds])
def test_shapes_are_checked(figure):
    with pytest.raises(ValueError, match=r"one shape .* received \(3, 2\) and \(3, 1\)"):
        figure(np.zeros((3, 2)), np.zeros((3, 1)))
