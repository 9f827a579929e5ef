"""DeLong's test of two AUROCs measured on the same rows.

DeLong, DeLong and Clarke-Pearson 1988 (Biometrics 44:837), by midranks as Sun and Xu 2014 (IEEE
Signal Processing Letters 21:1389).
"""

import numpy as np
from scipy.stats import norm, rankdata


def auroc_covariance(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the AUROCs of M models on one task, shape (M,), and their covariance, (M, M).

    Parameters
    ----------
    labels
        Labels (n,); 1, 0, anything else unknown.
    scores
        Scores (M, n).

    Returns
    -------
    tuple
        Areas and covariance; NaN throughout where a class has fewer than 2 rows.
    """
    positive, negative = labels == 1, labels == 0
    m, n = int(positive.sum()), int(negative.sum())
    if min(m, n) < 2:
        return np.full(len(scores), np.nan), np.full((len(scores),) * 2, np.nan)
    pairs = [_placements(one, positive, negative) for one in scores]
    wins, losses = (np.stack(values) for values in zip(*pairs, strict=True))
    covariance: np.ndarray = np.atleast_2d(np.cov(wins) / m + np.cov(losses) / n)
    return wins.mean(axis=1), covariance


def contrast_error(covariance: np.ndarray, weights: np.ndarray) -> float:
    """Return the standard error of Σ weights · AUROC; weights of shape (M,)."""
    return float(np.sqrt(max(weights @ covariance @ weights, 0.0)))


def p_value(difference: float, error: float) -> float:
    """Return the two-sided p of no difference; NaN where a figure is NaN."""
    if np.isnan(difference) or np.isnan(error):
        return float("nan")
    if error <= 1e-12:
        return 1.0 if abs(difference) <= 1e-12 else 0.0
    return float(2 * norm.sf(abs(difference) / error))


def _placements(
    scores: np.ndarray, positive: np.ndarray, negative: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each positive, the share of negatives below it; for each negative, above it."""
    x, y = scores[positive], scores[negative]
    together = rankdata(np.concatenate([x, y]))
    below = (together[: len(x)] - rankdata(x)) / len(y)
    above = 1 - (together[len(x) :] - rankdata(y)) / len(x)
    return below, above
