"""Which sequences to interpret."""

from collections.abc import Sequence

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.model_report.contrasts import Target

INFLUENCE_ROWS = 256  # sequences that the influence of filters is measured on


def scanned_rows(dataset: Dataset, split: str, count: int, seed: int) -> np.ndarray:
    """Return rows for filters to scan: elements open in some task, at random.

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
    rows = rows[(dataset.values(rows) == 1).any(axis=1)]
    if len(rows) == 0:
        raise InputError(f"no row of the {split} split is open in any task; choose another `split`")
    return rows


def attributed_rows(
    dataset: Dataset,
    rows: np.ndarray,
    logits: np.ndarray,
    targets: Sequence[Target],
    count: int,
) -> np.ndarray:
    """Return rows to attribute: open in a task, and called so there more than in the others.

    Rows are ranked by the task's logit minus the mean over tasks, so that what is particular to
    a task comes first; with one task, by its logit; for a contrast, by its value. Targets take
    turns, so each has about ``count`` / K rows, and a row is taken once.

    Parameters
    ----------
    dataset
        With all tasks of the model.
    rows, logits
        Candidates of shape (n,) and the model's logits of shape (n, T).
    targets
        K tasks or contrasts.
    count
        How many rows; fewer where too few are open.

    Returns
    -------
    np.ndarray
        Shape (m,), int64.
    """
    ranked = []
    for target in targets:
        columns = [dataset.tasks.index(task) for task in target.raised]
        open_rows = np.flatnonzero(target.is_open(dataset, rows))
        excess = target.excess(logits[open_rows], dataset.tasks)
        called = logits[open_rows][:, columns].max(axis=1) > 0
        ranked.append(open_rows[np.lexsort((-excess, ~called))])
    taken: dict[int, None] = {}
    for place in range(max((len(r) for r in ranked), default=0)):
        for candidates in ranked:
            if place < len(candidates) and len(taken) < count:
                taken[int(rows[candidates[place]])] = None
    return np.array(list(taken), np.int64)
