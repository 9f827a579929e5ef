"""Differences between models' predictions, task by task, with intervals and tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chrominterpret.fdr import benjamini_hochberg
from chromkeras.comparison.core.model_names import Replicates
from chromkeras.problems.problem import Problem
from chromkeras.statistics.agreement import equal_calls, logit_correlation
from chromkeras.statistics.bootstrap import Bootstrap, bootstrap_auroc, bootstrap_scores
from chromkeras.statistics.calibration import brier, probability, reliability
from chromkeras.statistics.delong import auroc_covariance, contrast_error, p_value
from chromkeras.statistics.means import mean_defined

SIGNIFICANT = 0.05
_ZERO = 1e-12  # a difference of means of equal figures


@dataclass(frozen=True, eq=False)
class Differences:
    """Score of some replicates minus that of others, such as AUROC, on the same rows.

    Attributes
    ----------
    pairs
        P pairs (group, other): the figures are of group minus other.
    score
        Shape (L, T): score of each of the L replicates, the mean over their models.
    difference
        Shape (P, T).
    interval
        Shape (P, 2, T): 95 % bootstrap interval over regions.
    mean, mean_interval
        Shape (P,) and (P, 2): mean over the tasks.
    p_value, q_value
        Shape (P, T): of AUROC DeLong's, of other scores the bootstrap's; and Benjamini-Hochberg
        over all pairs and tasks.
    """

    pairs: tuple[tuple[int, int], ...]
    score: np.ndarray
    difference: np.ndarray
    interval: np.ndarray
    mean: np.ndarray
    mean_interval: np.ndarray
    p_value: np.ndarray
    q_value: np.ndarray

    def gains(self, pair: int) -> tuple[int, int, int, int]:
        """Return tasks that gain and lose by sign, then those that do significantly."""
        change = self.difference[pair]
        sure = self.q_value[pair] < SIGNIFICANT
        up, down = change > _ZERO, change < -_ZERO
        return int(up.sum()), int(down.sum()), int((up & sure).sum()), int((down & sure).sum())


@dataclass(frozen=True, eq=False)
class Calibration:
    """Calibration of one model, each of shape (T,), of the probabilities compared and as trained.

    Attributes
    ----------
    error, brier
        Expected calibration error and Brier score of the probabilities that are compared.
    error_as_trained, brier_as_trained
        The same of those that the loss taught, for the share of positives that it stands for.
    """

    error: np.ndarray
    brier: np.ndarray
    error_as_trained: np.ndarray
    brier_as_trained: np.ndarray


def pairs_of(count: int, baseline: int) -> tuple[tuple[int, int], ...]:
    """Return all pairs (group, other): the baseline is always the other, then the earlier group."""
    order = [baseline, *(i for i in range(count) if i != baseline)]
    return tuple((later, order[i]) for i in range(count) for later in order[i + 1 :])


def compare_replicates(
    values: np.ndarray,
    outputs: np.ndarray,
    replicates: Sequence[Replicates],
    pairs: tuple[tuple[int, int], ...],
    bootstrap: Bootstrap,
    *,
    problem: Problem,
    links: Sequence[str] = (),
) -> Differences:
    """Measure and test the differences of models' scores.

    Parameters
    ----------
    values
        Labels of shape (n, T), NaN where unknown.
    outputs
        Shape (M, n, T), or (M, n, T, C) for C classes.
    replicates
        L sets of replicates among the M models.
    pairs
        Pairs of replicates.
    bootstrap
        Scores of the M models on resampled rows.
    problem
        Kind of the labels; says what the score is.
    links
        What each model's loss makes of an output; none stands for "identity".

    Notes
    -----
    The score of replicates is the mean over their models; DeLong's variance of such a mean of
    AUROCs follows from the covariances of the models. Of other scores p is twice the share of
    bootstrap replicates on the rarer side of 0, (1 + k) / (1 + B). Intervals and p are those of
    these trained models on other rows; what another training would give shows in the spread over
    seeds.
    """
    weights = _weights(replicates, len(outputs))
    contrasts = np.array([weights[a] - weights[b] for a, b in pairs]).reshape(-1, len(outputs))
    members = [list(group.members) for group in replicates]
    links = links or ["identity"] * len(outputs)
    scores = np.stack(
        [problem.scores(values, one, link) for one, link in zip(outputs, links, strict=True)]
    )
    # Means and no product with weights, as the NaN of one model would reach all others by its 0.
    score = np.stack([scores[own].mean(axis=0) for own in members])
    replicated = Bootstrap(
        np.stack([bootstrap.scores[:, own].mean(axis=1) for own in members], axis=1)
    )
    if problem.logits:
        p = _delong_p(values, outputs, scores, contrasts)
    else:
        p = _bootstrap_p(replicated.scores, pairs)
    difference = np.array([score[a] - score[b] for a, b in pairs]).reshape(len(pairs), -1)
    intervals = [replicated.interval(a, b) for a, b in pairs]
    means = [replicated.mean_interval(a, b) for a, b in pairs]
    return Differences(
        pairs=pairs,
        score=score,
        difference=difference,
        interval=np.array(intervals).reshape(len(pairs), 2, -1),
        mean=mean_defined(difference, axis=1),
        mean_interval=np.array(means).reshape(len(pairs), 2),
        p_value=p,
        q_value=benjamini_hochberg(p),
    )


def stratum_bootstrap(
    values: np.ndarray,
    outputs: np.ndarray,
    regions: np.ndarray,
    *,
    replicates: int,
    seed: int,
    problem: Problem,
    progress: Callable[[int, int], None] | None = None,
    links: Sequence[str] = (),
) -> Bootstrap:
    """Return the bootstrap of the score on some rows; all NaN where there are none.

    Parameters as for ``compare_replicates``, and regions of shape (n,).
    """
    if not len(values):
        return Bootstrap(np.full((replicates, len(outputs), values.shape[1]), np.nan))
    options: dict[str, Any] = {"replicates": replicates, "seed": seed, "progress": progress}
    if problem.logits:
        return bootstrap_auroc(values, outputs, regions, **options)
    links = links or ["identity"] * len(outputs)

    def score(rows: np.ndarray, model: int) -> np.ndarray:
        return problem.scores(values[rows], outputs[model, rows], links[model])

    return bootstrap_scores(score, len(outputs), regions, **options)


def calibration(labels: np.ndarray, logits: np.ndarray, shift: np.ndarray) -> Calibration:
    """Measure one model's calibration for each task.

    Parameters
    ----------
    labels, logits
        Shape (n, T).
    shift
        Shape (T,): what was added to the model's own logits.
    """
    given = _calibration(labels, probability(logits))
    trained = _calibration(labels, probability(logits - shift)) if shift.any() else given
    return Calibration(*given, *trained)


def agreement(
    outputs: np.ndarray, pairs: Sequence[tuple[int, int]], called: Sequence[np.ndarray] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Return how far pairs of models say the same, each of shape (P, T).

    Parameters
    ----------
    outputs
        Shape (M, n, T): logits, or what rows are ranked by.
    pairs
        P pairs of models.
    called
        Which rows each model calls, (n, T), bool; none stands for logits of at least 0.

    Returns
    -------
    tuple of np.ndarray
        Correlation of the outputs, and share of rows that both call or both do not.
    """
    correlation = [logit_correlation(outputs[a], outputs[b]) for a, b in pairs]
    calls = [np.where(c, 1.0, -1.0) for c in called] if len(called) else outputs
    return np.stack(correlation), np.stack([equal_calls(calls[a], calls[b]) for a, b in pairs])


