"""Histogram of the scores of many features, the largest named."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from chromkeras.plots.style import COLOURS, new_figure

NAMED = 10
BINS = 40


def ranked_scores(scores: np.ndarray, names: Sequence[str], *, x_label: str, things: str) -> Figure:
    """Return a histogram of scores with the ten largest named above it.

    Parameters
    ----------
    scores
        Scores, shape (F,), at least 0.
    names
        Names of the F features.
    x_label
        What the scores are, with the unit.
    things
        What the features are, such as "regulators", for the axis of counts.
    """
    figure, (panel,) = new_figure(width=6.2, height=3.4)
    counts, _, _ = panel.hist(scores, bins=BINS, color=COLOURS[0], lw=0)
    highest = float(np.max(counts))
    panel.set_yscale("symlog", linthresh=1)
    panel.set_ylim(0, highest * 1.3)
    top = np.argsort(-scores, kind="stable")[:NAMED][::-1]
    places = _apart(scores[top], float(scores.max() - scores.min()) * 0.036)
    across = panel.get_xaxis_transform()
    for i, place in zip(top, places, strict=True):
        panel.annotate(
            names[i],
            (scores[i], 0.985),
            xytext=(place, 1.07),
            xycoords=across,
            textcoords=across,
            rotation=90,
            ha="center",
            va="bottom",
            fontsize=7,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "lw": 0.5,
                "color": "black",
                "shrinkA": 0,
                "shrinkB": 0,
                "relpos": (0.5, 0),
            },
        )
        panel.plot([scores[i]] * 2, [0.955, 0.985], transform=across, lw=0.8, color=COLOURS[1])
    panel.set_xlabel(x_label, fontsize=9)
    panel.set_ylabel(f"Number of {things}", fontsize=9)
    panel.set_yticks([y for y in (0, 1, 3, 10, 30, 100, 300, 1000) if y <= highest * 1.3])
    panel.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
    panel.yaxis.set_minor_locator(MaxNLocator(1))
    return figure


def _apart(values: np.ndarray, gap: float) -> np.ndarray:
    """Return rising values (n,) moved to at least ``gap`` from each other, about their middle."""
    steps = np.arange(len(values)) * gap
    right = np.maximum.accumulate(values - steps) + steps
    left = np.minimum.accumulate((values - steps)[::-1])[::-1] + steps
    return np.asarray((right + left) / 2)
