"""Calibration: whether a probability of 0.7 comes true seven times in ten."""

from dataclasses import dataclass

import numpy as np

BINS = 10


@dataclass(frozen=True, eq=False)
class Reliability:
    """Predicted probabilities in bins of equal width.

    Attributes
    ----------
    count
        Number of rows in each bin, shape (bins,), int64.
    predicted, observed
        Mean probability and share of positives, shape (bins,); NaN in empty bins.
    """

    count: np.ndarray
    predicted: np.ndarray
    observed: np.ndarray

    @property
    def error(self) -> float:
        """Expected calibration error: Σ count / n · |observed − predicted| (Guo et al. 2017)."""
        if not self.count.sum():
            return float("nan")
        gap = np.abs(self.observed - self.predicted)
        return float(np.nansum(gap * self.count) / self.count.sum())


def probability(logits: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(−logit)), float64, without overflow."""
    z = logits.astype(np.float64)
    half: np.ndarray = 0.5 * (1 + np.tanh(z / 2))
    return half


def log_odds(share: np.ndarray) -> np.ndarray:
    """Return log (p / (1 − p)) of shares strictly between 0 and 1, float64."""
    p = np.asarray(share, np.float64)
    odds: np.ndarray = np.log(p) - np.log1p(-p)
    return odds


def reliability(labels: np.ndarray, probabilities: np.ndarray, bins: int = BINS) -> Reliability:
    """Bin probabilities and count what came true.

    Parameters
    ----------
    labels, probabilities
        Arrays of one shape; labels are 1, 0, anything else unknown and not counted.
    bins
        Number of bins of equal width between 0 and 1.
    """
    known = (labels == 0) | (labels == 1)
    p, y = probabilities[known], labels[known] == 1
    place = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], p)
    count = np.bincount(place, minlength=bins)
    predicted, observed = (np.bincount(place, weights=w, minlength=bins) for w in (p, y))
    full = np.where(count > 0, count, np.nan)
    return Reliability(count, predicted / full, observed / full)


def brier(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean squared difference of probability and label; NaN where none is known."""
    known = (labels == 0) | (labels == 1)
    if not known.any():
        return float("nan")
    return float(np.mean((probabilities[known] - (labels[known] == 1)) ** 2))
