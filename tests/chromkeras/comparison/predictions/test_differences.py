import numpy as np
import pytest
from scipy.stats import false_discovery_control
from sklearn.metrics import roc_auc_score

from chromkeras.comparison.core.model_names import Replicates
from chromkeras.comparison.predictions.differences import (
    calibration,
    compare_replicates,
    pairs_of,
    stratum_bootstrap,
)
from chromkeras.comparison.predictions.shown import BINARY, shown_figures
from chromkeras.problems.binary import PROBLEM, Binary
from chromkeras.problems.regression import PROBLEM as REGRESSION
from chromkeras.statistics.bootstrap import bootstrap_auroc
from chromkeras.statistics.delong import auroc_covariance, contrast_error, p_value

MODELS, ROWS, TASKS = 4, 120, 3
OWN = [Replicates(f"m{i}", (i,)) for i in range(MODELS)]


@pytest.fixture
def case():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, (ROWS, TASKS)).astype(np.int8)
    noise = rng.normal(size=(MODELS, ROWS, TASKS))
    logits = labels * np.array([0.3, 0.6, 1.5, 0.9])[:, None, None] + noise
    labels[rng.random(labels.shape) < 0.1] = -1
    regions = np.arange(ROWS) // 2
    return labels, logits, bootstrap_auroc(labels, logits, regions, replicates=200, seed=1)


def compared(case, replicates, baseline=0):
    labels, logits, bootstrap = case
    return compare_replicates(
        labels, logits, replicates, pairs_of(len(replicates), baseline), bootstrap, problem=PROBLEM
    )


def test_the_baseline_is_always_taken_away():
    assert pairs_of(3, 0) == ((1, 0), (2, 0), (2, 1))
    assert pairs_of(3, 1) == ((0, 1), (2, 1), (2, 0))


class Foreign(Binary):
    """A problem from outside whose score has the key of ours, but whose outputs are no logits."""

    name, score_title, logits = "foreign", "area", False


def test_a_score_of_the_same_key_is_not_taken_for_logits(case):
    labels, logits, _ = case
    values, outputs = np.where(labels < 0, np.nan, labels), logits.astype(np.float32)
    pairs, regions = pairs_of(MODELS, 0), np.arange(ROWS) // 2
    options = {"replicates": 20, "seed": 1, "problem": Foreign()}
    drawn = stratum_bootstrap(values, outputs, regions, **options)
    found = compare_replicates(values, outputs, OWN, pairs, drawn, problem=Foreign())
    assert (found.p_value >= 2 / 21).all(), "the least p of 20 replicates"
    assert (compared(case, OWN).p_value < 2 / 21).any()
    shown = shown_figures(Foreign())
    assert (shown.title, shown.test, shown.ranking) == ("area", "bootstrap", "output")
    assert shown_figures(PROBLEM) is BINARY


def test_differences_are_scikit_learns(case):
    labels, logits, _ = case
    found = compared(case, OWN)
    for p, (a, b) in enumerate(found.pairs):
        for t in range(TASKS):
            known = labels[:, t] >= 0
            area = [roc_auc_score(labels[known, t], logits[i][known, t]) for i in (a, b)]
            assert found.difference[p, t] == pytest.approx(area[0] - area[1])
    np.testing.assert_allclose(found.mean, found.difference.mean(axis=1))


def delong_p(labels, logits):
    """Return DeLong's p of two models on one task."""
    area, covariance = auroc_covariance(labels, logits)
    return p_value(area[0] - area[1], contrast_error(covariance, np.array([1.0, -1.0])))


def test_p_is_delongs_and_q_scipys_over_all_pairs_and_tasks(case):
    labels, logits, _ = case
    found = compared(case, OWN)
    expected = [
        [delong_p(labels[:, t], logits[[a, b], :, t]) for t in range(TASKS)] for a, b in found.pairs
    ]
    np.testing.assert_allclose(found.p_value, expected, atol=1e-12)
    q = false_discovery_control(np.ravel(expected)).reshape(found.p_value.shape)
    np.testing.assert_allclose(found.q_value, q, atol=1e-12)


def test_intervals_are_quantiles_of_the_replicates(case):
    bootstrap = case[2]
    found = compared(case, OWN)
    a, b = found.pairs[1]
    replicates = bootstrap.scores[:, a] - bootstrap.scores[:, b]
    np.testing.assert_allclose(found.interval[1], np.quantile(replicates, [0.025, 0.975], axis=0))
    means = np.quantile(replicates.mean(axis=1), [0.025, 0.975])
    np.testing.assert_allclose(found.mean_interval[1], means)