def _calibration(labels: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    columns = list(zip(labels.T, p.T, strict=True))
    error = np.array([reliability(y, one).error for y, one in columns])
    return error, np.array([brier(y, one) for y, one in columns])


def _weights(replicates: Sequence[Replicates], models: int) -> np.ndarray:
    weights = np.zeros((len(replicates), models))
    for i, group in enumerate(replicates):
        weights[i, list(group.members)] = 1 / len(group.members)
    return weights


def _delong_p(
    values: np.ndarray, outputs: np.ndarray, areas: np.ndarray, contrasts: np.ndarray
) -> np.ndarray:
    """Return DeLong's p of each contrast of the models' AUROCs on each task, shape (P, T)."""
    columns = [
        _p_values(values[:, t], outputs[:, :, t], areas[:, t], contrasts)
        for t in range(values.shape[1])
    ]
    return np.stack(columns, axis=1)


def _bootstrap_p(scores: np.ndarray, pairs: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Return p of each pair by scores (B, L, T) on resampled rows, shape (P, T)."""
    found = np.full((len(pairs), scores.shape[2]), np.nan)
    for place, (a, b) in enumerate(pairs):
        change = scores[:, a] - scores[:, b]
        defined = np.isfinite(change)
        below, above = ((defined & side).sum(axis=0) for side in (change <= 0, change >= 0))
        p = 2 * (1 + np.minimum(below, above)) / (1 + defined.sum(axis=0))
        found[place] = np.where(defined.any(axis=0), np.minimum(p, 1.0), np.nan)
    return found


def _p_values(
    labels: np.ndarray, scores: np.ndarray, areas: np.ndarray, contrasts: np.ndarray
) -> np.ndarray:
    """Return DeLong's p of each contrast of the models' AUROCs, shape (P,), on one task."""
    _, covariance = auroc_covariance(labels, scores)
    return np.array(
        [p_value(float(c @ areas), contrast_error(covariance, c)) for c in contrasts], np.float64
    )
