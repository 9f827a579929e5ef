"""Logistic regression on k-mer counts: the baseline a network has to beat.

Ghandi et al. 2014 (PLoS Comput Biol 10:e1003711) and Kelley et al. 2016 (Genome Res 26:990)
measure against k-mer models of this kind.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from chromkeras.data.codes import UNKNOWN
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.statistics.means import mean_defined
from chromkeras.statistics.metrics import auroc

_CHUNK = 4096


@dataclass(frozen=True)
class KmerModel:
    """Linear model of each task on the k-mers of the middle of each sequence.

    Attributes
    ----------
    k
        Number of letters in a k-mer.
    window
        Number of bases in the middle of each sequence that are counted.
    weights
        Weights (F, T), one per k-mer (both strands pooled) and task.
    bias
        Biases (T,).
    """

    k: int
    window: int
    weights: np.ndarray
    bias: np.ndarray

    def logits(self, dataset: Dataset, rows: np.ndarray) -> np.ndarray:
        """Return log-odds of the chosen rows, shape (n, T), float32."""
        features = kmer_features(dataset, rows, k=self.k, window=self.window)
        return (features @ self.weights + self.bias).astype(np.float32)


def fit_kmer_model(
    dataset: Dataset,
    rows: np.ndarray,
    *,
    k: int = 6,
    window: int = 300,
    strength: float = 0.01,
) -> KmerModel:
    """Fit one ℓ2-regularised logistic regression per task on its known labels.

    Parameters
    ----------
    dataset
        Data set of DNA and binary labels.
    rows
        Rows to fit on, shape (n,).
    k, window
        Length of a k-mer and of the middle, as in ``KmerModel``.
    strength
        Parameter C of scikit-learn: the inverse of the ℓ2 penalty.

    Raises
    ------
    InputError
        A task has no known label, only positives or only negatives in ``rows``.
    """
    features = kmer_features(dataset, rows, k=k, window=window)
    return _fit(dataset, rows, features, k, window, strength)


def fit_best_kmer_model(
    dataset: Dataset,
    strengths: tuple[float, ...],
    *,
    k: int = 6,
    window: int = 300,
    elements: bool = False,
) -> tuple[KmerModel, float]:
    """Fit on the training split with each strength; keep the best mean AUROC on validation.

    With ``elements``, background rows are left out of both.

    Returns
    -------
    tuple[KmerModel, float]
        Model and its ``strength``.
    """
    train, valid = (
        rows[dataset.elements[rows]] if elements else rows
        for rows in (dataset.rows("train"), dataset.rows("valid"))
    )
    features = kmer_features(dataset, train, k=k, window=window)
    models = {c: _fit(dataset, train, features, k, window, c) for c in strengths}
    labels = dataset.values(valid)
    scores = {c: mean_defined(auroc(labels, m.logits(dataset, valid))) for c, m in models.items()}
    best = max(scores, key=lambda c: scores[c])
    return models[best], best


def kmer_features(
    dataset: Dataset, rows: np.ndarray, *, k: int = 6, window: int = 300
) -> np.ndarray:
    """Return log(1 + count) of every k-mer, a k-mer and its reverse complement being one.

    k-mers with N are not counted. Shape (n, F), float32, in alphabetical order of the k-mers.
    """
    length = dataset.dna.length
    if not 1 <= k <= min(window, length):
        raise InputError(f"expected k between 1 and {min(window, length)}, received {k}")
    start = max(0, (length - window) // 2)
    pool, size = _pooled(k)
    counts = np.zeros((len(rows), size), np.float32)
    for begin in range(0, len(rows), _CHUNK):
        codes = dataset.codes(rows[begin : begin + _CHUNK])[:, start : start + window]
        _count(codes, k, pool, counts[begin : begin + _CHUNK])
    return np.log1p(counts, out=counts)


def _count(codes: np.ndarray, k: int, pool: np.ndarray, out: np.ndarray) -> None:
    windows = np.lib.stride_tricks.sliding_window_view(codes, k, axis=1)
    known = (windows < UNKNOWN).all(axis=2)
    words = np.where(known, windows @ (4 ** np.arange(k)[::-1]), 0)
    row, _ = np.nonzero(known)
    np.add.at(out, (row, pool[words[known]]), 1)


def _pooled(k: int) -> tuple[np.ndarray, int]:
    """Return the feature of each of the 4^k words, and the number of features."""
    words = np.arange(4**k)
    digits = words[:, None] // 4 ** np.arange(k) % 4
    opposite = (3 - digits) @ (4 ** np.arange(k)[::-1])
    canonical, feature = np.unique(np.minimum(words, opposite), return_inverse=True)
    return feature, len(canonical)


def _fit(
    dataset: Dataset, rows: np.ndarray, features: np.ndarray, k: int, window: int, c: float
) -> KmerModel:
    labels = dataset.values(rows)
    fits = [
        _fit_task(name, features, label, c)
        for name, label in zip(dataset.tasks, labels.T, strict=True)
    ]
    weights = np.stack([fit.coef_[0] for fit in fits], axis=1).astype(np.float32)
    bias = np.array([fit.intercept_[0] for fit in fits], np.float32)
    return KmerModel(k, window, weights, bias)


def _fit_task(name: str, features: np.ndarray, labels: np.ndarray, c: float) -> LogisticRegression:
    known = np.isfinite(labels)
    if len(np.unique(labels[known])) < 2:
        raise InputError(f"task {name!r} needs positives and negatives among the rows to fit on")
    return LogisticRegression(C=c, max_iter=1000).fit(features[known], labels[known])
