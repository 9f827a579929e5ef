"""Figures by level of a factor: for each gene, each condition, each cell type."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.data.factor import grouped_rows
from chromkeras.problems.problem import Problem, Threshold
from chromkeras.statistics.means import mean_defined
from chromkeras.tables import plain

# Two points lie on a line whatever they are.
FEWEST_ROWS = 3


@dataclass(frozen=True)
class FactorFigures:
    """Figures of every task at each level of a factor.

    Attributes
    ----------
    name
        Name of the factor, such as "gene".
    levels
        Names of the K levels with at least ``FEWEST_ROWS`` known labels of a task.
    few
        Number of levels with fewer of every task, which are left out.
    rows
        Shape (K,): rows of each level.
    figures
        Arrays of shape (K, T) by name; NaN where a figure is undefined, or a task has too few
        known labels.
    """

    name: str
    levels: tuple[str, ...]
    few: int
    rows: np.ndarray
    figures: dict[str, np.ndarray]

    def mean(self, counts: frozenset[str]) -> dict[str, np.ndarray]:
        """Return the mean over levels where defined, shape (T,), of figures that are no counts."""
        return {
            name: np.array([mean_defined(column) for column in values.T])
            for name, values in self.figures.items()
            if name not in counts
        }

    def to_json(self, tasks: tuple[str, ...], counts: frozenset[str]) -> dict[str, Any]:
        """Return how many levels there are, and the means over them by task."""
        means = self.mean(counts)
        by_task = {t: plain({k: v[i] for k, v in means.items()}) for i, t in enumerate(tasks)}
        return {"levels": len(self.levels), "too few rows": self.few, "mean": by_task}

    def table(self, tasks: tuple[str, ...]) -> list[dict[str, Any]]:
        """Return a row for every level and task."""
        return [
            {self.name: level, "task": task, "rows": int(self.rows[k])}
            | {name: values[k, t] for name, values in self.figures.items()}
            for k, level in enumerate(self.levels)
            for t, task in enumerate(tasks)
        ]


def figures_by_factor(
    problem: Problem,
    outputs: np.ndarray,
    dataset: Dataset,
    rows: np.ndarray,
    *,
    link: str = "identity",
    threshold: Threshold | None = None,
) -> dict[str, FactorFigures]:
    """Measure outputs at each level of every factor of a data set.

    Parameters
    ----------
    problem
        Problem of the labels.
    outputs
        Outputs for the rows, shape (n, T) or (n, T, C).
    dataset, rows
        Data set, and rows that were predicted, shape (n,).
    link, threshold
        As for ``Problem.figures``.

    Returns
    -------
    dict
        ``FactorFigures`` by factor; a factor whose levels all have too few rows is left out.
    """
    values, found = dataset.values(rows), {}
    for name, factor in dataset.factors.items():
        groups = grouped_rows(factor.of[rows])
        counts = [(~np.isnan(values[group])).sum(axis=0) for group in groups]
        pairs = zip(groups, counts, strict=True)
        enough = [(group, n >= FEWEST_ROWS) for group, n in pairs if n.max() >= FEWEST_ROWS]
        if not enough:
            continue
        each = [
            _figures(problem, values[group], outputs[group], tasks, link, threshold)
            for group, tasks in enough
        ]
        found[name] = FactorFigures(
            name,
            tuple(factor.names[factor.of[rows[group[0]]]] for group, _ in enough),
            len(groups) - len(enough),
            np.array([len(group) for group, _ in enough]),
            {key: np.stack([one[key] for one in each]) for key in each[0]},
        )
    return found


def _figures(
    problem: Problem,
    values: np.ndarray,
    outputs: np.ndarray,
    tasks: np.ndarray,
    link: str,
    threshold: Threshold | None,
) -> dict[str, np.ndarray]:
    """Return the figures of one level, NaN for tasks (T,), bool, that have too few labels."""
    found = problem.figures(values, outputs, link=link, threshold=threshold)
    return {
        name: each if name in problem.counts else np.where(tasks, each, np.nan)
        for name, each in found.items()
    }
