"""Predicted against observed values: a panel for every task."""

import os

import numpy as np
from matplotlib.axes import Axes

from chromkeras.plots.style import COLOURS, GREY, panel_grid, save_png
from chromkeras.statistics.regression import pearson

MOST_TASKS = 24
MOST_POINTS = 4000  # more are shown as counts in hexagons


def plot_predicted(
    values: np.ndarray,
    predictions: np.ndarray,
    tasks: tuple[str, ...],
    path: str | os.PathLike[str],
    *,
    faint: np.ndarray | None = None,
) -> None:
    """Draw predicted against observed values with Pearson's r over each panel.

    Parameters
    ----------
    values
        Observed, shape (n, T), NaN where unknown.
    predictions
        Shape (n, T), finite.
    tasks
        T names; the first 24 tasks are drawn.
    path
        PNG file to write.
    faint
        Rows to draw in grey under the others, such as background, shape (n,), bool.
    """
    shown = tasks[:MOST_TASKS]
    figure, panels = panel_grid(len(shown), size=2.6)
    correlations = pearson(values[:, : len(shown)], predictions[:, : len(shown)])
    behind = np.zeros(len(values), bool) if faint is None else faint
    for t, panel in enumerate(panels):
        known = ~np.isnan(values[:, t])
        _points(panel, values[known, t], predictions[known, t], behind[known])
        r = "undefined" if np.isnan(correlations[t]) else f"{correlations[t]:.3f}"
        panel.set_title(f"{tasks[t]}\nr = {r}, n = {known.sum():,}", fontsize=8, loc="left")
    figure.supxlabel("Observed", fontsize=9)
    figure.supylabel("Predicted", fontsize=9)
    if len(shown) < len(tasks):
        figure.suptitle(
            f"The first {len(shown)} of {len(tasks)} tasks", fontsize=9, x=0.0, ha="left"
        )
    save_png(figure, path)


def _points(panel: Axes, observed: np.ndarray, predicted: np.ndarray, behind: np.ndarray) -> None:
    if not len(observed):
        panel.text(0.5, 0.5, "no known value", transform=panel.transAxes, ha="center", fontsize=8)
        return
    low, high = _limits(observed), _limits(predicted)
    if len(observed) > MOST_POINTS:
        panel.hexbin(observed, predicted, gridsize=50, bins="log", mincnt=1, cmap="viridis",
                     extent=(*low, *high), linewidths=0.1)  # fmt: skip
    else:
        alpha = float(np.clip(120 / len(observed), 0.25, 0.9))
        for rows, colour in ((behind, GREY), (~behind, COLOURS[0])):
            panel.scatter(observed[rows], predicted[rows], s=7, alpha=alpha, color=colour, lw=0)
    panel.axline((0, 0), slope=1, lw=0.8, ls=":", color="black")
    panel.set(xlim=low, ylim=high)


def _limits(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = 0.04 * (high - low) or 0.5
    return low - margin, high + margin
