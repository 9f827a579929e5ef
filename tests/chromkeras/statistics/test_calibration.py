import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from chromkeras.statistics.calibration import brier, log_odds, probability, reliability


@pytest.fixture
def case():
    rng = np.random.default_rng(0)
    p = rng.beta(0.5, 1.0, 500)
    labels = (rng.random(500) < p**1.5).astype(np.int8)
    labels[::9] = -1
    return labels, p


def test_curve_is_scikit_learns(case):
    labels, p = case
    known = labels >= 0
    observed, predicted = calibration_curve(labels[known], p[known], n_bins=10)
    found = reliability(labels, p)
    full = found.count > 0
    np.testing.assert_allclose(found.observed[full], observed, atol=1e-12)
    np.testing.assert_allclose(found.predicted[full], predicted, atol=1e-12)
    assert found.count.sum() == known.sum()


def test_error_by_hand():
    labels = np.array([0, 1, 1, 1, -1])
    p = np.array([0.1, 0.1, 0.8, 0.8, 0.5])
    # bins of two rows each: |0.5 − 0.1| and |1 − 0.8|
    assert reliability(labels, p).error == pytest.approx((0.4 + 0.2) / 2)


def test_brier_is_scikit_learns(case):
    labels, p = case
    known = labels >= 0
    assert brier(labels, p) == pytest.approx(brier_score_loss(labels[known], p[known]))


def test_nothing_known_is_not_a_number():
    labels, p = np.array([-1, -1]), np.array([0.2, 0.8])
    assert np.isnan(reliability(labels, p).error)
    assert np.isnan(brier(labels, p))


def test_probability_is_the_logistic_function_without_overflow():
    z = np.array([-1e4, -3.0, 0.0, 3.0, 1e4])
    np.testing.assert_allclose(probability(z), expit(z), atol=1e-15)


def test_log_odds_are_the_inverse_of_the_probability():
    share = np.array([1e-12, 0.25, 0.5, 0.9])
    np.testing.assert_allclose(log_odds(share), logit(share), rtol=1e-12)
    np.testing.assert_allclose(probability(log_odds(share)), share, rtol=1e-3)
