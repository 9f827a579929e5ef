"""Evaluation of outputs on a data set: per task, mean over tasks, and by stratum of rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.data.split_names import SPLITS
from chromkeras.errors import InputError
from chromkeras.evaluation.by_factor import FactorFigures, figures_by_factor
from chromkeras.problems.problem import Problem, Threshold
from chromkeras.problems.registry import find_problem
from chromkeras.statistics.means import mean_defined
from chromkeras.tables import plain


@dataclass(frozen=True)
class Stratum:
    """Figures of every task on one set of rows.

    Attributes
    ----------
    name
        Name of the stratum, such as "all".
    rows
        Number of its rows.
    tasks
        Task names.
    figures
        Arrays of shape (T,) by name; NaN where a figure is undefined.
    counts
        Names of the figures that are counts.
    across
        Means over the rows of figures of each row across its tasks, by name, and in how many rows
        each is defined; empty where the problem has none.
    """

    name: str
    rows: int
    tasks: tuple[str, ...]
    figures: dict[str, np.ndarray]
    counts: frozenset[str]
    across: dict[str, tuple[float, int]] = field(default_factory=dict)

    @property
    def mean(self) -> dict[str, float]:
        """Mean over the tasks where defined, of every figure that is not a count."""
        return {k: mean_defined(v) for k, v in self.figures.items() if k not in self.counts}

    @property
    def undefined(self) -> dict[str, list[str]]:
        """The tasks that each mean leaves out, for figures that leave any out."""
        missing = {
            name: [t for t, v in zip(self.tasks, values, strict=True) if np.isnan(v)]
            for name, values in self.figures.items()
        }
        return {name: tasks for name, tasks in missing.items() if tasks}

    def to_json(self) -> dict[str, Any]:
        """Return plain numbers; undefined ones are None."""
        per_task = {
            task: {name: plain(values[i]) for name, values in self.figures.items()}
            for i, task in enumerate(self.tasks)
        }
        found = {"rows": self.rows, "mean": plain(self.mean), "undefined": self.undefined}
        if self.across:
            found["across tasks"] = {
                name: {"mean": plain(mean), "rows": rows}
                for name, (mean, rows) in self.across.items()
            }
        return found | {"tasks": per_task}


@dataclass(frozen=True)
class Evaluation:
    """Figures by stratum.

    Attributes
    ----------
    tasks
        Task names.
    problem
        Problem of the labels.
    threshold
        Threshold from which rows are called positive, in problems that call rows.
    strata
        Strata by name, as the problem has them; "all" first.
    factors
        Figures at each level of the data set's factors, by name.
    """

    tasks: tuple[str, ...]
    problem: Problem
    threshold: Threshold | None
    strata: dict[str, Stratum]
    factors: dict[str, FactorFigures] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return a plain nested dictionary that ``json`` writes without NaN."""
        found: dict[str, Any] = {}
        if self.threshold is not None:
            each = dict(zip(self.tasks, self.threshold.probability.tolist(), strict=True))
            found["threshold"] = {"rule": self.threshold.rule, "probability": each}
        found["strata"] = {name: s.to_json() for name, s in self.strata.items()}
        if self.factors:
            counts = self.problem.counts
            found["factors"] = {n: f.to_json(self.tasks, counts) for n, f in self.factors.items()}
        return found


def evaluate(
    outputs: np.ndarray,
    dataset: Dataset,
    rows: np.ndarray,
    *,
    link: str = "identity",
    threshold: float | str | None = None,
    valid_outputs: np.ndarray | None = None,
) -> Evaluation:
    """Evaluate outputs on rows of a data set, by the figures of the data set's problem.

    Parameters
    ----------
    outputs
        Outputs of a model, shape (n, T), or (n, T, C) for C classes, for ``rows`` and the data
        set's tasks, in their order.
    dataset, rows
        Data set, and rows that were predicted, shape (n,).
    link
        Link of the loss, "identity" or "exp": its ``LINK``.
    threshold
        Threshold of binary labels: a probability, 0.5 by default, or "f1": for each task the
        threshold with the best F1 on the validation split (0.5 where that split has no positive).
    valid_outputs
        Outputs for the validation split; needed for "f1" only.

    Raises
    ------
    InputError
        Shapes do not fit, an output is not finite, or there are no rows.

    Examples
    --------
    >>> from chromkeras.importers.simulate import demo_dataset
    >>> dataset = demo_dataset()
    >>> rows = dataset.rows("test")
    >>> evaluation = evaluate(dataset.labels[rows] - 0.5, dataset, rows)
    >>> evaluation.strata["all"].mean["auroc"]
    1.0
    """
    problem = find_problem(dataset.problem)
    if len(rows) == 0:
        raise InputError("no rows to evaluate; choose a split that has some")
    values = dataset.values(rows)
    _check_outputs(outputs, values.shape, problem.units(dataset))
    cut = problem.thresholds(threshold, dataset, valid_outputs)
    of_rows, strata = problem.row_figures(values, outputs, link), {}
    for name, mask in problem.strata(dataset, rows).items():
        figures = problem.figures(values[mask], outputs[mask], link=link, threshold=cut)
        across = {
            figure: (mean_defined(each[mask]), int(np.isfinite(each[mask]).sum()))
            for figure, each in of_rows.items()
        }
        strata[name] = Stratum(
            name, int(mask.sum()), dataset.tasks, figures, problem.counts, across
        )
    factors = figures_by_factor(problem, outputs, dataset, rows, link=link, threshold=cut)
    return Evaluation(dataset.tasks, problem, cut, strata, factors)


def match_tasks(dataset: Dataset, tasks: Sequence[str]) -> Dataset:
    """Return the data set with a model's tasks, found by name, in the model's order.

    Raises
    ------
    InputError
        The data set lacks a task.
    """
    missing = [task for task in tasks if task not in dataset.tasks]
    if missing:
        have = ", ".join(dataset.tasks[:8]) + (", …" if len(dataset.tasks) > 8 else "")
        raise InputError(
            f"the data set lacks task {missing[0]!r} of the model ({len(missing)} of "
            f"{len(tasks)} missing); it has {have}"
        )
    return dataset if dataset.tasks == tuple(tasks) else dataset.select_tasks(tasks)


def check_rows(dataset: Dataset, split: str) -> np.ndarray:
    """Return the row numbers of a split, shape (n,); ``InputError`` when it has none."""
    rows = dataset.rows(split)
    if len(rows) == 0:
        have = ", ".join(f"{name} {len(dataset.rows(name))}" for name in SPLITS)
        raise InputError(f"the {split} split has no rows ({have}); choose another `split`")
    return rows


def _check_outputs(outputs: np.ndarray, shape: tuple[int, ...], units: int) -> None:
    expected = shape if units == 1 else (*shape, units)
    if outputs.shape != expected:
        axes = "(rows, tasks)" if units == 1 else "(rows, tasks, classes)"
        raise InputError(f"expected outputs of shape {expected} {axes}, received {outputs.shape}")
    if not np.isfinite(outputs).all():
        bad = int((~np.isfinite(outputs)).sum())
        raise InputError(
            f"expected finite outputs, received {bad} NaN or infinite of {outputs.size}"
        )