def test_a_line_of_seeds_is_their_mean(case):
    single = compared(case, OWN)
    replicates = [Replicates("a", (0, 1)), Replicates("b", (2, 3))]
    found = compared(case, replicates)
    np.testing.assert_allclose(found.score[0], single.score[:2].mean(axis=0))
    replicates = case[2].scores[:, 2:].mean(axis=1) - case[2].scores[:, :2].mean(axis=1)
    np.testing.assert_allclose(found.interval[0], np.quantile(replicates, [0.025, 0.975], axis=0))


def test_a_line_of_copies_is_tested_as_one_model(case):
    labels, logits, _ = case
    twice = np.stack([logits[0], logits[0], logits[1], logits[1]])
    bootstrap = bootstrap_auroc(labels, twice, np.arange(ROWS), replicates=20)
    replicates = [Replicates("a", (0, 1)), Replicates("b", (2, 3))]
    found = compare_replicates(labels, twice, replicates, ((1, 0),), bootstrap, problem=PROBLEM)
    for t in range(TASKS):
        assert found.p_value[0, t] == pytest.approx(delong_p(labels[:, t], logits[[1, 0], :, t]))


def test_a_model_compared_with_itself_shows_no_difference(case):
    labels, logits, _ = case
    same = np.stack([logits[0], logits[0]])
    bootstrap = bootstrap_auroc(labels, same, np.arange(ROWS) // 2, replicates=50)
    found = compare_replicates(labels, same, OWN[:2], ((1, 0),), bootstrap, problem=PROBLEM)
    for values in (found.difference, found.interval, found.mean, found.mean_interval):
        np.testing.assert_array_equal(values, 0)
    np.testing.assert_array_equal(found.q_value, 1)
    assert found.gains(0) == (0, 0, 0, 0)


def test_a_model_without_a_score_takes_none_from_the_others():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(40, 2))
    outputs = values + rng.normal(size=(3, 40, 2))
    options = {"problem": REGRESSION}
    alone = [outputs[:2], OWN[:2], ((1, 0),)]
    outputs[2, :, 0] = 1.0  # has collapsed in one task
    drawn = stratum_bootstrap(values, outputs, np.arange(40), replicates=20, seed=0, **options)
    found = compare_replicates(values, outputs, OWN[:3], pairs_of(3, 0), drawn, **options)
    drawn = stratum_bootstrap(values, alone[0], np.arange(40), replicates=20, seed=0, **options)
    expected = compare_replicates(values, *alone, drawn, **options)
    np.testing.assert_array_equal(found.score[:2], expected.score)
    np.testing.assert_array_equal(found.interval[0], expected.interval[0])
    np.testing.assert_array_equal(found.p_value[0], expected.p_value[0])
    np.testing.assert_array_equal(np.isnan(found.difference), [[0, 0], [1, 0], [1, 0]])


def test_gains_and_losses_by_hand(case):
    labels, _, _ = case
    rng = np.random.default_rng(3)
    bad = rng.normal(size=labels.shape)
    good = 3.0 * (labels == 1) + rng.normal(size=labels.shape)
    mixed = np.column_stack([good[:, 0], bad[:, 1], bad[:, 2]])
    base = np.column_stack([bad[:, 0], good[:, 1], bad[:, 2]])
    both = np.stack([base, mixed])
    bootstrap = bootstrap_auroc(labels, both, np.arange(ROWS), replicates=20)
    found = compare_replicates(labels, both, OWN[:2], ((1, 0),), bootstrap, problem=PROBLEM)
    assert found.gains(0) == (1, 1, 1, 1)


def test_a_stratum_without_rows_is_undefined():
    empty = (np.zeros((0, 2), np.int8), np.zeros((2, 0, 2)), np.zeros(0, int))
    bootstrap = stratum_bootstrap(*empty, replicates=3, seed=0, problem=PROBLEM)
    found = compare_replicates(*empty[:2], OWN[:2], ((1, 0),), bootstrap, problem=PROBLEM)
    assert np.isnan(found.difference).all()
    assert np.isnan(found.mean_interval).all()


def test_progress_ends_at_the_last_replicate(case):
    labels, logits, _ = case
    told = []
    stratum_bootstrap(
        labels, logits, np.arange(ROWS), replicates=120, seed=0, problem=PROBLEM,
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert told == [(50, 120), (100, 120), (120, 120)]


def test_calibration_is_measured_before_and_after_the_shift(case):
    labels, logits, _ = case
    shift = np.linspace(-2, 2, TASKS).astype(np.float32)
    plain, moved = (calibration(labels, logits[0] + s, s) for s in (0 * shift, shift))
    np.testing.assert_array_equal(plain.error_as_trained, plain.error)
    np.testing.assert_allclose(moved.error_as_trained, plain.error, atol=1e-6)
    np.testing.assert_allclose(moved.brier_as_trained, plain.brier, atol=1e-6)
    assert (np.abs(moved.brier - plain.brier) > 1e-3).any()
