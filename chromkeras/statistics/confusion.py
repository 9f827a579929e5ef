"""Confusion table of every task at a threshold, and its rates."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Confusion:
    """Counts of known labels against calls, each of shape (T,), int64.

    Attributes
    ----------
    tp, fp, tn, fn
        Counts of true and false positives, true and false negatives.
    """

    tp: np.ndarray
    fp: np.ndarray
    tn: np.ndarray
    fn: np.ndarray

    def counts(self) -> dict[str, np.ndarray]:
        """Return the four counts by name."""
        return {"tp": self.tp, "fp": self.fp, "tn": self.tn, "fn": self.fn}

    def rates(self) -> dict[str, np.ndarray]:
        """Return every rate by name, shape (T,), float64; NaN where its denominator is 0.

        ``recall`` is also called sensitivity or true positive rate, ``precision`` positive
        predictive value, ``false_positive_rate`` fall-out, ``false_negative_rate`` miss rate.
        """
        tp, fp, tn, fn = (
            count.astype(np.float64) for count in (self.tp, self.fp, self.tn, self.fn)
        )
        recall, specificity = _ratio(tp, tp + fn), _ratio(tn, tn + fp)
        spread = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
        return {
            "accuracy": _ratio(tp + tn, tp + fp + tn + fn),
            "precision": _ratio(tp, tp + fp),
            "recall": recall,
            "f1": _ratio(2 * tp, 2 * tp + fp + fn),
            "specificity": specificity,
            "negative_predictive_value": _ratio(tn, tn + fn),
            "false_positive_rate": _ratio(fp, fp + tn),
            "false_negative_rate": _ratio(fn, fn + tp),
            "false_discovery_rate": _ratio(fp, fp + tp),
            "false_omission_rate": _ratio(fn, fn + tn),
            "balanced_accuracy": (recall + specificity) / 2,
            "matthews_correlation": _ratio(tp * tn - fp * fn, spread),
            "positive_likelihood_ratio": _ratio(recall, 1 - specificity),
            "negative_likelihood_ratio": _ratio(1 - recall, specificity),
            "prevalence": _ratio(tp + fn, tp + fp + tn + fn),
        }


def confusion(
    labels: np.ndarray, scores: np.ndarray, threshold: float | np.ndarray = 0.0
) -> Confusion:
    """Count calls against known labels.

    Parameters
    ----------
    labels
        Labels (n, T); 1 positive, 0 negative, anything else unknown and not counted.
    scores
        Scores (n, T).
    threshold
        Threshold, a number or shape (T,), on the scale of the scores; at or above it a row is
        called positive.
    """
    called = scores >= threshold
    positive, negative = labels == 1, labels == 0
    return Confusion(
        tp=(called & positive).sum(axis=0),
        fp=(called & negative).sum(axis=0),
        tn=(~called & negative).sum(axis=0),
        fn=(~called & positive).sum(axis=0),
    )


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0)
