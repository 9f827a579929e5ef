"""Scatter plots of predicted against observed values: a panel for every task."""

import os

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from chromkeras.plots.style import COLOURS, GREY, note_left_out, panel_grid, save_png
from chromkeras.statistics.regression import pearson

MOST_TASKS = 24
MOST_POINTS = 4000  # more are shown as counts in hexagons


def plot_predicted(
    values: np.ndarray,
    predictions: np.ndarray,
    tasks: tuple[str, ...],
    path: str | os.PathLike[str],
    *,
    background: np.ndarray | None = None,
) -> None:
    """Draw predicted against observed values with Pearson's r over each panel.

    Parameters
    ----------
    values
        Values that were observed, shape (n, T), NaN where unknown.
    predictions
        Predicted values, shape (n, T), finite.
    tasks
        Names of the T tasks, of which the first 24 are drawn.
    path
        PNG file to write.
    background
        Rows to draw in grey under the others, the elements; shape (n,), bool.
    """
    shown = tasks[:MOST_TASKS]
    figure, panels = panel_grid(len(shown), size=2.6)
    correlations = pearson(values[:, : len(shown)], predictions[:, : len(shown)])
    behind = np.zeros(len(values), bool) if background is None else background
    counted = len(values) > MOST_POINTS
    for t, panel in enumerate(panels):
        known = ~np.isnan(values[:, t])
        draw = _hexagons if counted else _points
        if known.any():
            draw(panel, values[known, t], predictions[known, t], behind[known])
        else:
            panel.text(0.5, 0.5, "no known value", transform=panel.transAxes, ha="center", size=8)
        r = "undefined" if np.isnan(correlations[t]) else f"{correlations[t]:.3f}"
        panel.set_title(f"{tasks[t]}\nr = {r}, n = {known.sum():,}", fontsize=8, loc="left")
    figure.supxlabel("Observed", fontsize=9)
    figure.supylabel("Predicted", fontsize=9)
    handles = _key(counted, bool(behind.any()))
    across = 1 if len(shown) == 1 else len(handles)
    figure.legend(
        handles=handles, loc="outside upper right", ncols=across, fontsize=8, frameon=False
    )
    note_left_out(figure, len(shown), len(tasks))
    save_png(figure, path)


def _points(panel: Axes, observed: np.ndarray, predicted: np.ndarray, behind: np.ndarray) -> None:
    alpha = float(np.clip(120 / len(observed), 0.25, 0.9))
    for rows, colour in ((behind, GREY), (~behind, COLOURS[0])):
        panel.scatter(observed[rows], predicted[rows], s=7, alpha=alpha, color=colour, lw=0)
    _frame(panel, observed, predicted)


def _hexagons(panel: Axes, observed: np.ndarray, predicted: np.ndarray, _: np.ndarray) -> None:
    extent = (*_limits(observed), *_limits(predicted))
    panel.hexbin(
        observed, predicted, gridsize=50, bins="log", mincnt=1, extent=extent, linewidths=0.1
    )
    _frame(panel, observed, predicted)


def _frame(panel: Axes, observed: np.ndarray, predicted: np.ndarray) -> None:
    panel.axline((0, 0), slope=1, lw=0.8, ls=":", color="black")
    panel.set(xlim=_limits(observed), ylim=_limits(predicted))


def _limits(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = 0.04 * (high - low) or 0.5
    return low - margin, high + margin


def _key(counted: bool, background: bool) -> list[Line2D]:
    """Return what a legend shows."""
    key = [Line2D([], [], lw=0.8, ls=":", color="black", label="predicted = observed")]
    if counted:
        return [*key, Line2D([], [], ls="", label="yellow: many rows, blue: one")]
    dots = {"element": COLOURS[0], "background": GREY} if background else {}
    return [
        *key,
        *(Line2D([], [], ls="", marker="o", ms=4, color=c, label=n) for n, c in dots.items()),
    ]
