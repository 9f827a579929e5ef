"""What baselines have in common: targets of the tasks, the choice of C, fits on given features."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chromkeras.baselines.options import Options
from chromkeras.baselines.solver import Explicit, Loss, Space, Vector, minimise
from chromkeras.data.dataset import Dataset
from chromkeras.problems.registry import find_problem
from chromkeras.progress import Report, progress
from chromkeras.statistics.means import mean_defined

# Values of C that may be no better than the best one before the search ends.
_PATIENCE = 2


@dataclass(frozen=True, eq=False)
class Fit:
    """Fitted baseline.

    Attributes
    ----------
    strength
        Chosen C.
    tried
        Mean validation score of each C that was tried.
    scores
        Validation scores of the tasks, shape (T,).
    weights
        Arrays of each layer of the network, by its name.
    rows
        Number of training rows.
    features
        Number of features.
    """

    strength: float
    tried: dict[float, float]
    scores: np.ndarray
    weights: dict[str, list[np.ndarray]]
    rows: int
    features: int


@dataclass(frozen=True, eq=False)
class Choice:
    """Best of several values of C.

    Attributes
    ----------
    strength, tried
        As in ``Fit``.
    vector
        Weights of the tasks.
    outputs, scores
        Outputs for the validation rows, shape (n, T), and their score by task, shape (T,).
    """

    strength: float
    tried: dict[float, float]
    vector: Vector
    outputs: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True)
class _Steps:
    """Progress over the values of C that are tried.

    Attributes
    ----------
    report
        What is told.
    count
        Number of values.
    """

    report: Report
    count: int

    def of(self, place: int, strength: float) -> Callable[[int, float], None]:
        """Return what to call after each pass of one fit."""
        furthest = 0.0

        def told(number: int, left: float) -> None:
            nonlocal furthest
            # The gradient falls by a factor of 1000; by its logarithm the end can be foreseen.
            furthest = max(furthest, min(-np.log10(max(left, 1e-3)) / 3, 1.0))
            note = f"C {strength:g}, pass {number}"
            self.report(round(100 * (place + furthest)), 100 * self.count, note)

        return told


def fitted_rows(dataset: Dataset, options: Options, split: str) -> np.ndarray:
    """Return the rows of a split to fit on or choose by: with a known label, and as wanted."""
    rows = dataset.labelled(dataset.rows(split))
    if options.elements:
        rows = rows[dataset.elements[rows]]
    if split == "train" and 0 < options.rows < len(rows):
        random = np.random.default_rng(0)
        rows = np.sort(random.choice(rows, options.rows, replace=False))
    return rows


def targets(values: np.ndarray, kind: str, *, balanced: bool) -> Loss:
    """Return the loss of labels at C = 1.

    Parameters
    ----------
    values
        Labels, shape (n, T), NaN where unknown.
    kind
        Kind of the loss, as in ``Loss``.
    balanced
        Whether positives and negatives of a task weigh as much in sum, n / 2 each.
    """
    known = np.isfinite(values)
    weights = known.astype(np.float64)
    if kind == "squared":
        return Loss(kind, np.where(known, values, 0.0), weights)
    positive = known & (values > 0)
    if balanced:
        share = positive.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        both = (share > 0) & (share < 1)
        weights *= np.where(
            positive, 0.5 / np.where(both, share, 0.5), 0.5 / np.where(both, 1 - share, 0.5)
        )
    return Loss(kind, np.where(positive, 1.0, np.where(known, -1.0, 0.0)), weights)


def choose_strength(
    space: Space,
    loss: Loss,
    strengths: Sequence[float],
    outputs: Callable[[Vector], np.ndarray],
    score: Callable[[np.ndarray], np.ndarray],
    *,
    label: str,
    tolerance: float = 1e-3,
) -> Choice:
    """Fit with each C from the smallest on, and keep the best mean validation score.

    Parameters
    ----------
    space, loss
        Features of the training rows, and the loss of their labels at C = 1.
    strengths
        Values of C.
    outputs
        Returns the outputs for the validation rows of fitted weights.
    score
        Returns the score of each task of such outputs.
    label
        Name of the baseline, for the progress.
    tolerance
        As for ``minimise``.
    """
    with progress(f"{label}: values of C") as report:
        return _best(space, loss, strengths, outputs, score, report, tolerance)


def _best(
    space: Space,
    loss: Loss,
    strengths: Sequence[float],
    outputs: Callable[[Vector], np.ndarray],
    score: Callable[[np.ndarray], np.ndarray],
    report: Report,
    tolerance: float,
) -> Choice:
    ordered, tried = sorted(set(strengths)), dict[float, float]()
    steps, choices, at = _Steps(report, len(ordered)), list[Choice](), None
    for place, strength in enumerate(ordered):
        scaled = Loss(loss.kind, loss.targets, strength * loss.weights)
        told = steps.of(place, strength)
        at = minimise(space, scaled, start=at, tolerance=tolerance, report=told)
        found = outputs(at)
        choices.append(Choice(strength, tried, at, found, score(found)))
        tried[strength] = float(mean_defined(choices[-1].scores))
        best = max(choices, key=lambda choice: tried[choice.strength])
        if place - choices.index(best) == _PATIENCE:
            break
    return best


def of_both_splits(
    dataset: Dataset,
    options: Options,
    features: Callable[[np.ndarray, Callable[[int, int], None]], Any],
) -> tuple[np.ndarray, Any, np.ndarray, Any]:
    """Return training rows and what is made of them, then the same of the validation rows."""
    train, valid = (fitted_rows(dataset, options, split) for split in ("train", "valid"))
    total = len(train) + len(valid)
    with progress(f"{options.name}: features") as report:
        x = features(train, lambda done, _: report(done, total))
        x_valid = features(valid, lambda done, _: report(len(train) + done, total))
    return train, x, valid, x_valid


def fit_features(
    dataset: Dataset,
    options: Options,
    features: Callable[[np.ndarray, Callable[[int, int], None]], np.ndarray],
) -> tuple[Choice, np.ndarray, np.ndarray, int]:
    """Fit logistic regressions, or of real values ridge regressions, on features in memory.

    Parameters
    ----------
    dataset, options
        Data set, and options with the values of C.
    features
        Returns the features (n, F), float32, of rows (n,), and tells how far it is.

    Returns
    -------
    tuple
        The choice of C; weights (F, T) and biases (T,), float32, for features as they are; and the
        number of training rows.
    """
    problem = find_problem(dataset.problem)
    train, x, valid, x_valid = of_both_splits(dataset, options, features)
    mean = x.mean(axis=0, dtype=np.float64).astype(np.float32)
    x -= mean
    x_valid -= mean
    kind = "logistic" if problem.logits else "squared"
    loss = targets(dataset.values(train), kind, balanced=options.balanced)
    labels = dataset.values(valid)
    choice = choose_strength(
        Explicit(x),
        loss,
        options.strengths,
        lambda v: x_valid @ v.coefficients.astype(np.float32) + v.bias,
        lambda outputs: problem.scores(labels, outputs),
        label=options.name,
    )
    weights = choice.vector.coefficients
    bias = choice.vector.bias - mean.astype(np.float64) @ weights
    return choice, weights.astype(np.float32), bias.astype(np.float32), len(train)


def in_chunks(rows: np.ndarray, size: int) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield rows (n,) some at a time, with their places."""
    for start in range(0, len(rows), size):
        yield slice(start, start + size), rows[start : start + size]
