"""Small matrices side by side, with their numbers in the cells."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

LARGEST = 24  # names on a side; larger matrices are for the page's own heat maps
_NUMBERED = 12
_CELL = 0.36  # inches
_RISING = LinearSegmentedColormap.from_list("rising", ["#ffffff", "#56a0d3", "#002868"])
_SIGNED = LinearSegmentedColormap.from_list("signed", ["#005caf", "#ffffff", "#d55e00"])


@dataclass(frozen=True, eq=False)
class Matrix:
    """A titled matrix.

    Attributes
    ----------
    title
        What it shows.
    values
        Shape (R, C); NaN is left empty.
    rows, columns
        Names.
    low, high
        Values of the palest and the darkest colour; where ``low`` is below 0, colours diverge.
    form
        How a number is written.
    """

    title: str
    values: np.ndarray
    rows: Sequence[str]
    columns: Sequence[str]
    low: float = 0.0
    high: float = 1.0
    form: str = ".2f"


def matrix_grid(matrices: Sequence[Matrix], across: int = 3) -> Figure:
    """Draw matrices, so many in a row, in cells of one size."""
    across = max(min(across, len(matrices)), 1)
    down = -(-len(matrices) // across)
    wide = max(_CELL * len(m.columns) + 0.085 * max(map(len, m.rows)) + 0.5 for m in matrices)
    tall = max(_CELL * len(m.rows) + 0.06 * max(map(len, m.columns)) + 0.6 for m in matrices)
    figure = Figure(figsize=(wide * across, tall * down), layout="constrained")
    panels = np.ravel(figure.subplots(down, across, squeeze=False))
    for panel, matrix in zip(panels, matrices, strict=False):
        _draw(panel, matrix)
    for panel in panels[len(matrices) :]:
        panel.set_axis_off()
    return figure


def _draw(panel: Axes, matrix: Matrix) -> None:
    values = np.asarray(matrix.values, float)
    signed = matrix.low < 0
    panel.pcolormesh(
        np.ma.masked_invalid(values), cmap=_SIGNED if signed else _RISING,
        vmin=matrix.low, vmax=matrix.high, edgecolors="white", linewidth=0.8,
    )  # fmt: skip
    panel.invert_yaxis()
    panel.set_aspect("equal")
    panel.set_title(matrix.title, fontsize=9, loc="left")
    panel.set_xticks(
        np.arange(len(matrix.columns)) + 0.5, matrix.columns, rotation=45, ha="right",
        rotation_mode="anchor", fontsize=8,
    )  # fmt: skip
    panel.set_yticks(np.arange(len(matrix.rows)) + 0.5, matrix.rows, fontsize=8)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    if len(matrix.columns) <= _NUMBERED:
        _write(panel, matrix, values)


def _write(panel: Axes, matrix: Matrix, values: np.ndarray) -> None:
    span = (matrix.high - matrix.low) or 1.0
    for (i, j), value in np.ndenumerate(values):
        if not np.isfinite(value):
            continue
        share = (value - matrix.low) / span
        dark = abs(share - 0.5) > 0.35 if matrix.low < 0 else share > 0.55
        text = format(value, f"z{matrix.form}").replace("-", "−")  # z: no −0.00
        number = panel.text(
            j + 0.5, i + 0.5, text, ha="center", va="center", fontsize=7,
            color="white" if dark else "black",
        )  # fmt: skip
        number.set_in_layout(False)  # it lies in its cell, and measuring all takes seconds
