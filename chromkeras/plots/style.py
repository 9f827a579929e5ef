"""Style of all pictures: sizes, colours for colour-blind readers too, PNG files."""

import io
import os

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chromkeras.files import replacing

# Okabe and Ito 2008, without yellow (too pale for a line) and black (kept for means).
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
GREY = "#8C8C8C"
DPI = 200


def new_figure(
    panels: int = 1, *, width: float = 4.2, height: float = 4.0
) -> tuple[Figure, list[Axes]]:
    """Return a figure and its panels, side by side; sizes in inches a panel."""
    figure = Figure(figsize=(width * panels, height), layout="constrained")
    axes = list(np.ravel(figure.subplots(1, panels)))
    for panel in axes:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=9)
    return figure, axes


def columns_of(count: int) -> int:
    """Return the columns of a grid of panels: at most six, and rows about equally full."""
    rows = -(-count // 6)
    return -(-count // rows)


def panel_grid(count: int, *, size: float = 2.6) -> tuple[Figure, list[Axes]]:
    """Return a figure with square panels in ``columns_of`` columns, row by row.

    Parameters
    ----------
    count
        Number of panels.
    size
        Side of a panel in inches.
    """
    columns = columns_of(count)
    rows = -(-count // columns)
    figure = Figure(figsize=(size * columns + 0.6, (size + 0.3) * rows + 0.6), layout="constrained")
    axes = list(np.ravel(figure.subplots(rows, columns, squeeze=False)))
    for panel in axes[count:]:
        panel.remove()
    for panel in axes[:count]:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=7)
    return figure, axes[:count]


def note_left_out(figure: Figure, shown: int, tasks: int) -> None:
    """Say over a figure that it shows the first tasks only, where it does."""
    if shown < tasks:
        figure.suptitle(f"The first {shown} of {tasks} tasks", fontsize=9, x=0.0, ha="left")


def save_png(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write the figure as PNG; the file appears whole or not at all."""
    with replacing(path) as beside:
        figure.savefig(beside, dpi=DPI, format="png")


def svg_text(figure: Figure, salt: str) -> str:
    """Return the figure as an SVG element; the same figure and salt give the same text.

    ``salt`` keeps the names inside it apart from those of other pictures on a page.
    """
    text = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": salt}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    drawn = text.getvalue()
    return drawn[drawn.index("<svg") :]


def task_lines(
    panel: Axes, curves: dict[str, tuple[np.ndarray, np.ndarray]], labels: list[str]
) -> None:
    """Draw one thin line per task.

    Parameters
    ----------
    curves
        Arrays x and y of each task, of shape (K,), by any name.
    labels
        Texts for the legend, used when there are few enough tasks for a colour each; otherwise
        all lines are grey and share one entry.
    """
    coloured = len(curves) <= len(COLOURS)
    faint = 1.0 if coloured else max(0.15, min(0.6, 12 / len(curves)))
    texts = labels if coloured else [f"{len(curves)} tasks", *[""] * (len(curves) - 1)]
    for i, (x, y) in enumerate(curves.values()):
        colour = COLOURS[i] if coloured else GREY
        panel.plot(x, y, lw=1.1, color=colour, alpha=faint, label=texts[i] or "_nolegend_")
