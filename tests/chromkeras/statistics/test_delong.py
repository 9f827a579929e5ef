import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from chromkeras.statistics.delong import delong


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


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_definition(seed):
    random = np.random.default_rng(seed)
    labels = random.integers(-1, 2, 90)
    first = np.round(labels + random.normal(size=90), 1)
    second = np.round(0.5 * labels + random.normal(size=90), 1)
    found = delong(labels, first, second)
    area, error, p = plain(labels, first, second)
    np.testing.assert_allclose([found.first, found.second], area)
    np.testing.assert_allclose([found.standard_error, found.p_value], [error, p])
    known = labels >= 0
    np.testing.assert_allclose(found.first, roc_auc_score(labels[known], first[known]))


def test_equal_scores_do_not_differ():
    labels = np.array([0, 1, 0, 1, 1])
    scores = np.arange(5.0)
    assert delong(labels, scores, scores * 2 + 1).p_value == 1.0


def test_p_values_are_uniform_where_nothing_differs():
    random = np.random.default_rng(1)
    labels = np.repeat([0, 1], 100)
    ps = [
        delong(labels, *(labels * 0.7 + random.normal(size=(2, 200)))).p_value for _ in range(400)
    ]
    for level in (0.05, 0.2, 0.5):
        assert abs(np.mean(np.array(ps) < level) - level) < 3.5 * np.sqrt(level * (1 - level) / 400)


def test_too_few_rows_give_no_p():
    assert np.isnan(delong(np.array([1, 0, 0]), np.arange(3.0), np.arange(3.0)).p_value)
    with pytest.raises(ValueError, match="expected labels and scores of one shape"):
        delong(np.zeros(3), np.zeros(3), np.zeros(4))
