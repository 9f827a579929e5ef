"""Learning curves: loss and validation score over the epochs."""

import csv
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from chromkeras.errors import InputError
from chromkeras.files import require_file
from chromkeras.plots.style import COLOURS, GREY, new_figure, save_png, task_lines


def read_history(path: str | os.PathLike[str]) -> list[dict[str, float]]:
    """Read the history CSV of a training run; one dictionary an epoch, missing values NaN.

    Raises
    ------
    InputError
        The file is missing, empty, or holds something that is no number.
    """
    found = require_file(path, "history")
    try:
        with found.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return [{key: float(value or "nan") for key, value in row.items()} for row in rows]
    except (TypeError, ValueError, csv.Error) as error:
        raise InputError(f"{found}: expected numbers in every column; {error}") from error


def plot_history(
    rows: Sequence[dict[str, Any]],
    path: str | os.PathLike[str],
    *,
    score: str = "auroc",
    title: str = "AUROC",
) -> None:
    """Draw the loss (left) and the validation score with its best epoch (right).

    Parameters
    ----------
    rows
        Dictionaries of the epochs: ``epoch``, and where present ``loss``, ``val_loss``,
        ``val_SCORE`` and ``val_SCORE/TASK``; others are not drawn.
    path
        PNG file to write.
    score, title
        Key and title of the problem's score.

    Raises
    ------
    InputError
        There is no epoch.
    """
    if not rows:
        raise InputError("expected a history of at least one epoch, received none")
    columns = {key: np.array([float(row.get(key, "nan")) for row in rows]) for key in rows[-1]}
    epoch = columns["epoch"]
    figure, (left, right) = new_figure(2, width=4.4, height=3.4)
    _draw_loss(left, epoch, columns)
    _draw_score(right, epoch, columns, f"val_{score}", title)
    for panel in (left, right):
        panel.set_xlabel("Epoch")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    save_png(figure, path)


def _draw_loss(panel: Axes, epoch: np.ndarray, columns: dict[str, np.ndarray]) -> None:
    texts = (("loss", "training", COLOURS[0]), ("val_loss", "validation", COLOURS[5]))
    for key, label, colour in texts:
        if key in columns:
            panel.plot(epoch, columns[key], marker="o", ms=3, lw=1.4, color=colour, label=label)
    panel.set_ylabel("Loss")
    if panel.lines:
        panel.legend(fontsize=8, edgecolor="none", framealpha=1)


def _draw_score(
    panel: Axes, epoch: np.ndarray, columns: dict[str, np.ndarray], key: str, title: str
) -> None:
    own = f"{key}/"
    tasks = {k.removeprefix(own): v for k, v in columns.items() if k.startswith(own)}
    task_lines(panel, {name: (epoch, values) for name, values in tasks.items()}, list(tasks))
    mean = columns.get(key, np.full(len(epoch), np.nan))
    panel.set_ylabel(f"Validation {title}")
    if not np.isnan(mean).all():
        panel.plot(epoch, mean, marker="o", ms=3, lw=2, color="black", label="mean")
        best = int(np.nanargmax(mean))
        label = f"best: epoch {epoch[best]:.0f}, {mean[best]:.3f}"
        panel.axvline(epoch[best], lw=0.8, ls=":", color=GREY, label=label)
        panel.legend(fontsize=8, edgecolor="none", framealpha=1)
