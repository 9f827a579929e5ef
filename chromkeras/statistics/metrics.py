"""Figures of binary predictions per task: AUROC, AUPRC, cross-entropy, ROC and best F1.

Labels are 1, 0 or unknown (−1 or NaN); unknown labels count nothing. Arrays are rows × tasks.
"""

from dataclasses import dataclass

import numpy as np

from chromkeras.errors import InputError


def auroc(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Compute the area under the ROC curve of each task, as scikit-learn gives it.

    The probability that a positive scores above a negative, ties counting half (Mann-Whitney).

    Parameters
    ----------
    labels
        Labels (n, T); 1 positive, 0 negative, anything else unknown.
    scores
        Scores (n, T), float; any increasing function of the probability serves.

    Returns
    -------
    np.ndarray
        Areas (T,), float64. NaN where the known labels are all of one class or a score is NaN.

    Raises
    ------
    InputError
        The shapes differ or are not (n, T).
    """
    _check_shapes(labels, scores)
    columns = zip(np.ascontiguousarray(labels.T), np.ascontiguousarray(scores.T), strict=True)
    return np.array([_auroc(label, score) for label, score in columns], np.float64)


def _auroc(labels: np.ndarray, scores: np.ndarray) -> float:
    positive, negative = np.sort(scores[labels == 1]), np.sort(scores[labels == 0])
    pairs = len(positive) * len(negative)
    if pairs == 0 or np.isnan(positive[-1]) or np.isnan(negative[-1]):
        return np.nan
    below = np.searchsorted(negative, positive, side="left").sum()
    not_above = np.searchsorted(negative, positive, side="right").sum()
    return (int(below) + int(not_above)) / 2 / pairs


def auprc(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Compute the average precision of each task: Σ (recall_k − recall_{k−1}) × precision_k.

    Shapes as in ``auroc``. NaN where no known label is positive or a score is NaN.
    """
    _check_shapes(labels, scores)
    return np.array([_average_precision(*pair) for pair in zip(labels.T, scores.T, strict=True)])


def _average_precision(labels: np.ndarray, scores: np.ndarray) -> float:
    steps = ranking(labels, scores)
    if steps.positives == 0 or np.isnan(steps.score).any():
        return np.nan
    return float(np.diff(steps.recall, prepend=0) @ steps.precision)


def cross_entropy(labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Compute the mean binary cross-entropy of each task, in nats, without class weights.

    Parameters
    ----------
    labels, logits
        Arrays (n, T); the logit is log(p / (1 − p)) of the positive class.

    Returns
    -------
    np.ndarray
        Cross-entropies (T,), float64; NaN where no label is known.
    """
    _check_shapes(labels, logits)
    z = logits.astype(np.float64)
    positive, negative = labels == 1, labels == 0
    loss = np.where(positive, np.logaddexp(0, -z), np.where(negative, np.logaddexp(0, z), 0))
    known = (positive | negative).sum(axis=0)
    return np.where(known > 0, loss.sum(axis=0) / np.maximum(known, 1), np.nan)


@dataclass(frozen=True)
class Ranking:
    """Positives of one task as the threshold falls from score to score.

    Attributes
    ----------
    score
        Distinct scores (K,), falling: at step k, scores ≥ ``score[k]`` are called.
    true_positive, false_positive
        Numbers of the called that are positive and negative, shape (K,), int64.
    """

    score: np.ndarray
    true_positive: np.ndarray
    false_positive: np.ndarray

    @property
    def positives(self) -> int:
        """Number of positives."""
        return int(self.true_positive[-1]) if len(self.score) else 0

    @property
    def negatives(self) -> int:
        """Number of negatives."""
        return int(self.false_positive[-1]) if len(self.score) else 0

    @property
    def recall(self) -> np.ndarray:
        """True positive rate at each step; the y axis of a ROC curve."""
        return self.true_positive / max(self.positives, 1)

    @property
    def false_positive_rate(self) -> np.ndarray:
        """False positive rate at each step; the x axis of a ROC curve."""
        return self.false_positive / max(self.negatives, 1)

    @property
    def precision(self) -> np.ndarray:
        """Share of the called that are positive."""
        return self.true_positive / (self.true_positive + self.false_positive)

    @property
    def f1(self) -> np.ndarray:
        """Harmonic mean of precision and recall: 2 TP / (TP + FP + positives)."""
        return 2 * self.true_positive / (self.true_positive + self.false_positive + self.positives)


def ranking(labels: np.ndarray, scores: np.ndarray) -> Ranking:
    """Rank one task by score; labels and scores of shape (n,), unknown labels left out."""
    known = (labels == 1) | (labels == 0)
    order = np.argsort(scores[known])[::-1]
    score, positive = scores[known][order], labels[known][order] == 1
    last = np.flatnonzero(np.append(score[1:] != score[:-1], True)) if score.size else order
    true_positive = np.cumsum(positive)[last]
    return Ranking(score[last], true_positive, last + 1 - true_positive)


def best_f1_thresholds(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return for every task the score at and above which calling gives the best F1.

    Shapes as in ``auroc``; on ties the highest such score. NaN where nothing is positive.
    """
    _check_shapes(labels, scores)
    steps = [ranking(*pair) for pair in zip(labels.T, scores.T, strict=True)]
    return np.array([s.score[s.f1.argmax()] if s.positives else np.nan for s in steps])


def _check_shapes(labels: np.ndarray, scores: np.ndarray) -> None:
    if labels.ndim != 2 or labels.shape != scores.shape:
        raise InputError(
            "expected labels and scores of one shape (rows, tasks), "
            f"received {labels.shape} and {scores.shape}"
        )
