"""Which sequences to interpret."""

from collections.abc import Sequence

import numpy as np

from chrominterpret.report.choose import in_turns
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.names import unknown
from chromkeras.problems.registry import find_problem
from chromkeras.scoring.contrasts import Target

DNA = "dna"


def scanned_rows(
    dataset: Dataset, split: str, count: int, seed: int, *, level: str = ""
) -> np.ndarray:
    """Return rows for filters to scan: those that stand out in some task, at random.

    Where rows share DNA, as pairs of a gene and a condition do, each DNA counts once.

    Parameters
    ----------
    dataset, split, level
        Where to choose from; see `split_rows`.
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
    random = np.random.default_rng(seed)
    rows = distinct_dna(dataset, element_rows(dataset, split, level=level), random)
    return np.sort(random.choice(rows, min(count, len(rows)), replace=False))


def distinct_dna(dataset: Dataset, rows: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return one of the rows (n,) of each DNA, drawn at random; all where rows share none."""
    if DNA not in dataset.index:
        return rows
    mixed = random.permutation(rows)
    _, first = np.unique(dataset.table_rows(DNA, mixed), return_index=True)
    return np.sort(mixed[first])


def split_rows(dataset: Dataset, split: str, level: str = "") -> np.ndarray:
    """Return the rows of a split, or of those the rows of one level of a factor.

    Parameters
    ----------
    dataset
        With factors, where a level is asked for.
    split
        Name of the split.
    level
        FACTOR=NAME, such as "condition=aa.starv.1.h"; "" for all rows.

    Returns
    -------
    np.ndarray
        Shape (n,), int64, sorted.

    Raises
    ------
    InputError
        There is no such factor or level, or it has no row in the split.
    """
    rows = dataset.rows(split)
    if not level:
        return rows
    name, _, wanted = level.partition("=")
    if name not in dataset.factors:
        if not dataset.factors:
            raise InputError(f"`level` {level}: expected a data set whose rows have factors")
        raise unknown("factor of `level`:", name, tuple(dataset.factors))
    factor = dataset.factors[name]
    if wanted not in factor.names:
        raise unknown(f"{name} of `level`:", wanted, factor.names)
    rows = rows[factor.of[rows] == factor.names.index(wanted)]
    if len(rows) == 0:
        raise InputError(f"no row of the {split} split has `level` {level}")
    return rows


def element_rows(dataset: Dataset, split: str, *, level: str = "") -> np.ndarray:
    """Return the rows of a split that are open in some task, shape (n,), int64, sorted.

    Raises
    ------
    InputError
        There is none.
    """
    rows = split_rows(dataset, split, level)
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
    return rows[in_turns(ranked, count)].astype(np.int64)
