"""Evaluate logits against a data set: per task, mean over tasks, and by stratum of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chromkeras.data.dataset import SPLITS, Dataset
from chromkeras.errors import InputError
from chromkeras.names import unknown
from chromkeras.statistics.confusion import confusion
from chromkeras.statistics.metrics import (
    auprc,
    auroc,
    best_f1_thresholds,
    cross_entropy,
    mean_defined,
)

STRATA = ("all", "elements", "specific")
COUNTS = ("known", "positives", "tp", "fp", "tn", "fn")


@dataclass(frozen=True)
class Stratum:
    """Every figure of every task on one set of rows.

    Attributes
    ----------
    name
        One of ``STRATA``.
    rows
        How many rows it holds.
    tasks
        Task names.
    figures
        Arrays of shape (T,) by name; NaN where a figure is undefined.
    """

    name: str
    rows: int
    tasks: tuple[str, ...]
    figures: dict[str, np.ndarray]

    @property
    def mean(self) -> dict[str, float]:
        """Mean over the tasks where defined, of every figure that is not a count."""
        return {k: mean_defined(v) for k, v in self.figures.items() if k not in COUNTS}

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
            task: {name: _plain(values[i]) for name, values in self.figures.items()}
            for i, task in enumerate(self.tasks)
        }
        mean = {name: _plain(value) for name, value in self.mean.items()}
        return {"rows": self.rows, "mean": mean, "undefined": self.undefined, "tasks": per_task}


@dataclass(frozen=True)
class Evaluation:
    """Figures by stratum, and the thresholds behind the confusion tables.

    Attributes
    ----------
    tasks
        Task names.
    rule
        "f1" or the probability asked for, as text.
    threshold
        Shape (T,), probability at and above which a row is called positive.
    strata
        By name: "all" rows; "elements", rows that are no background; "specific", elements with
        fewer than half of their known labels positive.
    """

    tasks: tuple[str, ...]
    rule: str
    threshold: np.ndarray
    strata: dict[str, Stratum]

    def to_json(self) -> dict[str, Any]:
        """Return a plain nested dictionary that ``json`` writes without NaN."""
        thresholds = {t: float(p) for t, p in zip(self.tasks, self.threshold, strict=True)}
        return {
            "threshold": {"rule": self.rule, "probability": thresholds},
            "strata": {name: stratum.to_json() for name, stratum in self.strata.items()},
        }


def evaluate(
    logits: np.ndarray,
    dataset: Dataset,
    rows: np.ndarray,
    *,
    threshold: float | str = 0.5,
    valid_logits: np.ndarray | None = None,
) -> Evaluation:
    """Compare logits with the known labels of chosen rows.

    Parameters
    ----------
    logits
        Shape (n, T), float32: log-odds for ``rows`` and the data set's tasks, in their order.
    dataset
        Labels 1 and 0.
    rows
        Shape (n,), data set rows.
    threshold
        A probability, or "f1": for each task the threshold with the best F1 on the validation
        split (0.5 where that split has no positive).
    valid_logits
        Shape (rows of the validation split, T); needed for "f1" only.

    Raises
    ------
    InputError
        Shapes do not fit, a logit is not finite, labels are not classes, or there are no rows.
    """
    labels = _labels(dataset, rows)
    _check_logits(logits, labels.shape)
    cut = logit_threshold(dataset, threshold, valid_logits)
    masks = _strata(dataset, rows)
    strata = {
        name: _stratum(name, labels[mask], logits[mask], cut, dataset.tasks)
        for name, mask in masks.items()
    }
    return Evaluation(dataset.tasks, str(threshold), 1 / (1 + np.exp(-cut)), strata)


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
        raise InputError(f"the {split} split has no rows ({have}); choose another --split")
    return rows


def specific_rows(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Return which rows are elements with fewer than half of their known labels positive.

    Rows without a known label are not specific. Shape (n,), bool.
    """
    known = dataset.known[rows].sum(axis=1)
    positive = (dataset.values(rows) == 1).sum(axis=1)
    return dataset.elements[rows] & (2 * positive < known)


def logit_threshold(
    dataset: Dataset, threshold: float | str, valid_logits: np.ndarray | None = None
) -> np.ndarray:
    """Return the threshold of every task as log-odds, shape (T,), float64; see ``evaluate``."""
    if threshold == "f1":
        return _f1_threshold(dataset, valid_logits)
    if isinstance(threshold, str):
        raise unknown("threshold", threshold, ("f1", "a probability such as 0.5"))
    if not 0 < threshold < 1:
        raise InputError(
            f"expected a threshold strictly between 0 and 1, or f1; received {threshold}"
        )
    return np.full(len(dataset.tasks), np.log(threshold) - np.log1p(-threshold))


def _f1_threshold(dataset: Dataset, valid_logits: np.ndarray | None) -> np.ndarray:
    labels = _labels(dataset, dataset.rows("valid"))
    if valid_logits is None:
        raise InputError("threshold f1 is chosen on the validation split: expected its logits")
    _check_logits(valid_logits, labels.shape)
    best = best_f1_thresholds(labels, valid_logits).astype(np.float64)
    return np.where(np.isnan(best), 0.0, best)


def _strata(dataset: Dataset, rows: np.ndarray) -> dict[str, np.ndarray]:
    every = np.ones(len(rows), bool)
    masks = (every, dataset.elements[rows], specific_rows(dataset, rows))
    return dict(zip(STRATA, masks, strict=True))


def _stratum(
    name: str, labels: np.ndarray, logits: np.ndarray, cut: np.ndarray, tasks: tuple[str, ...]
) -> Stratum:
    # A float32 logit chosen as threshold must compare equal to itself, hence float64 on both sides.
    table = confusion(labels, logits.astype(np.float64), cut)
    figures = {
        "known": (labels >= 0).sum(axis=0),
        "positives": (labels == 1).sum(axis=0),
        "auroc": auroc(labels, logits),
        "auprc": auprc(labels, logits),
        "loss": cross_entropy(labels, logits),
        **table.rates(),
        **table.counts(),
    }
    return Stratum(name, len(labels), tasks, figures)


def _labels(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    if dataset.problem != "binary":
        raise InputError(f"expected a data set of problem 'binary', received {dataset.problem!r}")
    if len(rows) == 0:
        raise InputError("no rows to evaluate; choose a split that has some")
    return dataset.values(rows)


def _check_logits(logits: np.ndarray, shape: tuple[int, ...]) -> None:
    if logits.shape != shape:
        raise InputError(f"expected logits of shape {shape} (rows, tasks), received {logits.shape}")
    if not np.isfinite(logits).all():
        bad = int((~np.isfinite(logits)).sum())
        raise InputError(f"expected finite logits, received {bad} NaN or infinite of {logits.size}")


def _plain(value: Any) -> int | float | None:
    number = value.item() if hasattr(value, "item") else value
    return None if number != number else number
