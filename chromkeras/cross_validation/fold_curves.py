"""Learning curves of a cross-validation: the mean over the folds, with a band."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from chromkeras.errors import InputError
from chromkeras.plots.style import COLOURS, new_figure, save_png
from chromkeras.statistics.means import mean_defined

TRAINING, VALIDATION, HELD_OUT = COLOURS[0], COLOURS[5], COLOURS[2]
History = Sequence[Mapping[str, float]]


def plot_fold_curves(
    histories: Sequence[History],
    path: str | os.PathLike[str],
    *,
    held_out: np.ndarray,
    score: str = "auroc",
    title: str = "AUROC",
) -> None:
    """Draw the losses (left) and the validation score (right) over the epochs.

    Thick lines are means over the folds, with bands of one standard deviation, up to the last epoch
    that all folds reached; thin lines are the folds, and dots their best epochs. A point with a bar
    at the right is mean and standard deviation of the score on the rows held out.

    Parameters
    ----------
    histories
        Rows of each fold's history, as ``read_history`` returns them.
    path
        PNG file to write.
    held_out
        Shape (k,): score of each fold on the rows that it held out.
    score, title
        Key and title of the problem's score.

    Raises
    ------
    InputError
        A fold has no epoch.
    """
    if not histories or not all(histories):
        raise InputError("expected a history of at least one epoch for each fold, received none")
    figure, (left, right) = new_figure(2, width=4.4, height=3.4)
    _draw_folds(left, _columns(histories, "loss"), TRAINING, "training")
    _draw_folds(left, _columns(histories, "val_loss"), VALIDATION, "validation")
    left.set_ylabel("Loss")
    curves = _columns(histories, f"val_{score}")
    _draw_folds(right, curves, VALIDATION, "validation")
    _mark_best(right, curves)
    _draw_held_out(right, held_out, max(map(len, curves)))
    right.set_ylabel(title)
    for panel in (left, right):
        panel.set_xlabel("Epoch")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        panel.legend(fontsize=8, edgecolor="none", framealpha=0.9)
    save_png(figure, path)


def _columns(histories: Sequence[History], key: str) -> list[np.ndarray]:
    return [np.array([row.get(key, np.nan) for row in rows]) for rows in histories]


def _draw_folds(panel: Axes, curves: list[np.ndarray], colour: str, label: str) -> None:
    """Draw thin lines of the folds, and their mean and band while all of them were trained."""
    for curve in curves:
        panel.plot(np.arange(1, len(curve) + 1), curve, lw=0.7, color=colour, alpha=0.4)
    together = np.stack([curve[: min(map(len, curves))] for curve in curves])
    epoch = np.arange(1, together.shape[1] + 1)
    mean = mean_defined(together, axis=0)
    spread = np.sqrt(mean_defined((together - mean) ** 2, axis=0) * _sample(together))
    panel.fill_between(epoch, mean - spread, mean + spread, color=colour, alpha=0.2, lw=0)
    marker = "o" if len(epoch) == 1 else None
    text = f"{label}, mean of {len(curves)} folds ± SD"
    panel.plot(epoch, mean, lw=2, color=colour, marker=marker, ms=4, label=text)


def _sample(values: np.ndarray) -> np.ndarray:
    """Return n / (n - 1) of the defined values of each column, 1 where there is one."""
    count = np.isfinite(values).sum(axis=0)
    return count / np.maximum(count - 1, 1)


def _mark_best(panel: Axes, curves: list[np.ndarray]) -> None:
    best = [(int(np.nanargmax(c)), np.nanmax(c)) for c in curves if np.isfinite(c).any()]
    if best:
        epoch, value = np.array(best).T
        style: dict[str, Any] = {"ls": "", "marker": "o", "ms": 4, "mfc": "white"}
        style["color"] = VALIDATION
        panel.plot(epoch + 1, value, label="best epoch of a fold", zorder=3, **style)


def _draw_held_out(panel: Axes, scores: np.ndarray, epochs: int) -> None:
    known = scores[np.isfinite(scores)]
    if not len(known):
        return
    place = epochs + max(0.06 * epochs, 0.25)
    spread = known.std(ddof=1) if len(known) > 1 else 0.0
    style: dict[str, Any] = {"color": HELD_OUT, "capsize": 3, "lw": 1.5, "ms": 5}
    text = f"held out: {known.mean():.3f} ± {spread:.3f}"
    panel.errorbar([place], [known.mean()], [spread], fmt="D", label=text, zorder=4, **style)
