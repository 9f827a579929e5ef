"""Bars of the share of each input in the predictions of a model."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from chromkeras.plots.style import COLOURS, new_figure

LONGEST = 34  # letters of a row's name


def input_share_bars(
    shares: np.ndarray, rows: Sequence[str], inputs: Sequence[str], *, x_label: str
) -> Figure:
    """Return a figure of one bar a row, parted by inputs.

    Parameters
    ----------
    shares
        Shape (n, I), each row of which sums to 1.
    rows
        Names of the n rows, the uppermost first.
    inputs
        Names of the I inputs.
    x_label
        What the shares are of.
    """
    figure, (panel,) = new_figure(width=6.2, height=0.9 + 0.2 * len(rows))
    at, left = np.arange(len(rows)), np.zeros(len(rows))
    for i, name in enumerate(inputs):
        panel.barh(at, shares[:, i], left=left, color=COLOURS[i % len(COLOURS)], label=name)
        left += shares[:, i]
    panel.set_yticks(at, [_short(name) for name in rows], fontsize=7)
    panel.set(xlim=(0, 1), ylim=(len(rows) - 0.4, -0.6))
    panel.set_xlabel(x_label, fontsize=9)
    figure.legend(loc="outside upper right", ncols=len(inputs), fontsize=8, frameon=False)
    return figure


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
