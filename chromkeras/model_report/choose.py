"""Which sequences to interpret."""

from collections.abc import Sequence

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.model_report.contrasts import Target
from chromkeras.problems.registry import find_problem

INFLUENCE_ROWS = 256  # sequences that the influence of filters is measured on


def scanned_rows(dataset: Dataset, split: str, count: int, seed: int) -> np.ndarray:
    """Return rows for filters to scan: those that stand out in some task, at random.

    Parameters
    ----------
    dataset, split
        Where to choose from.
    count
        How many; all where there are fewer.
    seed
        Seed of the choice.

    Returns
    -------
    np.ndarray
        Shape (n,), int64, sorted.

    Raises
    ------
    InputError
        No row of the split is open in any task.
    """
    rows = element_rows(dataset, split)
    random = np.random.default_rng(seed)
    return np.sort(random.choice(rows, min(count, len(rows)), replace=False))


def spread_out(n: int, count: int) -> np.ndarray:
    """Return ``count`` of n places, at even distances, or all; shape (min(n, count),), int64.

    Rows are in the order of the genome, so that the first of them are neighbours.
    """
    return np.linspace(0, n - 1, min(n, count)).astype(np.int64)


def element_rows(dataset: Dataset, split: str) -> np.ndarray:
    """Return the rows of a split that are open in some task, shape (n,), int64, sorted.

    Raises
    ------
    InputError
        There is none.
    """
    rows = dataset.rows(split)
    problem = find_problem(dataset.problem)
    rows = rows[problem.positive_rows(dataset, rows).any(axis=1)]
    if len(rows) == 0:
        raise InputError(f"no row of the {split} split is open in any task; choose another `split`")
    return rows


def attributed_rows(
    dataset: Dataset,
    rows: np.ndarray,
    outputs: np.ndarray,
    targets: Sequence[Target],
    count: int,
    *,
    link: str = "identity",
) -> np.ndarray:
    """Return rows to attribute: open in a task, and called so there more than in the others.

    Rows are ranked by the task's output (see ``Problem.ranking``) minus the mean over tasks, so
    that what is particular to a task comes first; with one task, by its output; for a contrast, by
    its value. Targets take turns, so each has about ``count`` / K rows, and a row is taken once.
    What "open" and "called open" mean is up to the problem of the data.

    Parameters
    ----------
    dataset
        With all tasks of the model.
    rows, outputs
        Candidates of shape (n,) and the model's outputs of shape (n, T), or (n, T, C).
    targets
        K tasks or contrasts.
    count
        Number of rows; fewer where too few are open.
    link
        What the model's loss makes of an output.

    Returns
    -------
    np.ndarray
        Shape (m,), int64.
    """
    problem, ranked = find_problem(dataset.problem), []
    ranking = problem.ranking(outputs, link)
    calls = problem.called(outputs, dataset, link)
    for target in targets:
        places = [dataset.tasks.index(task) for task in target.raised]
        open_rows = np.flatnonzero(target.is_open(dataset, rows))
        excess = target.excess(ranking[open_rows], dataset.tasks)
        called = calls[open_rows][:, places].any(axis=1)
        ranked.append(open_rows[np.lexsort((-excess, ~called))])
    taken: dict[int, None] = {}
    for place in range(max((len(r) for r in ranked), default=0)):
        for candidates in ranked:
            if place < len(candidates) and len(taken) < count:
                taken[int(rows[candidates[place]])] = None
    return np.array(list(taken), np.int64)
