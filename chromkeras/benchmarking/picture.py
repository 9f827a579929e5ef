"""Picture of a benchmark: the score of each contender, by stratum, a dot for each seed."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chromkeras.benchmarking.runs import Replicate
from chromkeras.plots.style import COLOURS, new_figure, save_png
from chromkeras.statistics.means import mean_defined


def plot_scores(
    replicates: Mapping[str, Sequence[Replicate]],
    strata: Mapping[str, str],
    path: str | os.PathLike[str],
    *,
    score: str,
    title: str,
) -> None:
    """Draw the scores, mean over tasks, of each contender: seeds as dots, their mean as a line.

    Parameters
    ----------
    replicates
        Replicates of each contender by its name, from top to bottom.
    strata
        Titles by name, a panel each.
    path
        PNG file to write.
    score, title
        Key and title of the problem's score.
    """
    height = 1.1 + 0.34 * len(replicates)
    figure, panels = new_figure(len(strata), width=3.6 if len(strata) > 1 else 5.2, height=height)
    colours = _colours(replicates)
    for panel, (stratum, name) in zip(panels, strata.items(), strict=True):
        for row, (label, each) in enumerate(replicates.items()):
            values = np.array([one.evaluation.strata[stratum].mean[score] for one in each])
            style: dict[str, Any] = {"color": colours[label]}
            panel.plot(values, np.full(len(values), row), "o", ms=5, alpha=0.6, **style)
            panel.plot([mean_defined(values)], [row], "|", ms=16, mew=2, **style)
        names = list(replicates) if panel is panels[0] else [""] * len(replicates)
        panel.set_yticks(range(len(replicates)), names)
        panel.set_ylim(len(replicates) - 0.5, -0.5)
        panel.set_title(name, fontsize=10, loc="left")
        panel.set_xlabel(f"{title}, mean over tasks", fontsize=9)
        panel.grid(axis="x", color="#e4e7ea", lw=0.6)
        panel.set_axisbelow(True)
        panel.margins(x=0.12)
    save_png(figure, path)


def _colours(replicates: Mapping[str, Sequence[Replicate]]) -> dict[str, str]:
    """Return a colour for each contender: one for each model."""
    models = list(dict.fromkeys(each[0].contender.model for each in replicates.values()))
    return {
        label: COLOURS[models.index(each[0].contender.model) % len(COLOURS)]
        for label, each in replicates.items()
    }
