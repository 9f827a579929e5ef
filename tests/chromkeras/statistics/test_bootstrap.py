import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from chromkeras.statistics.bootstrap import bootstrap_auroc, weighted_auroc


@given(st.integers(0, 1000))
def test_weighted_auroc_is_that_of_repeated_rows(seed):
    random = np.random.default_rng(seed)
    positive = random.random(30) < 0.4
    scores = random.integers(0, 8, 30) / 4
    weights = random.integers(0, 3, (2, 30))
    found = weighted_auroc(positive, scores, weights)
    for value, counts in zip(found, weights, strict=True):
        rows = np.repeat(np.arange(30), counts)
        if len(set(positive[rows])) < 2:
            assert np.isnan(value)
        else:
            np.testing.assert_allclose(value, roc_auc_score(positive[rows], scores[rows]))


def example(n: int = 300, tasks: int = 3) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, (n, tasks)).astype(np.int8)
    labels[:20, 0] = -1
    good = labels * 1.5 + random.normal(size=labels.shape)
    return labels, np.stack([good, good, random.normal(size=labels.shape)])


def test_a_model_does_not_differ_from_itself():
    labels, scores = example()
    found = bootstrap_auroc(labels, scores, np.arange(300), replicates=60)
    np.testing.assert_array_equal(found.interval(0, 1), 0)
    np.testing.assert_array_equal(found.mean_interval(0, 1), 0)
    assert (found.interval(0, 2)[0] > 0.1).all()
    assert found.mean_interval(2, 0)[1] < -0.1


def test_the_interval_is_as_wide_as_the_standard_error_says():
    labels, scores = example(n=600, tasks=1)
    found = bootstrap_auroc(labels, scores[2:], np.arange(600), replicates=800)
    m, n = int((labels == 1).sum()), int((labels == 0).sum())
    expected = np.sqrt((m + n + 1) / (12 * m * n))  # Mann-Whitney, no difference between classes
    np.testing.assert_allclose(np.nanstd(found.scores), expected, rtol=0.12)


def test_rows_of_a_region_come_together():
    labels, scores = example(n=200, tasks=1)
    doubled = bootstrap_auroc(
        np.repeat(labels, 4, 0), np.repeat(scores, 4, 1), np.repeat(np.arange(200), 4),
        replicates=50, seed=3,
    )  # fmt: skip
    single = bootstrap_auroc(labels, scores, np.arange(200), replicates=50, seed=3)
    np.testing.assert_allclose(doubled.scores, single.scores)


def test_a_task_of_one_class_is_undefined():
    labels, scores = example(n=50, tasks=2)
    labels[:, 0] = 1
    found = bootstrap_auroc(labels, scores, np.arange(50), replicates=20)
    assert np.isnan(found.interval(0, 2)[:, 0]).all()
    assert np.isfinite(found.mean_interval(0, 2)).all()


def test_wrong_shapes_are_refused():
    labels, scores = example(n=50, tasks=2)
    with pytest.raises(ValueError, match=r"expected labels \(n, T\)"):
        bootstrap_auroc(labels, scores[0], np.arange(50))
    with pytest.raises(ValueError, match="at least 1 replicate, received 0"):
        bootstrap_auroc(labels, scores, np.arange(50), replicates=0)
