"""Differences between models' predictions, task by task, with intervals and tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from chromkeras.comparison.core.model_names import Replicates
from chromkeras.data.dataset import Dataset
from chromkeras.evaluation.evaluate import Evaluation, evaluate
from chromkeras.statistics import metrics
from chromkeras.statistics.agreement import equal_calls, logit_correlation
from chromkeras.statistics.bootstrap import Bootstrap, bootstrap_auroc
from chromkeras.statistics.calibration import brier, probability, reliability, unweighted
from chromkeras.statistics.delong import auroc_covariance, contrast_error, p_value
from chromkeras.statistics.fdr import benjamini_hochberg

SIGNIFICANT = 0.05
_ZERO = 1e-12  # a difference of means of equal figures


@dataclass(frozen=True, eq=False)
class Differences:
    """AUROC of some replicates minus that of others, on the same rows.

    Attributes
    ----------
    pairs
        P pairs (group, other): the figures are of group minus other.
    auroc
        Shape (L, T): each group's AUROC, the mean over its models.
    difference
        Shape (P, T).
    interval
        Shape (P, 2, T): 95 % bootstrap interval over regions.
    mean, mean_interval
        Shape (P,) and (P, 2): mean over the tasks.
    p_value, q_value
        Shape (P, T): DeLong, and Benjamini-Hochberg over all pairs and tasks.
    """

    pairs: tuple[tuple[int, int], ...]
    auroc: np.ndarray
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
    """Calibration of one model, each of shape (T,), as given and without the class weights.

    Attributes
    ----------
    error, brier
        Expected calibration error and Brier score of the model's probabilities.
    error_unweighted, brier_unweighted
        The same after the rebalanced loss's class weights are taken out of the logits; NaN
        where the training rows do not give them.
    """

    error: np.ndarray
    brier: np.ndarray
    error_unweighted: np.ndarray
    brier_unweighted: np.ndarray


def figures(logits: np.ndarray, dataset: Dataset, rows: np.ndarray) -> list[Evaluation]:
    """Evaluate models, logits of shape (M, n, T), at probability 0.5."""
    return [evaluate(one, dataset, rows) for one in logits]


def pairs_of(count: int, baseline: int) -> tuple[tuple[int, int], ...]:
    """Return all pairs (group, other): the baseline is always the other, then the earlier group."""
    order = [baseline, *(i for i in range(count) if i != baseline)]
    return tuple((later, order[i]) for i in range(count) for later in order[i + 1 :])


def compare_replicates(
    labels: np.ndarray,
    logits: np.ndarray,
    replicates: Sequence[Replicates],
    pairs: tuple[tuple[int, int], ...],
    bootstrap: Bootstrap,
) -> Differences:
    """Measure and test the differences of replicates of models.

    Parameters
    ----------
    labels
        Shape (n, T); 1, 0, anything else unknown.
    logits
        Shape (M, n, T).
    replicates
        L sets of replicates among the M models.
    pairs
        Pairs of replicates.
    bootstrap
        Of the M models on these rows.

    Notes
    -----
    A group's AUROC is the mean over its models; DeLong's variance of such a mean follows from the
    covariances of the models. Intervals and p are those of these trained models on other rows;
    what another training would give shows in the spread over seeds.
    """
    weights = _weights(replicates, len(logits))
    contrasts = np.array([weights[a] - weights[b] for a, b in pairs]).reshape(-1, len(logits))
    areas = np.stack([metrics.auroc(labels, one) for one in logits])
    auroc = weights @ areas
    p = np.stack(
        [
            _p_values(labels[:, t], logits[:, :, t], areas[:, t], contrasts)
            for t in range(labels.shape[1])
        ],
        axis=1,
    )
    difference = np.array([auroc[a] - auroc[b] for a, b in pairs]).reshape(len(pairs), -1)
    replicated = Bootstrap(np.einsum("bmt,lm->blt", bootstrap.auroc, weights))
    intervals = [replicated.interval(a, b) for a, b in pairs]
    means = [replicated.mean_interval(a, b) for a, b in pairs]
    return Differences(
        pairs=pairs,
        auroc=auroc,
        difference=difference,
        interval=np.array(intervals).reshape(len(pairs), 2, -1),
        mean=_row_means(difference),
        mean_interval=np.array(means).reshape(len(pairs), 2),
        p_value=p,
        q_value=benjamini_hochberg(p),
    )


def stratum_bootstrap(
    labels: np.ndarray,
    logits: np.ndarray,
    regions: np.ndarray,
    *,
    replicates: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> Bootstrap:
    """Return the bootstrap of some rows; all NaN where there are none."""
    if len(labels):
        return bootstrap_auroc(
            labels, logits, regions, replicates=replicates, seed=seed, progress=progress
        )
    return Bootstrap(np.full((replicates, len(logits), labels.shape[1]), np.nan))


def calibration(
    labels: np.ndarray, logits: np.ndarray, positive_fraction: np.ndarray | None
) -> Calibration:
    """Measure one model's calibration for each task.

    Parameters
    ----------
    labels, logits
        Shape (n, T).
    positive_fraction
        ρ by which the loss weighted the classes, shape (T,), 0.5 where it did not; None where
        it is not known.
    """
    given = _calibration(labels, probability(logits))
    if positive_fraction is None:
        nothing = np.full(labels.shape[1], np.nan)
        return Calibration(*given, nothing, nothing)
    taken_out = probability(unweighted(logits, positive_fraction))
    return Calibration(*given, *_calibration(labels, taken_out))


def agreement(
    logits: np.ndarray, pairs: Sequence[tuple[int, int]]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the correlation of logits and the share of equal calls, each (P, T), of models."""
    correlation = [logit_correlation(logits[a], logits[b]) for a, b in pairs]
    calls = [equal_calls(logits[a], logits[b]) for a, b in pairs]
    return np.stack(correlation), np.stack(calls)


def _calibration(labels: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    columns = list(zip(labels.T, p.T, strict=True))
    error = np.array([reliability(y, one).error for y, one in columns])
    return error, np.array([brier(y, one) for y, one in columns])


def _weights(replicates: Sequence[Replicates], models: int) -> np.ndarray:
    weights = np.zeros((len(replicates), models))
    for i, group in enumerate(replicates):
        weights[i, list(group.members)] = 1 / len(group.members)
    return weights


def _p_values(
    labels: np.ndarray, scores: np.ndarray, areas: np.ndarray, contrasts: np.ndarray
) -> np.ndarray:
    """Return DeLong's p of each contrast of the models' AUROCs, shape (P,), on one task."""
    _, covariance = auroc_covariance(labels, scores)
    return np.array(
        [p_value(float(c @ areas), contrast_error(covariance, c)) for c in contrasts], np.float64
    )


def _row_means(values: np.ndarray) -> np.ndarray:
    """Return the mean of each row over what is defined; NaN where nothing is."""
    counted = np.isfinite(values)
    total = np.where(counted, values, 0.0).sum(axis=1)
    number = counted.sum(axis=1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)
