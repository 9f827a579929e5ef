import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from chromkeras.statistics.delong import auroc_covariance, contrast_error, p_value


def plain(labels, first, second):
    """DeLong's test from its definition: every pair of a positive and a negative."""
    wins = []
    for scores in (first, second):
        x, y = scores[labels == 1][:, None], scores[labels == 0][None]
        wins.append((x > y) + 0.5 * (x == y))
    v10 = np.array([w.mean(axis=1) for w in wins])
    v01 = np.array([w.mean(axis=0) for w in wins])
    s = np.cov(v10) / v10.shape[1] + np.cov(v01) / v01.shape[1]
    error = np.sqrt(s[0, 0] + s[1, 1] - 2 * s[0, 1])
    area = v10.mean(axis=1)
    return area, error, 2 * norm.sf(abs(area[0] - area[1]) / error)


def compared(labels, scores):
    """Return the areas of two models, the standard error of their difference, and its p."""
    area, covariance = auroc_covariance(labels, np.asarray(scores))
    error = contrast_error(covariance, np.array([1.0, -1.0]))
    return area, error, p_value(area[0] - area[1], error)


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_definition(seed):
    random = np.random.default_rng(seed)
    labels = random.integers(-1, 2, 90)
    first = np.round(labels + random.normal(size=90), 1)
    second = np.round(0.5 * labels + random.normal(size=90), 1)
    found = compared(labels, [first, second])
    for ours, by_definition in zip(found, plain(labels, first, second), strict=True):
        np.testing.assert_allclose(ours, by_definition)
    known = labels >= 0
    np.testing.assert_allclose(found[0][0], roc_auc_score(labels[known], first[known]))


def test_equal_scores_do_not_differ():
    labels = np.array([0, 1, 0, 1, 1])
    scores = np.arange(5.0)
    assert compared(labels, [scores, scores * 2 + 1])[-1] == 1.0


def test_p_values_are_uniform_where_nothing_differs():
    random = np.random.default_rng(1)
    labels = np.repeat([0, 1], 100)
    ps = [compared(labels, labels * 0.7 + random.normal(size=(2, 200)))[-1] for _ in range(400)]
    for level in (0.05, 0.2, 0.5):
        assert abs(np.mean(np.array(ps) < level) - level) < 3.5 * np.sqrt(level * (1 - level) / 400)


def test_too_few_rows_give_no_p():
    area, _, p = compared(np.array([1, 0, 0]), [np.arange(3.0)] * 2)
    assert np.isnan([*area, p]).all()
