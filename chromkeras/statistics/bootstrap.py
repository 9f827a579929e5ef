"""Bootstrap intervals of differences between models' scores, on the same resampled regions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from chromkeras.errors import InputError
from chromkeras.statistics.means import mean_defined

_AT_ONCE = 50  # replicates held in memory together
_SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Score of every model and task on resampled regions, such as the AUROC.

    Attributes
    ----------
    scores
        Shape (B, M, T), float64; NaN where it is undefined, as in a replicate of one class only.
    """

    scores: np.ndarray

    def interval(self, first: int, second: int, level: float = 0.95) -> np.ndarray:
        """Return the percentile interval of model ``first`` minus ``second``, shape (2, T)."""
        return _percentiles(self.scores[:, first] - self.scores[:, second], level)

    def mean_interval(self, first: int, second: int, level: float = 0.95) -> np.ndarray:
        """Return the interval of the difference of means over tasks, shape (2,)."""
        difference = self.scores[:, first] - self.scores[:, second]
        return _percentiles(mean_defined(difference, axis=1), level)


def bootstrap_auroc(
    labels: np.ndarray,
    scores: np.ndarray,
    regions: np.ndarray,
    *,
    replicates: int = 1000,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Bootstrap:
    """Resample regions with replacement and compute every model's AUROC on each sample.

    All rows of a region come together, as often as it is drawn (cluster bootstrap; Efron and
    Tibshirani 1993, chapter 8).

    Parameters
    ----------
    labels
        Labels (n, T); 1, 0, anything else unknown.
    scores
        Scores (M, n, T) of M models.
    regions
        Region number of each row, shape (n,).
    replicates
        Number of replicates B.
    seed
        Seed of the resampling.
    progress
        Function called with numbers of replicates (done, in all).

    Raises
    ------
    InputError
        Shapes do not fit, or ``replicates`` is below 1.
    """
    if scores.ndim != 3 or scores.shape[1:] != labels.shape or regions.shape != labels.shape[:1]:
        raise InputError(
            "expected labels (n, T), scores (M, n, T) and regions (n,), "
            f"received {labels.shape}, {scores.shape} and {regions.shape}"
        )
    if replicates < 1:
        raise InputError(f"expected at least 1 replicate, received {replicates}")
    result = np.empty((replicates, scores.shape[0], labels.shape[1]))
    models, tasks = result.shape[1:]
    ranked = {(m, t): _rank(labels[:, t], scores[m, :, t]) for m, t in np.ndindex(models, tasks)}
    for part, counts in _counts(regions, replicates, seed):
        weights = _columns(counts)
        for (model, task), ranks in ranked.items():
            result[part, model, task] = ranks.areas(weights)
        if progress is not None:
            progress(part.stop, replicates)
    return Bootstrap(result)


def bootstrap_scores(
    score: Callable[[np.ndarray, int], np.ndarray],
    models: int,
    regions: np.ndarray,
    *,
    replicates: int = 1000,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Bootstrap:
    """Resample regions with replacement as ``bootstrap_auroc`` does, for any score.

    Parameters
    ----------
    score
        Function of rows (m,), as often as they were drawn, and of a model's number; returns the
        score of each task, shape (T,).
    models
        M.
    regions
        Shape (n,), region number of each row.
    replicates
        B.
    seed
        Seed of the resampling.
    progress
        Called with replicates done and in all.

    Raises
    ------
    InputError
        ``replicates`` is below 1.

    Examples
    --------
    >>> values = np.arange(4.0)[:, None]
    >>> found = bootstrap_scores(
    ...     lambda rows, model: values[rows].mean(axis=0), 1, np.arange(4), replicates=2
    ... )
    >>> found.scores.shape
    (2, 1, 1)
    """
    if replicates < 1:
        raise InputError(f"expected at least 1 replicate, received {replicates}")
    found = []
    for some, counts in _counts(regions, replicates, seed):
        for count in counts:
            rows = np.repeat(np.arange(len(regions)), count)
            found.append(np.stack([score(rows, model) for model in range(models)]))
        if progress is not None:
            progress(some.stop, replicates)
    return Bootstrap(np.stack(found))


def weighted_auroc(positive: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the AUROC with each row counted by a weight, for B sets of weights.

    Parameters
    ----------
    positive
        Rows that are positive, shape (n,), bool.
    scores
        Scores (n,); ties count half.
    weights
        Weights (B, n), at least 0.

    Returns
    -------
    np.ndarray
        Areas (B,), float64; NaN where a class has no weight.
    """
    return _rank(np.where(positive, 1, 0), scores).areas(_columns(weights))


@dataclass(frozen=True, eq=False)
class _Ranks:
    """Rows of one task, ranked by one model's scores.

    Attributes
    ----------
    positive, negative
        Places of the P positive rows, and of the N negative ones by rising score.
    below, up_to
        Shape (P,): how many negatives score less than each positive, and how many no more.
    """

    positive: np.ndarray
    negative: np.ndarray
    below: np.ndarray
    up_to: np.ndarray

    def areas(self, weights: np.ndarray) -> np.ndarray:
        """Return the AUROC with each row counted by a weight (n, B), shape (B,)."""
        total = np.zeros((len(self.negative) + 1, weights.shape[1]))
        np.cumsum(weights[self.negative], axis=0, out=total[1:])
        own = weights[self.positive]
        won = np.einsum("pb,pb->b", own, total[self.below])
        if (self.below < self.up_to).any():  # ties count half
            won = (won + np.einsum("pb,pb->b", own, total[self.up_to])) / 2
        pairs = own.sum(axis=0) * total[-1]
        return np.divide(won, pairs, out=np.full(len(won), np.nan), where=pairs > 0)


def _rank(labels: np.ndarray, scores: np.ndarray) -> _Ranks:
    """Rank the rows of labels 0 and 1 of one task, all of shape (n,)."""
    positive, negative = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
    negative = negative[np.argsort(scores[negative], kind="stable")]
    sides = (np.searchsorted(scores[negative], scores[positive], side) for side in _SIDES)
    return _Ranks(positive, negative, *sides)


def _columns(weights: np.ndarray) -> np.ndarray:
    """Return weights (B, n) as float64 (n, B): those of a row lie together."""
    return np.ascontiguousarray(weights.T, np.float64)


def _counts(regions: np.ndarray, replicates: int, seed: int) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield replicates, some at a time, and how often each row is in them, (b, n)."""
    _, region = np.unique(regions, return_inverse=True)
    n = int(region.max(initial=-1)) + 1
    random = np.random.default_rng(seed)
    for start in range(0, replicates, _AT_ONCE):
        part = slice(start, min(start + _AT_ONCE, replicates))
        drawn = random.multinomial(n, np.full(n, 1 / n), size=part.stop - part.start)
        yield part, drawn[:, region]


def _percentiles(values: np.ndarray, level: float) -> np.ndarray:
    if not 0 < level < 1:
        raise InputError(f"expected a level between 0 and 1, received {level}")
    limits = [50 * (1 - level), 50 * (1 + level)]
    undefined = np.isnan(values).all(axis=0)
    found: np.ndarray = np.nanpercentile(np.where(undefined, 0.0, values), limits, axis=0)
    return np.where(undefined, np.nan, found)
