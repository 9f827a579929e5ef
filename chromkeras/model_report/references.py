"""References: what sequences are compared with, by the names of `reference_kind`."""

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.model_report.choices import ReferenceKind
from chromkeras.problems.registry import find_problem


def check_references(kind: ReferenceKind, dataset: Dataset, count: int) -> None:
    """Check that there are as many sequences to compare with as are wanted.

    Raises
    ------
    InputError
        Too few training rows are closed in every task.
    """
    if kind == "genomic" and (there := len(_closed_rows(dataset))) < count:
        raise InputError(
            f"`reference_kind` genomic: expected at least {count} training rows that are closed in "
            f"every task, received {there}; {_remedy(dataset)}"
        )


def make_references(
    kind: ReferenceKind, dataset: Dataset, rows: np.ndarray, count: int, seed: int
) -> str | np.ndarray:
    """Return references as ``chrominterpret.methods.deep_lift_shap`` takes them.

    Parameters
    ----------
    kind
        Kind of reference, described in ``choices.REFERENCE_KINDS``.
    dataset, rows
        Data set that genomic references are drawn from, and its rows (n,) that are attributed, of
        which "background" takes the base frequencies.
    count, seed
        Number of genomic references, and seed of their choice.

    Returns
    -------
    str or np.ndarray
        A name, float32 base frequencies (4,), or float32 (count, length, 4).
    """
    if kind == "shuffle":
        return "dinucleotide_shuffle"
    if kind == "background":
        return _frequencies(dataset, rows)
    if kind != "genomic":
        return kind
    random = np.random.default_rng(seed)
    rows = random.choice(_closed_rows(dataset), count, replace=False)
    return dataset.one_hot(np.sort(rows)).astype(np.float32)


def _frequencies(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Return the base frequencies of rows (n,), float32 (4,)."""
    counts = np.bincount(dataset.codes(rows).ravel(), minlength=4)[:4]
    return (counts / max(counts.sum(), 1)).astype(np.float32)


def _closed_rows(dataset: Dataset) -> np.ndarray:
    """Return the training rows with known labels that stand out in no task, shape (n,)."""
    rows = dataset.rows("train")
    opened = find_problem(dataset.problem).positive_rows(dataset, rows)
    return rows[(dataset.known[rows] & ~opened).all(axis=1)]


def _remedy(dataset: Dataset) -> str:
    if dataset.origin is not None:
        return dataset.where_rows_are
    return (
        "lower `references`, leave TF-MoDISco out by `modisco` 0, or prepare the data with "
        "background rows"
    )
