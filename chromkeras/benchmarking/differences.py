"""Differences of score between contenders, with intervals over other rows and other trainings."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from chromkeras.benchmarking.contenders import Contender
from chromkeras.benchmarking.runs import Replicate
from chromkeras.comparison.core.regions import region_of
from chromkeras.comparison.predictions.differences import stratum_bootstrap
from chromkeras.data.dataset import Dataset
from chromkeras.problems.registry import find_problem
from chromkeras.progress import Report
from chromkeras.statistics.bootstrap import Bootstrap
from chromkeras.statistics.means import mean_defined


@dataclass(frozen=True)
class Difference:
    """Score of a contender minus that of another, the mean over tasks, on one stratum.

    Attributes
    ----------
    first, second
        The contenders.
    stratum
        Name of the rows.
    difference
        Difference of the means over seeds.
    low, high
        95 % bootstrap interval over regions and seeds.
    gains, losses
        Numbers of tasks whose mean over seeds is higher, and lower.
    """

    first: Contender
    second: Contender
    stratum: str
    difference: float
    low: float
    high: float
    gains: int
    losses: int

    def row(self, score: str) -> dict[str, Any]:
        """Return the row of a table."""
        return {
            "first": self.first.name,
            "second": self.second.name,
            "stratum": self.stratum,
            f"{score}_difference": self.difference,
            "low": self.low,
            "high": self.high,
            "tasks_higher": self.gains,
            "tasks_lower": self.losses,
        }


def pairs(contenders: Sequence[Contender]) -> list[tuple[Contender, Contender]]:
    """Return the pairs to set against each other: plans of a model first, then models of a plan.

    What has no plan goes with every other. In each pair the one that was named later stands first.
    """
    every = [(later, earlier) for earlier, later in combinations(contenders, 2)]
    plans = [(a, b) for a, b in every if (a.model, a.size) == (b.model, b.size)]
    return plans + [(a, b) for a, b in every if a.plan == b.plan or "" in (a.plan, b.plan)]


def measure_differences(
    replicates: Sequence[Replicate],
    dataset: Dataset,
    rows: np.ndarray,
    strata: Sequence[str],
    *,
    bootstrap: int,
    seed: int = 0,
    progress: Report | None = None,
) -> list[Difference]:
    """Measure the differences of all pairs on each stratum.

    Parameters
    ----------
    replicates
        Trained models with their outputs for ``rows``.
    dataset, rows
        Data set, and rows of the split, shape (n,).
    strata
        Names of the strata.
    bootstrap
        Number of bootstrap replicates B.
    seed
        Seed of the bootstrap.
    progress
        Called with bootstrap replicates done and in all.

    Notes
    -----
    A bootstrap replicate draws regions of the genome and, of each contender, as many of its n seeds
    with replacement, whose deviation from their mean is widened by √(n / (n − 1)), as n draws from
    n values vary too little. So the interval is of other rows and other trainings; with one seed,
    of other rows alone.
    """
    problem, contenders = find_problem(dataset.problem), _contenders(replicates)
    chosen = pairs(contenders)
    if not chosen:
        return []
    outputs = np.stack([one.outputs for one in replicates])
    groups = [
        [i for i, one in enumerate(replicates) if one.contender == each] for each in contenders
    ]
    regions, values = region_of(dataset, rows), dataset.values(rows)
    masks, found = problem.strata(dataset, rows), []
    for place, name in enumerate(strata):
        inside = masks[name]

        def tell(done: int, total: int, place: int = place, name: str = name) -> None:
            if progress is not None:
                progress(place * total + done, len(strata) * total, name)

        links = [one.contender.link(dataset.problem) for one in replicates]
        drawn = stratum_bootstrap(
            values[inside], outputs[:, inside], regions[inside], replicates=bootstrap, seed=seed,
            problem=problem, progress=tell, links=links,
        )  # fmt: skip
        of_group = resampled_seeds(drawn, groups, seed=seed)
        scores = [one.evaluation.strata[name].figures[problem.score] for one in replicates]
        means = np.stack([np.mean([scores[i] for i in group], axis=0) for group in groups])
        for first, second in chosen:
            a, b = contenders.index(first), contenders.index(second)
            by_task = means[a] - means[b]
            low, high = percentiles(of_group[:, a] - of_group[:, b])
            gains, losses = int((by_task > 0).sum()), int((by_task < 0).sum())
            difference = mean_defined(by_task)
            found.append(Difference(first, second, name, difference, low, high, gains, losses))
    return sorted(found, key=lambda one: chosen.index((one.first, one.second)))


def resampled_seeds(
    bootstrap: Bootstrap, groups: Sequence[Sequence[int]], *, seed: int
) -> np.ndarray:
    """Return the score of each group in each bootstrap replicate, its seeds resampled as well.

    Parameters
    ----------
    bootstrap
        Scores of the M models on resampled rows, (B, M, T).
    groups
        Models of each of L groups: the seeds of a contender.
    seed
        Seed of the draws.

    Returns
    -------
    np.ndarray
        Shape (B, L), float64, the mean over tasks where defined.
    """
    rng = np.random.default_rng(seed)
    means = mean_defined(bootstrap.scores, axis=2)
    columns = []
    for group in groups:
        own, count = means[:, list(group)], len(group)
        centre = own.mean(axis=1)
        if count > 1:
            drawn = np.take_along_axis(own, rng.integers(count, size=own.shape), axis=1)
            centre = centre + np.sqrt(count / (count - 1)) * (drawn.mean(axis=1) - centre)
        columns.append(centre)
    return np.stack(columns, axis=1)


def percentiles(values: np.ndarray) -> tuple[float, float]:
    """Return the 95 % percentile interval of the values that are defined; NaN where none is."""
    defined = values[np.isfinite(values)]
    if not len(defined):
        return float("nan"), float("nan")
    low, high = np.percentile(defined, (2.5, 97.5)).tolist()
    return low, high


def shown_strata(replicates: Sequence[Replicate]) -> tuple[str, ...]:
    """Return the strata that hold other rows than all, and where every score is defined."""
    first = replicates[0].evaluation
    score, whole = first.problem.score, first.strata["all"].rows
    return tuple(
        name
        for name, stratum in first.strata.items()
        if name == "all"
        or (
            stratum.rows < whole
            and all(np.isfinite(one.evaluation.strata[name].mean[score]) for one in replicates)
        )
    )


def _contenders(replicates: Sequence[Replicate]) -> list[Contender]:
    found: list[Contender] = []
    for one in replicates:
        if one.contender not in found:
            found.append(one.contender)
    return found
