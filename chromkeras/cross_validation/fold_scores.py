"""Scores of each fold's model on the rows that it held out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.model_file.card import read_card
from chromkeras.problems.registry import find_problem
from chromkeras.statistics.means import mean_defined, sample_sd


@dataclass(frozen=True, eq=False)
class FoldScores:
    """Figures of one fold.

    Attributes
    ----------
    fold
        Number of the fold, from 1.
    model
        Model file that was trained without it.
    rows
        Number of rows that trained, validated, and were held out.
    tasks
        T task names.
    score
        Key of the problem's score.
    held_out
        Shape (T,): score on the rows held out; NaN where undefined.
    validation
        Shape (T,): score, at the best epoch, on the rows by which it was chosen.
    best_epoch
        Shape (T,): number of that epoch, from 1.
    figures
        Every figure of an evaluation on the rows held out, by name, each of shape (T,).
    """

    fold: int
    model: Path
    rows: dict[str, int]
    tasks: tuple[str, ...]
    score: str
    held_out: np.ndarray
    validation: np.ndarray
    best_epoch: np.ndarray
    figures: dict[str, np.ndarray]

    @property
    def mean(self) -> float:
        """Mean over tasks of the score on the rows held out."""
        return mean_defined(self.held_out)

    @property
    def mean_validation(self) -> float:
        """Mean over tasks of the validation score."""
        return mean_defined(self.validation)

    def table(self) -> list[dict[str, Any]]:
        """Return a row for each task."""
        figures = {k: v for k, v in self.figures.items() if k != self.score}
        return [
            {
                "fold": self.fold,
                "task": task,
                self.score: self.held_out[t],
                f"validation_{self.score}": self.validation[t],
                "best_epoch": int(self.best_epoch[t]),
            }
            | {name: values[t] for name, values in figures.items()}
            for t, task in enumerate(self.tasks)
        ]

    def to_json(self) -> dict[str, Any]:
        """Return file, rows and scores, by task and mean."""
        return {
            "fold": self.fold,
            "model": self.model.name,
            "rows": self.rows,
            "held out": self._by_task(self.held_out),
            "validation": self._by_task(self.validation),
        }

    def _by_task(self, scores: np.ndarray) -> dict[str, Any]:
        tasks = dict(zip(self.tasks, scores.tolist(), strict=True))
        return {"mean": mean_defined(scores), "tasks": tasks}


def score_rows(
    fold: int, view: Dataset, rows: np.ndarray, outputs: np.ndarray, model: Path, *, link: str
) -> FoldScores:
    """Measure what a fold's model puts out for the rows held out.

    Parameters
    ----------
    fold
        Number of the fold.
    view
        Data set that trained the model.
    rows
        Rows held out, shape (n,).
    outputs
        Shape (n, T) or (n, T, C).
    model
        Model file.
    link
        Link of its loss.
    """
    problem, card, values = find_problem(view.problem), read_card(model), view.values(rows)
    names = {"train": "train", "validation": "valid"}
    sizes = {name: len(view.rows(split)) for name, split in names.items()}
    threshold = problem.thresholds(None, view)
    own = f"validation_{problem.score}"
    return FoldScores(
        fold,
        model,
        sizes | {"held out": len(rows)},
        view.tasks,
        problem.score,
        np.asarray(problem.scores(values, outputs, link), np.float64),
        np.array([card.scores[own][task] for task in view.tasks], np.float64),
        np.array([card.scores["best_epoch"][task] for task in view.tasks]),
        problem.figures(values, outputs, link=link, threshold=threshold),
    )


def spread(scores: Sequence[FoldScores]) -> dict[str, Any]:
    """Return mean and sample standard deviation over the folds, by task and of the tasks' mean."""
    each = np.stack([fold.held_out for fold in scores])
    means = np.array([fold.mean for fold in scores])
    tasks = scores[0].tasks
    return {
        name: {
            "mean": function(means),
            "tasks": {task: function(each[:, t]) for t, task in enumerate(tasks)},
        }
        for name, function in (("mean", mean_defined), ("sd", sample_sd))
    }
