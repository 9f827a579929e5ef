"""The picture of how much every model uses every pattern."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

from chromkeras.comparison.core.figures import look
from chromkeras.comparison.core.model_names import Replicates
from chromkeras.comparison.patterns.pattern_use import STRONG, PatternUse
from chromkeras.plots.style import new_figure

_WIDTH, _ROW = 6.4, 0.3  # inches
_LEAST = 0.1  # weights below it are drawn at the left edge


def weight_dots(
    uses: Sequence[PatternUse], replicates: Sequence[Replicates], labels: Mapping[str, str]
) -> Figure:
    """Draw the weight of each pattern: a dot for each model, full where its search found it.

    Parameters
    ----------
    uses
        R rows, from top to bottom.
    replicates
        Each has its look; its members are dots of their own.
    labels
        Names of the patterns, as the picture shows them.
    """
    columns = _columns([group.label for group in replicates])
    height = 1.25 + _ROW * len(uses) + 0.2 * -(-len(replicates) // columns)
    figure, (panel,) = new_figure(width=_WIDTH, height=height)
    weights = np.maximum([use.weight for use in uses], _LEAST)  # (R, M)
    found = np.array([use.seqlets > 0 for use in uses])
    rows = np.arange(len(uses))
    shift = np.linspace(-0.22, 0.22, len(replicates)) if len(replicates) > 1 else np.zeros(1)
    for k, group in enumerate(replicates):
        colour, marker = look(k)
        dots: dict[str, Any] = {"ls": "", "marker": marker, "ms": 5, "color": colour, "zorder": 3}
        for member in group.members:
            x, y, full = weights[:, member], rows + shift[k], found[:, member]
            panel.plot(x[~full], y[~full], mfc="white", **dots)
            panel.plot(x[full], y[full], **dots)
        panel.plot([], [], label=group.label, **dots)
    least = STRONG * np.array([use.mean_weights(replicates).max() for use in uses])
    panel.hlines(rows, np.maximum(least, _LEAST), weights.max(axis=1), color="#e4e7ea", lw=9)
    _log_axis(panel, weights)
    panel.set_yticks(rows, [f"{use.task}: {labels[use.pattern.name]}" for use in uses])
    panel.set_ylim(len(uses) - 0.4, -0.6)
    panel.tick_params(axis="y", length=0)
    panel.set_xlabel("Weight (contribution of its bases / mean of all)", fontsize=9)
    figure.legend(
        loc="outside upper left", ncols=columns, fontsize=9, frameon=False, handletextpad=0.2
    )
    return figure


def _columns(labels: Sequence[str]) -> int:
    """Return how many columns of the legend fit beside each other, at most 4."""
    longest = max(len(label) for label in labels)
    return max(1, min(4, int(_WIDTH / (0.075 * longest + 0.45))))


def _log_axis(panel: Axes, weights: np.ndarray) -> None:
    panel.set_xscale("log")
    panel.xaxis.set_major_formatter(ScalarFormatter())
    panel.xaxis.set_minor_formatter(NullFormatter())
    low, high = weights.min() / 2.5, weights.max() * 1.5
    panel.set_xticks([t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if low <= t <= high])
