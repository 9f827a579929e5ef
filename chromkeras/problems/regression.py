"""Real-valued labels: signal, expression, enrichment."""

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from chromkeras.data.blocks import row_blocks
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.problems.problem import Column, FigureTable, Problem, Threshold, check_link
from chromkeras.problems.reading import label_table, refuse
from chromkeras.statistics.across_tasks import (
    FEWEST_TASKS,
    gini,
    pearson_across,
    spearman_across,
)
from chromkeras.statistics.means import mean_defined, median_defined
from chromkeras.statistics.regression import (
    mean_absolute_error,
    mean_squared_error,
    pearson,
    r_squared,
    spearman,
)


class Regression(Problem):
    """Real values with one output a task; a row stands out above the task's median."""

    name = "regression"
    score = "pearson"
    score_title = "Pearson r"
    default_loss = "mse"
    stands_out = "above the median in"
    two_values = "two different known values"
    strata_titles = MappingProxyType(
        {
            "all": "all rows",
            "elements": "elements only",
            "specific": "specific elements",
        }
    )
    specific = (
        "have a Gini index over the tasks, each scaled to a mean of 1 over elements, of more than "
        "the mean and a standard deviation of all elements"
    )
    counts = frozenset({"known"})
    row_columns = (
        Column("Pearson r", "pearson"),
        Column("Spearman ρ", "spearman"),
        Column("r of task means", "pearson_of_means"),
    )
    tables = (
        FigureTable(
            "task",
            (
                Column("known", "known"),
                Column("Pearson r", "pearson"),
                Column("Spearman ρ", "spearman"),
                Column("R²", "r_squared"),
                Column("MAE", "mae", ".4g"),
                Column("MSE", "mse", ".4g"),
            ),
            means=True,
        ),
    )

    def read_labels(
        self,
        raw: np.ndarray,
        where: str,
        *,
        known: np.ndarray | None = None,
        classes: Sequence[str] = (),
    ) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
        """Return float32 values and which are known; only NaN is unknown, −1 is a value."""
        y, mask = label_table(raw, where, known)
        limit = np.finfo(np.float32).max
        refuse(y, mask & ~(np.abs(y.astype(np.float64)) <= limit), where, "finite float32 values")
        values = np.where(mask, y, 0).astype(np.float32)
        return values, mask, tuple(_notes(y, values, mask))

    def describe(self, values: np.ndarray, classes: Sequence[str] = ()) -> str:
        """Return how many values are known, and their mean."""
        known = values[np.isfinite(values)]
        return f"{len(known):,} (mean {known.mean():.3g})" if len(known) else "none known"

    def one_value(self, value: float, classes: Sequence[str]) -> str:
        """Say what the only value is."""
        return f"only the value {value:g}"

    def predictions(self, outputs: np.ndarray, link: str = "identity") -> np.ndarray:
        """Return the predicted values: the outputs, or their exponentials with link "exp".

        Raises
        ------
        InputError
            Unknown link, or an exponential that is too large for a number.
        """
        check_link(link)
        values = outputs.astype(np.float64)
        if link == "identity":
            return values
        if (values > np.log(np.finfo(np.float64).max)).any():
            raise InputError(f"expected log rates below 709, received {values.max():g}")
        return np.exp(values)

    def scores(self, values: np.ndarray, outputs: np.ndarray, link: str = "identity") -> np.ndarray:
        """Return Pearson's correlation; NaN where values or predictions do not vary."""
        return pearson(values, self.predictions(outputs, link))

    def figures(
        self,
        values: np.ndarray,
        outputs: np.ndarray,
        *,
        link: str = "identity",
        threshold: Threshold | None = None,
    ) -> dict[str, np.ndarray]:
        """Return correlations, R², and the mean absolute and squared errors."""
        predicted = self.predictions(outputs, link)
        return {
            "known": (~np.isnan(values)).sum(axis=0),
            "pearson": pearson(values, predicted),
            "spearman": spearman(values, predicted),
            "r_squared": r_squared(values, predicted),
            "mae": mean_absolute_error(values, predicted),
            "mse": mean_squared_error(values, predicted),
        }

    def row_figures(
        self, values: np.ndarray, outputs: np.ndarray, link: str = "identity"
    ) -> dict[str, np.ndarray]:
        """Return correlations across the tasks of each row; none with fewer than three tasks.

        "pearson_of_means" is what predicting each task's mean over these rows gives: tasks that
        are high everywhere correlate without any knowledge of a region.
        """
        if values.shape[1] < FEWEST_TASKS:
            return {}
        predicted = self.predictions(outputs, link)
        means = np.broadcast_to(mean_defined(values, axis=0), values.shape)
        return {
            "pearson": pearson_across(values, predicted),
            "spearman": spearman_across(values, predicted),
            "pearson_of_means": pearson_across(values, np.nan_to_num(means)),
        }

    def strata(self, dataset: Dataset, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Return all rows; elements; and specific elements, where labels have a Gini index.

        That needs three tasks and values of at least 0. Specific are elements whose index over the
        tasks, each divided by its mean over the elements, is above the mean of all elements by
        more than a standard deviation, as CREsted chooses them (Kempynck et al. 2026, Nature
        Methods).
        """
        found = super().strata(dataset, rows)
        index = _specificity(dataset)
        if index is None:
            return found
        cut = np.nanmean(index) + np.nanstd(index)
        return found | {"specific": dataset.elements[rows] & (index[rows] > cut)}

    def positive(self, values: np.ndarray) -> np.ndarray:
        """Return which values are above the median of their task among those given."""
        return values > _medians(values, ~np.isnan(values))

    def positive_rows(self, dataset: Dataset, rows: np.ndarray) -> np.ndarray:
        """Return which rows are above the median of all known values of a task in the data set."""
        return dataset.values(rows) > _medians(dataset.labels, dataset.known)

    def ranking(self, outputs: np.ndarray, link: str = "identity") -> np.ndarray:
        """Return the outputs, which rise with the predicted values."""
        return outputs

    def called(self, outputs: np.ndarray, dataset: Dataset, link: str = "identity") -> np.ndarray:
        """Return which predictions are above the median of the task's known values."""
        return self.predictions(outputs, link) > _medians(dataset.labels, dataset.known)

    def draw(
        self,
        outputs: np.ndarray,
        dataset: Dataset,
        rows: np.ndarray,
        folder: Path,
        *,
        link: str = "identity",
    ) -> tuple[Path, ...]:
        """Draw predicted against observed values of each task."""
        from chromkeras.plots.scatter import plot_predicted

        predicted, picture = self.predictions(outputs, link), folder / "predicted.png"
        background = ~dataset.elements[rows]
        plot_predicted(
            dataset.values(rows), predicted, dataset.tasks, picture, background=background
        )
        return (picture,)


def _specificity(dataset: Dataset) -> np.ndarray | None:
    """Return the Gini index of each element, shape (N,), NaN where undefined; None where none is.

    Labels are read in blocks, as they may lie in a file.
    """
    elements, total, count = dataset.elements, 0.0, 0
    for block in row_blocks(dataset.labels):
        values = dataset.values(block)[elements[block]].astype(np.float64)
        if values.shape[1] < FEWEST_TASKS or (values < 0).any():
            return None
        total = total + np.nansum(values, axis=0)
        count = count + (~np.isnan(values)).sum(axis=0)
    scale = np.maximum(total, np.finfo(np.float64).tiny) / np.maximum(count, 1)
    index = np.full(len(dataset), np.nan)
    for block in row_blocks(dataset.labels):
        values = dataset.values(block)
        enough = elements[block] & ((~np.isnan(values)).sum(axis=1) >= FEWEST_TASKS)
        index[block] = np.where(enough, gini(values / scale), np.nan)
    return index if np.isfinite(index).any() else None


def _medians(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the median of the known values of each task, shape (T,); NaN where there is none."""
    columns = zip(values.T, known.T, strict=True)
    return np.array([median_defined(column[mask]) for column, mask in columns])


def _notes(y: np.ndarray, values: np.ndarray, known: np.ndarray) -> list[str]:
    notes = []
    if y.dtype.kind == "b":
        notes.append("labels: bool read as the values 1 and 0")
    if (values[known] != y[known]).any():
        notes.append(f"labels: {y.dtype} rounded to float32, about 7 digits")
    lowest = values[known].min(initial=0.0)
    if lowest == -1 and not ((values < 0) & (values > -1) & known).any():
        notes.append("labels: -1 is read as a value; mark unknown labels by NaN")
    return notes


PROBLEM = Regression()
