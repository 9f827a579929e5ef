"""Whether a network beats the k-mer baseline on the validation split."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from chromkeras.baselines import kmer
from chromkeras.baselines.train import check_dataset
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.problems.registry import find_problem
from chromkeras.progress import duration
from chromkeras.statistics.means import mean_defined

# Training rows at most, so that the fit takes a fraction of a minute, and values of C.
MOST_ROWS = 20_000
STRENGTHS = (0.001, 0.003, 0.01)


@dataclass(frozen=True, eq=False)
class BeatenBaseline:
    """Validation scores of the k-mer baseline beside those of a network.

    Attributes
    ----------
    tasks
        Names of the tasks.
    title
        Name of the score for people.
    network, baseline
        Shape (T,).
    rows, of
        Number of training rows that the baseline was fitted on, and of all.
    k
        Number of letters in a k-mer.
    seconds
        How long the fit took.
    """

    tasks: tuple[str, ...]
    title: str
    network: np.ndarray
    baseline: np.ndarray
    rows: int
    of: int
    k: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the scores by task and mean, and how the baseline was fitted."""
        return {
            "mean": float(mean_defined(self.baseline)),
            "tasks": dict(zip(self.tasks, self.baseline.tolist(), strict=True)),
            "k": self.k,
            "rows": self.rows,
            "seconds": self.seconds,
        }

    def __str__(self) -> str:
        """Return one line for a person."""
        change = self.network - self.baseline
        known = np.isfinite(change)
        mean = float(mean_defined(change))
        verdict = f"{'beats' if mean > 0 else 'does not beat'} the {self.k}-mer baseline"
        few = "" if self.rows == self.of else f", fitted on {self.rows:,} of {self.of:,} rows"
        return (
            f"{verdict} ({self.title} {mean_defined(self.baseline):.4f}{few}, in "
            f"{duration(self.seconds)}): {mean:+.4f}, better on {(change[known] > 0).sum()} of "
            f"{known.sum()} tasks"
        )


def beaten_baseline(dataset: Dataset, scores: np.ndarray) -> BeatenBaseline | None:
    """Fit the k-mer baseline, and set a network's validation scores beside its own.

    Parameters
    ----------
    dataset
        What the network was trained on.
    scores
        Its validation scores, shape (T,).

    Returns
    -------
    BeatenBaseline or None
        None where there is no such baseline: of classes, without DNA, for pairs of DNA and
        something else, or for sequences shorter than a k-mer.
    """
    began = time.monotonic()
    options = kmer.Options(strengths=STRENGTHS, rows=MOST_ROWS)
    try:
        check_dataset(dataset, options)
    except InputError:
        return None
    found = kmer.fit(dataset, options)
    return BeatenBaseline(
        dataset.tasks,
        find_problem(dataset.problem).score_title,
        scores,
        found.scores,
        found.rows,
        len(dataset.labelled(dataset.rows("train"))),
        options.k,
        time.monotonic() - began,
    )
