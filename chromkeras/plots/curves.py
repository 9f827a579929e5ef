"""ROC and precision-recall curves: every task a thin line, their mean a thick one."""

import os
from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chromkeras.plots.style import GREY, new_figure, save_png, task_lines
from chromkeras.statistics.means import mean_defined
from chromkeras.statistics.metrics import Ranking, auprc, auroc, ranking

_GRID = np.linspace(0, 1, 501)


def plot_roc(
    labels: np.ndarray,
    scores: np.ndarray,
    tasks: tuple[str, ...],
    path: str | os.PathLike[str],
    *,
    panels: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Draw ROC curves; tasks with known labels of one class only have none.

    Parameters
    ----------
    labels
        Labels (n, T); 1 positive, 0 negative, anything else unknown.
    scores
        Scores (n, T).
    tasks
        Names of the T tasks.
    path
        PNG file to write.
    panels
        Rows of each panel by its title, shape (n,), bool; one panel of all rows by default.
    """
    figure, pairs = _panels(labels, panels)
    for panel, rows in pairs:
        _draw(panel, labels[rows], scores[rows], tasks, auroc, "AUROC", _sensitivity)
        panel.plot([0, 1], [0, 1], lw=0.8, ls=":", color=GREY)
        panel.set(xlabel="False positive rate", ylabel="True positive rate")
        panel.legend(loc="lower right", fontsize=8, frameon=False)
    save_png(figure, path)


def plot_precision_recall(
    labels: np.ndarray,
    scores: np.ndarray,
    tasks: tuple[str, ...],
    path: str | os.PathLike[str],
    *,
    panels: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Draw precision-recall curves and, dotted, the mean share of positives.

    Parameters as in ``plot_roc``.
    """
    figure, pairs = _panels(labels, panels)
    for panel, rows in pairs:
        _draw(panel, labels[rows], scores[rows], tasks, auprc, "AUPRC", _precision)
        positive, known = (labels[rows] == 1).sum(axis=0), (labels[rows] >= 0).sum(axis=0)
        chance = mean_defined(np.where(known > 0, positive / np.maximum(known, 1), np.nan))
        panel.axhline(chance, lw=0.8, ls=":", color=GREY)
        panel.set(xlabel="Recall", ylabel="Precision")
        panel.legend(loc="lower left", fontsize=8, frameon=False)
    save_png(figure, path)


def _panels(
    labels: np.ndarray, panels: Mapping[str, np.ndarray] | None
) -> tuple[Figure, list[tuple[Axes, np.ndarray]]]:
    wanted = panels or {"": np.ones(len(labels), bool)}
    figure, axes = new_figure(len(wanted))
    for panel, title in zip(axes, wanted, strict=True):
        panel.set_title(title, fontsize=10, loc="left")
        panel.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    return figure, list(zip(axes, wanted.values(), strict=True))


def _draw(
    panel: Axes,
    labels: np.ndarray,
    scores: np.ndarray,
    tasks: tuple[str, ...],
    area: Callable[[np.ndarray, np.ndarray], np.ndarray],
    name: str,
    height: Callable[[Ranking], np.ndarray],
) -> None:
    areas = area(labels, scores)
    drawn = np.flatnonzero(~np.isnan(areas))
    curves = {tasks[t]: height(ranking(labels[:, t], scores[:, t])) for t in drawn}
    texts = [f"{tasks[t]} {areas[t]:.3f}" for t in drawn]
    task_lines(panel, {task: (_GRID, y) for task, y in curves.items()}, texts)
    if len(drawn):
        mean = np.mean(list(curves.values()), axis=0)
        label = f"mean {name} {mean_defined(areas):.3f}"
        panel.plot(_GRID, mean, lw=2.2, color="black", label=label)
    if len(drawn) < len(tasks):
        panel.plot([], [], " ", label=f"undefined: {len(tasks) - len(drawn)} of {len(tasks)}")


def _sensitivity(steps: Ranking) -> np.ndarray:
    """Return true positive rates on a grid of false ones, straight between steps."""
    rate, recall = np.append(0, steps.false_positive_rate), np.append(0, steps.recall)
    return np.append(0, np.interp(_GRID[1:], rate, recall))


def _precision(steps: Ranking) -> np.ndarray:
    """Return precision on a grid of recalls, at the first threshold that reaches each."""
    return steps.precision[np.searchsorted(steps.recall, _GRID - 1e-12)]
