"""First-layer filters of two models matched by their motifs, by TomTom on both strands."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from chrominterpret.fdr import benjamini_hochberg
from chrominterpret.matching import match_one_to_one
from chrominterpret.motifs.pairwise import motif_p_values, shuffled_motifs
from chromkeras.comparison.core.comparison import ComparedModel
from chromkeras.comparison.core.controls import MODELS, relation, tasks_of_both
from chromkeras.comparison.filters.filter_matching import (
    PWM,
    FilterMatching,
    MatchedFilters,
)
from chromkeras.comparison.filters.first_filters import FirstFilters
from chromkeras.errors import InputError

Q_CUT = 0.05
_SMALLEST_P = 1e-300


def motif_matchings(
    models: Sequence[ComparedModel], filters: Sequence[FirstFilters], *, seed: int = 0
) -> list[FilterMatching]:
    """Match the filters of every pair of models by their motifs, and by shuffles of them.

    Parameters
    ----------
    models
        Models of ours.
    filters
        First filters of each model.
    seed
        Seed of the shuffles: those that TomTom's p-values refer to, and those of the second model's
        motifs that give ``chance``.
    """
    found = []
    for i, j in combinations(range(len(models)), 2):
        one, other = filters[i], filters[j]
        p_values = motif_p_values(one.motifs, other.motifs, seed=seed)
        pair = match_by_motif(one, other, p_values, kind=relation(models[i], models[j]))
        by_chance = motif_p_values(one.motifs, shuffled_motifs(other.motifs, seed=seed), seed=seed)
        chance = float(match_by_motif(one, other, by_chance).shares[0])
        found.append(replace(pair, chance=chance))
    return found


def match_by_motif(
    first: FirstFilters,
    second: FirstFilters,
    p_values: np.ndarray,
    *,
    threshold: float = Q_CUT,
    kind: str = MODELS,
) -> FilterMatching:
    """Match filters by TomTom's p-values of their motifs.

    Parameters
    ----------
    first, second
        Filters of the two models.
    p_values
        P-value of every filter of the first against every one of the second, as in
        `motif_p_values`.
    threshold
        Filters are alike below this q-value (Benjamini and Hochberg over a task's pairs).
    kind
        As in `FilterMatching`.

    Raises
    ------
    InputError
        The models have no task in common, or the p-values do not fit.
    """
    expected = (len(first.names), len(second.names))
    if p_values.shape != expected:
        raise InputError(f"expected p-values of shape {expected}, received {p_values.shape}")
    common = tasks_of_both(first.tasks, second.tasks)
    blocks = [(first.channels(task), second.channels(task)) for task in common]
    matched = tuple(_matched_by_motif(p_values[a, b], (a, b), threshold) for a, b in blocks)
    return FilterMatching(first.model, second.model, kind, PWM, threshold, common, matched)


def _matched_by_motif(
    p_values: np.ndarray, block: tuple[slice, slice], threshold: float
) -> MatchedFilters:
    live = np.isfinite(p_values)
    score = -np.log10(np.maximum(p_values, _SMALLEST_P))
    q_values = benjamini_hochberg(p_values)
    rows, columns, found = match_one_to_one(score)
    sizes = int(live.any(axis=1).sum()), int(live.any(axis=0).sum())
    starts = [side.start for side in block]
    return MatchedFilters(
        rows + starts[0], columns + starts[1], found, q_values[rows, columns] < threshold, sizes
    )
