"""Whether first-layer filters that two models share matter as much to the tasks in both."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import pearsonr, spearmanr

from chromkeras.comparison.filters.filter_matching import FilterMatching
from chromkeras.comparison.filters.first_filters import FirstFilters

FEWEST = 3  # pairs that a correlation takes at least


@dataclass(frozen=True, eq=False)
class InfluenceAgreement:
    """Whether filters that two models share matter as much to a task in both.

    Attributes
    ----------
    tasks
        K names.
    pairs
        Shape (K,), int64: pairs of filters that are alike.
    pearson, spearman
        Shape (K,): correlation of the two filters' influence on the task over these pairs; NaN
        for fewer than 3.
    """

    tasks: tuple[str, ...]
    pairs: np.ndarray
    pearson: np.ndarray
    spearman: np.ndarray


def influence_agreement(
    first: FirstFilters, second: FirstFilters, matching: FilterMatching
) -> InfluenceAgreement:
    """Compare the influence of matched filters on each task.

    Parameters
    ----------
    first, second
        Filters of the two models.
    matching
        Matching of these models' filters.
    """
    rows = []
    for task, matched in zip(matching.tasks, matching.matched, strict=True):
        a, b = (
            side.influence[channels[matched.found], side.tasks.index(task)]
            for side, channels in ((first, matched.first), (second, matched.second))
        )
        rows.append(_correlations(a, b))
    pairs = np.array([int(m.found.sum()) for m in matching.matched])
    values = np.array(rows).reshape(-1, 2)
    return InfluenceAgreement(matching.tasks, pairs, values[:, 0], values[:, 1])


def _correlations(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    if len(first) < FEWEST or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan"), float("nan")
    return float(pearsonr(first, second)[0]), float(spearmanr(first, second)[0])
