import numpy as np
import pytest
from sklearn import metrics as sk

from chromkeras.statistics.confusion import Confusion, confusion


def table(tp, fp, tn, fn):
    return Confusion(*(np.array([count]) for count in (tp, fp, tn, fn)))


def test_rates_by_hand():
    rates = {name: values[0] for name, values in table(tp=30, fp=10, tn=50, fn=10).rates().items()}
    assert rates == pytest.approx(
        {
            "accuracy": 0.8,
            "precision": 0.75,
            "recall": 0.75,
            "f1": 0.75,
            "specificity": 5 / 6,
            "negative_predictive_value": 5 / 6,
            "false_positive_rate": 1 / 6,
            "false_negative_rate": 0.25,
            "false_discovery_rate": 0.25,
            "false_omission_rate": 1 / 6,
            "balanced_accuracy": (0.75 + 5 / 6) / 2,
            "matthews_correlation": 1400 / 2400,
            "positive_likelihood_ratio": 4.5,
            "negative_likelihood_ratio": 0.3,
            "prevalence": 0.4,
        }
    )


def test_counts_and_rates_equal_scikit_learn():
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(-1, 2, (300, 4)), rng.normal(size=(300, 4))
    threshold = np.array([-0.5, 0.0, 0.3, 1.0])
    ours = confusion(labels, scores, threshold)
    rates = ours.rates()
    for t in range(4):
        known = labels[:, t] >= 0
        y, called = labels[known, t], scores[known, t] >= threshold[t]
        tn, fp, fn, tp = sk.confusion_matrix(y, called).ravel()
        assert (ours.tn[t], ours.fp[t], ours.fn[t], ours.tp[t]) == (tn, fp, fn, tp)
        assert rates["accuracy"][t] == pytest.approx(sk.accuracy_score(y, called))
        assert rates["precision"][t] == pytest.approx(sk.precision_score(y, called))
        assert rates["recall"][t] == pytest.approx(sk.recall_score(y, called))
        assert rates["f1"][t] == pytest.approx(sk.f1_score(y, called))
        assert rates["balanced_accuracy"][t] == pytest.approx(sk.balanced_accuracy_score(y, called))
        assert rates["matthews_correlation"][t] == pytest.approx(sk.matthews_corrcoef(y, called))


def test_rates_without_a_denominator_are_nan():
    rates = table(tp=0, fp=0, tn=5, fn=0).rates()
    for name in ("precision", "recall", "f1", "false_discovery_rate", "matthews_correlation"):
        assert np.isnan(rates[name][0]), name
    assert rates["specificity"][0] == 1


def test_large_counts_do_not_overflow():
    rates = table(tp=10**6, fp=10**6, tn=10**6, fn=10**6).rates()
    assert rates["matthews_correlation"][0] == 0


def test_a_score_equal_to_the_threshold_is_called():
    ours = confusion(np.array([[1], [0]]), np.array([[0.0], [-0.1]]), 0.0)
    assert (ours.tp[0], ours.tn[0]) == (1, 1)
