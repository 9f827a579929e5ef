"""Lines of the gradients of the four nucleotides along DNA."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chrominterpret.motifs.letters import BASE_COLOURS
from chrominterpret.sequences import BASES
from chromkeras.plots.style import GREY

SMOOTHED = 200  # points that a whole sequence is smoothed to about


@dataclass(frozen=True, eq=False)
class NucleotideLines:
    """Gradients of one panel.

    Attributes
    ----------
    title
        Title over the panel.
    gradients
        Shape (L, 4), A C G T.
    start
        Position of the first, in bases.
    smooth
        Bases of the running mean that is drawn; 1 for none.
    """

    title: str
    gradients: np.ndarray
    start: int = 0
    smooth: int = 1


def smoothing(length: int) -> int:
    """Return bases of a running mean that leaves about 200 different points, an odd number.

    Examples
    --------
    >>> smoothing(100), smoothing(1000), smoothing(10_000)
    (1, 5, 51)
    """
    return 2 * (length // (2 * SMOOTHED)) + 1 if length >= 2 * SMOOTHED else 1


def densest(gradients: np.ndarray, width: int) -> int:
    """Return the start of the window with the largest sum of absolute gradients (L, 4)."""
    track = np.abs(gradients).sum(axis=-1)
    return int(np.convolve(track, np.ones(min(width, len(track))), mode="valid").argmax())


def nucleotide_lines(panels: Sequence[NucleotideLines], *, x_label: str, y_label: str) -> Figure:
    """Return a figure with one panel above another, each a line for each nucleotide.

    Parameters
    ----------
    panels
        What to draw.
    x_label, y_label
        What the axes show, with the unit.
    """
    figure = Figure(figsize=(7.2, 1.9 * len(panels) + 0.5), layout="constrained")
    axes = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for panel, each in zip(axes, panels, strict=True):
        _draw(panel, each)
    axes[-1].set_xlabel(x_label, fontsize=9)
    figure.supylabel(y_label, fontsize=9)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside upper right", ncols=len(BASES), fontsize=8, frameon=False
    )
    return figure


def _draw(panel: Axes, each: NucleotideLines) -> None:
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=8)
    panel.axhline(0, lw=0.6, color=GREY)
    kernel = np.ones(each.smooth) / each.smooth
    x = each.start + np.arange(len(each.gradients))
    for base, line in zip(BASES, each.gradients.T, strict=True):
        smooth = np.convolve(line, kernel, mode="same") if each.smooth > 1 else line
        panel.plot(x, smooth, lw=0.8, color=BASE_COLOURS[base], label=base)
    panel.set_title(each.title, fontsize=8, loc="left")
    panel.margins(x=0.005)
