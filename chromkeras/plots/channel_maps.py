"""Heat maps of inputs in bins, such as histone marks, and of their attributions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chromkeras.plots.style import GREY

DIVERGING = "PuOr_r"
RISING = "Blues"


@dataclass(frozen=True, eq=False)
class ChannelMap:
    """One heat map.

    Attributes
    ----------
    title
        Title over the map.
    values
        Shape (B, C): bins by channels.
    label
        What the colours show, with the unit.
    """

    title: str
    values: np.ndarray
    label: str


def channel_maps(
    maps: Sequence[Sequence[ChannelMap]], channels: Sequence[str], *, x_label: str
) -> Figure:
    """Return a figure of heat maps in rows and columns, bins on x and channels on y.

    Values of one sign have rising colours; others colours that diverge from 0.

    Parameters
    ----------
    maps
        Maps of each row of the figure.
    channels
        Names of the C channels.
    x_label
        Text below the lowest maps.
    """
    rows, columns = len(maps), len(maps[0])
    height = 0.75 + 0.17 * len(channels)
    figure = Figure(figsize=(3.7 * columns, height * rows + 0.4), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True)
    for line, (row, across) in enumerate(zip(maps, panels, strict=True)):
        for column, (each, panel) in enumerate(zip(row, across, strict=True)):
            _draw(figure, panel, each)
            _name(panel, channels if column == 0 else ())
            if line == rows - 1:
                panel.set_xlabel(x_label, fontsize=8)
    return figure


def _draw(figure: Figure, panel: Axes, each: ChannelMap) -> None:
    values = np.asarray(each.values, float)
    size = float(np.abs(values).max(initial=0.0)) or 1.0
    signed = bool((values < 0).any())
    half = len(values) / 2
    image = panel.imshow(
        values.T,
        cmap=DIVERGING if signed else RISING,
        vmin=-size if signed else 0,
        vmax=size,
        aspect="auto",
        interpolation="nearest",
        extent=(-half, half, values.shape[1] - 0.5, -0.5),
    )
    panel.axvline(0, lw=0.6, ls=":", color=GREY)
    panel.set_title(each.title, fontsize=8, loc="left")
    panel.tick_params(labelsize=7)
    bar = figure.colorbar(image, ax=panel, pad=0.02, aspect=12)
    bar.set_label(each.label, fontsize=7)
    bar.ax.tick_params(labelsize=6)


def _name(panel: Axes, channels: Sequence[str]) -> None:
    panel.set_yticks(range(len(channels)) if channels else [], channels, fontsize=7)
