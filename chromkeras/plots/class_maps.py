"""Confusion matrices of classes: a heat map for every task."""

import os
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from chromkeras.plots.style import GREY, columns_of, note_left_out, panel_grid, save_png
from chromkeras.statistics.classification import accuracy, class_counts

MOST_TASKS = 12
MOST_NUMBERS = 8  # classes up to which the counts are written into the map
MOST_NAMES = 24  # classes up to which every one is named


def plot_class_maps(
    labels: np.ndarray,
    logits: np.ndarray,
    tasks: tuple[str, ...],
    classes: Sequence[str],
    path: str | os.PathLike[str],
) -> None:
    """Draw the share of each true class that is called each class, with the counts in it.

    Parameters
    ----------
    labels
        Classes (n, T), 0 to C − 1, NaN where unknown.
    logits
        Logits (n, T, C).
    tasks
        Names of the T tasks, of which the first 12 are drawn.
    classes
        Names of the C classes.
    path
        PNG file to write.
    """
    shown = tasks[:MOST_TASKS]
    across = columns_of(len(shown))
    figure, panels = panel_grid(len(shown), size=1.4 + 0.28 * min(len(classes), 12))
    right = accuracy(labels, logits)
    counts = class_counts(labels, logits)
    for t, panel in enumerate(panels):
        image = _map(panel, counts[t])
        edges = {"lowest": t + across >= len(panels), "leftmost": t % across == 0}
        _name_classes(panel, classes, **edges)
        share = "undefined" if np.isnan(right[t]) else f"{right[t]:.3f}"
        title = f"{tasks[t]}\naccuracy {share}, n = {counts[t].sum():,}"
        panel.set_title(title, fontsize=8, loc="left")
    bar = figure.colorbar(image, ax=panels, shrink=0.6, aspect=30)
    bar.set_label("Share of the true class", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    figure.supxlabel("Predicted class", fontsize=9)
    figure.supylabel("True class", fontsize=9)
    note_left_out(figure, len(shown), len(tasks))
    save_png(figure, path)


def _map(panel: Axes, counts: np.ndarray) -> AxesImage:
    rows = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, rows, out=np.full(counts.shape, np.nan), where=rows > 0)
    image = panel.imshow(share, vmin=0, vmax=1, cmap="Blues")
    panel.spines[:].set(visible=True, linewidth=0.4, color=GREY)
    if len(counts) <= MOST_NUMBERS:
        for (row, column), count in np.ndenumerate(counts):
            colour = "white" if share[row, column] > 0.6 else "black"
            panel.text(
                column, row, f"{count:,}", ha="center", va="center", fontsize=6, color=colour
            )
    return image


def _name_classes(panel: Axes, classes: Sequence[str], *, lowest: bool, leftmost: bool) -> None:
    """Name the classes at the left and lower edge of the figure, as all panels have the same."""
    places = range(0, len(classes), -(-len(classes) // MOST_NAMES))
    names = [classes[place] for place in places]
    panel.set_xticks(places, names, rotation=90, fontsize=7)
    panel.set_yticks(places, names, fontsize=7)
    panel.tick_params(labelbottom=lowest, bottom=lowest, labelleft=leftmost, left=leftmost)
