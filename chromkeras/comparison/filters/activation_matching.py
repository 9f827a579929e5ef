"""First-layer filters of two models matched by their activations over the same sequences."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from chrominterpret.filters.correlation import (
    SHIFT,
    FilterCorrelation,
    filter_correlations,
)
from chrominterpret.matching import match_one_to_one
from chromkeras.comparison.core.comparison import ComparedModel
from chromkeras.comparison.core.controls import (
    check_models,
    relation,
    tasks_of_both,
    untrained_copy,
)
from chromkeras.comparison.filters.filter_matching import (
    ACTIVATION,
    ALIKE,
    FilterMatching,
    MatchedFilters,
)
from chromkeras.comparison.filters.first_filters import filters_each, first_networks
from chromkeras.model_report.network_inputs import DNA, Inputs, dna_convolution

QUANTILE = 0.95


def activation_matchings(
    models: Sequence[ComparedModel],
    inputs: Inputs,
    *,
    seed: int = 0,
    shift: int = SHIFT,
    quantile: float = QUANTILE,
) -> list[FilterMatching]:
    """Match the filters of every pair of models by activation, beyond what comes by chance.

    Parameters
    ----------
    models, inputs, shift
        As for `match_by_activation`.
    seed
        Seed of the weights of the random-weight control of each model.
    quantile
        Filters are alike when they correlate more than this share of the pairs that a trained
        model makes with its untrained copy; of the two models' levels the higher counts.

    Returns
    -------
    list of FilterMatching
        The pairs of models in order; their ``threshold`` is that level.
    """
    check_models(models, inputs)
    levels, by_chance = [], []
    for model in models:
        null = match_by_activation(model, untrained_copy(model, seed=seed), inputs, shift=shift)
        scores = np.concatenate([matched.score for matched in null.matched])
        levels.append(float(np.quantile(scores, quantile)) if len(scores) else 1.0)
        by_chance.append(null)
    found = []
    for i, j in combinations(range(len(models)), 2):
        level = max(levels[i], levels[j])
        pair = match_by_activation(models[i], models[j], inputs, threshold=level, shift=shift)
        chance = float(by_chance[i].shares_above(level)[0])
        found.append(replace(pair, chance=chance))
    return found


def match_by_activation(
    first: ComparedModel,
    second: ComparedModel,
    inputs: Inputs,
    *,
    threshold: float = ALIKE,
    shift: int = SHIFT,
) -> FilterMatching:
    """Match filters by the correlation of their activations over the same sequences.

    Parameters
    ----------
    first, second
        Models of ours.
    inputs
        By name, with the one-hot "dna" (n, length, 4); worm models shared as many filters on 120
        sequences as on 500.
    threshold
        Filters are alike from this correlation on.
    shift
        As for ``filter_correlations``; both strands are tried.

    Raises
    ------
    InputError
        The models have no task in common, or read sequences of another length.
    """
    check_models([first, second], inputs)
    (tasks, _, rows), (others, _, other_rows) = map(first_networks, (first, second))
    common = tasks_of_both(tasks, others)
    pairs = [(rows[tasks.index(t)], other_rows[others.index(t)]) for t in common]
    distinct = list(dict.fromkeys(pairs))
    sizes = [filters_each(model) for model in (first, second)]
    blocks = [(_block(i, sizes[0]), _block(j, sizes[1])) for i, j in distinct]
    found = filter_correlations(
        (first.network, dna_convolution(first.network)),
        (second.network, dna_convolution(second.network)),
        inputs[DNA],
        blocks,
        shift=shift,
    )
    by_pair = {
        pair: _matched_by_activation(correlation, block, threshold)
        for pair, block, correlation in zip(distinct, blocks, found, strict=True)
    }
    return FilterMatching(
        first.name,
        second.name,
        relation(first, second),
        ACTIVATION,
        threshold,
        common,
        tuple(by_pair[pair] for pair in pairs),
    )


def _block(row: int, size: int) -> slice:
    return slice(row * size, (row + 1) * size)


def _matched_by_activation(
    correlation: FilterCorrelation, block: tuple[slice, slice], threshold: float
) -> MatchedFilters:
    value = correlation.value
    rows, columns, score = match_one_to_one(value)
    live = np.isfinite(value)
    sizes = int(live.any(axis=1).sum()), int(live.any(axis=0).sum())
    starts = [side.start for side in block]
    return MatchedFilters(rows + starts[0], columns + starts[1], score, score >= threshold, sizes)
