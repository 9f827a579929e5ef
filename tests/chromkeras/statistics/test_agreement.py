import numpy as np
import pytest
from scipy.stats import pearsonr

from chromkeras.statistics.agreement import equal_calls, logit_correlation


def test_correlation_is_scipys():
    first, second = np.random.default_rng(0).normal(size=(2, 40, 3)).astype(np.float32)
    expected = [pearsonr(a, b).statistic for a, b in zip(first.T, second.T, strict=True)]
    np.testing.assert_allclose(logit_correlation(first, second), expected, atol=1e-6)


def test_a_model_agrees_with_itself():
    logits = np.random.default_rng(0).normal(size=(40, 3))
    np.testing.assert_allclose(logit_correlation(logits, logits), 1)
    np.testing.assert_array_equal(equal_calls(logits, logits), 1)


def test_calls_by_hand():
    first = np.array([[1.0, -1.0], [0.0, -2.0], [-1.0, 3.0], [2.0, 1.0]])
    second = np.array([[2.0, 1.0], [0.5, -1.0], [1.0, -3.0], [1.0, -1.0]])
    np.testing.assert_array_equal(equal_calls(first, second), [0.75, 0.25])


def test_a_constant_model_correlates_with_nothing():
    assert np.isnan(logit_correlation(np.zeros((5, 1)), np.arange(5.0)[:, None])).all()


def test_shapes_must_agree():
    with pytest.raises(ValueError, match=r"one shape \(rows, tasks\), received"):
        equal_calls(np.zeros((3, 2)), np.zeros((3, 1)))
