"""Figure of the tasks' gradients over a training: where they vanish and where they conflict."""

import os
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.ticker import FuncFormatter, LogFormatterMathtext, LogLocator, NullFormatter

from chromkeras.errors import InputError
from chromkeras.monitoring.gradient_flow import (
    SHARE,
    agreement,
    conflict,
    hidden_norm,
    vanishing,
)
from chromkeras.monitoring.gradient_log import GradientLog
from chromkeras.plots.style import COLOURS, save_png, task_lines
from chromkeras.statistics.means import median_defined

_COLUMNS = 3
_SHADE = "#fae9e2"
_NAMED = 24  # tasks whose names fit beside the matrix


def plot_gradients(log: GradientLog, path: str | os.PathLike[str]) -> None:
    """Draw ``gradient_figure`` to a PNG file; parameters and errors as there."""
    save_png(gradient_figure(log), path)


def gradient_figure(log: GradientLog, *, share: float = SHARE) -> Figure:
    """Draw norms by layer, loss, dead ReLUs and signal-to-noise, and the conflict of the tasks.

    Parameters
    ----------
    log
        Log of at least one moment.
    share
        Share of its first norm below which a gradient counts as near zero.

    Returns
    -------
    Figure
        A panel for each layer with a line for each task, batch normalisation left out where the
        log holds roles, and below them the state of the whole network; at the right the cosines
        of the tasks' gradients at shared layers. Moments at which all tasks' gradients are near
        zero are shaded.

    Raises
    ------
    InputError
        The log has no moment.
    """
    if not log.moments:
        raise InputError("expected a gradient log of at least one moment, received none")
    shown = log.main
    rows = -(-len(shown) // _COLUMNS)
    figure = Figure(figsize=(13.2, 2.15 * (rows + 1) + 0.5), layout="constrained")
    grid = GridSpec(rows + 1, _COLUMNS + 1, figure, width_ratios=[1] * _COLUMNS + [1.45])
    dead = vanishing(log, share=share).all_tasks
    _draw_norms(figure, grid, log, shown, share)
    below = [figure.add_subplot(grid[rows, column]) for column in range(_COLUMNS)]
    _draw_loss(below[0], log)
    _draw_dead(below[1], log)
    _draw_signal(below[2], log)
    for panel in figure.axes:
        _shade(panel, log.epochs, dead)
        _style(panel)
    for panel in below:
        panel.set_xlabel("Epoch", fontsize=9)
    _legend(below[2])
    if log.common:
        _draw_conflict(figure.add_subplot(grid[:rows, _COLUMNS]), log)
        last = figure.add_subplot(grid[rows, _COLUMNS])
        _draw_agreement(last, log)
    else:
        last = figure.add_subplot(grid[:, _COLUMNS], sharey=figure.axes[0])
        _draw_whole(last, log, share, _floor(log.norm[..., shown]))
        _shade(last, log.epochs, dead)
    last.set_xlabel("Epoch", fontsize=9)
    last.set_xlim(below[0].get_xlim())
    _style(last)
    return figure


def _draw_norms(
    figure: Figure, grid: GridSpec, log: GradientLog, shown: Sequence[int], share: float
) -> None:
    panels: list[Axes] = []
    floor = _floor(log.norm[..., shown])
    for k, layer in enumerate(shown):
        first = panels[0] if panels else None
        panel = figure.add_subplot(grid[divmod(k, _COLUMNS)], sharex=first, sharey=first)
        norms = np.where(log.norm[..., layer] == 0, floor, log.norm[..., layer])
        _tasks(panel, log, norms)
        level = log.norm[0, :, layer][np.isfinite(norms[0])]
        if len(level):
            panel.axhline(share * np.median(level), lw=0.9, ls=":", color="black")
            if panel is first or not panels:
                _say(panel, share * float(np.median(level)), f"{share:.0%} of the first")
        panel.set_title(f"{log.layers[layer]}, {log.sharing[layer]}", fontsize=9, loc="left")
        panel.set_yscale("log")
        panels.append(panel)
    for panel in panels[::_COLUMNS]:
        panel.set_ylabel("Gradient norm", fontsize=9)
    for k, panel in enumerate(panels):
        panel.tick_params(labelleft=k % _COLUMNS == 0, labelbottom=k + _COLUMNS >= len(panels))
    _logarithmic(panels[0], floor)


def _floor(norms: np.ndarray) -> float:
    """Return where on a logarithmic axis a norm of 0 is drawn; 0 where there is none."""
    above = norms[norms > 0]
    if not (norms == 0).any():
        return 0.0
    return float(10.0 ** (np.floor(np.log10(above.min())) - 1)) if len(above) else 1.0


def _logarithmic(panel: Axes, floor: float) -> None:
    """Make the axis logarithmic with ``floor``, where there is one, as its 0."""
    usual = LogFormatterMathtext()
    panel.set_yscale("log")
    panel.yaxis.set_major_locator(LogLocator(numticks=6))
    panel.yaxis.set_minor_formatter(NullFormatter())
    panel.yaxis.set_major_formatter(
        FuncFormatter(lambda y, at: "0" if y <= floor * 1.01 else usual(y, at))
    )


def _tasks(panel: Axes, log: GradientLog, values: np.ndarray) -> None:
    """Draw a line for each task and, where they are many, their median."""
    lines = {task: (log.epochs, values[:, t]) for t, task in enumerate(log.tasks)}
    task_lines(panel, lines, list(log.tasks))
    if len(log.tasks) > len(COLOURS):
        panel.plot(
            log.epochs, median_defined(values, axis=1), lw=1.8, color="black", label="median"
        )


def _draw_loss(panel: Axes, log: GradientLog) -> None:
    _tasks(panel, log, log.loss)
    panel.set_title("Loss of each task on the probe", fontsize=9, loc="left")
    panel.set_ylabel("Loss", fontsize=9)
    panel.legend(fontsize=7, frameon=False)


def _draw_dead(panel: Axes, log: GradientLog) -> None:
    _layers(panel, log, log.dead.mean(axis=1), *activation_labels(log))
    panel.set_title("Dead ReLUs, mean task", fontsize=9, loc="left")
    panel.set_ylabel("Share of units", fontsize=9)
    panel.set_ylim(bottom=min(0.0, panel.get_ylim()[0]))


def activation_labels(log: GradientLog) -> tuple[list[str], list[str]]:
    """Return how each activation is labelled, and the layer whose colour it has.

    It is labelled as the layer that it belongs to, and by its own name where that has several
    activations or is not known.
    """
    layers = [of or name for of, name in zip(log.activated, log.activations, strict=False)]
    layers = layers or list(log.activations)
    pairs = zip(log.activations, layers, strict=True)
    return [of if layers.count(of) == 1 else name for name, of in pairs], layers


def _draw_signal(panel: Axes, log: GradientLog) -> None:
    names = [log.layers[i] for i in log.main]
    _layers(panel, log, median_defined(log.signal, axis=1)[:, list(log.main)], names)
    floor = 1 / np.sqrt(log.parts)
    panel.axhline(floor, lw=0.9, ls=":", color="black")
    panel.set_ylim(bottom=0)
    _say(panel, floor, "noise alone")
    panel.set_title("Signal to noise of the gradient", fontsize=9, loc="left")
    panel.set_ylabel("Norm / deviation, median task", fontsize=8)


def _layers(
    panel: Axes,
    log: GradientLog,
    values: np.ndarray,
    labels: Sequence[str],
    layers: Sequence[str] | None = None,
) -> None:
    """Draw a line for each column, whose colour is that of its layer in every panel.

    The layers are those of the labels, where nothing else is said.
    """
    main = [log.layers[i] for i in log.main]
    for extra, (label, name) in enumerate(zip(labels, layers or labels, strict=True)):
        k = main.index(name) if name in main else len(main) + extra
        style = ("-", "--", ":")[k // len(COLOURS) % 3]
        panel.plot(
            log.epochs,
            values[:, extra],
            style,
            lw=1.3,
            marker=".",
            ms=3,
            color=COLOURS[k % len(COLOURS)],
            label=label,
        )


def _draw_conflict(panel: Axes, log: GradientLog) -> None:
    found = conflict(log)
    tasks = len(log.tasks)
    cosine = found.cosine.copy()
    cosine[np.eye(tasks, dtype=bool)] = np.nan
    top = max(0.1, np.nanmax(np.abs(cosine), initial=0.0))
    image = panel.imshow(cosine, cmap="RdBu", vmin=-top, vmax=top)
    named = log.tasks if tasks <= _NAMED else ()
    panel.set_xticks(range(len(named)), named, rotation=90, fontsize=7)
    panel.set_yticks(range(len(named)), named, fontsize=7)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    mean = round(found.mean, 2) + 0.0  # not -0.00
    opposed = f"{found.opposed_pairs:.0%} of pairs and moments below 0"
    title = f"Cosine of the tasks' gradients, shared layers\nmean {mean:.2f}; {opposed}"
    panel.set_title(title, fontsize=9, loc="left")
    panel.figure.colorbar(image, ax=panel, shrink=0.75, pad=0.02).ax.tick_params(labelsize=7)


def _draw_agreement(panel: Axes, log: GradientLog) -> None:
    values = agreement(log)
    kept = [i for i, place in enumerate(log.common) if place in log.main]
    kept = kept or list(range(len(log.common)))
    _layers(panel, log, values[:, kept], [log.layers[log.common[i]] for i in kept])
    right = 1 / np.sqrt(len(log.tasks))
    panel.axhline(right, lw=0.9, ls=":", color="black")
    panel.set_ylim(0, 1.02)
    _say(panel, right, "at right angles")
    ratio = r"$\Vert\Sigma_t\,g_t\Vert\;/\;\Sigma_t\Vert g_t\Vert$"
    panel.set_title(f"{ratio} of the tasks' gradients", fontsize=9, loc="left")


def _draw_whole(panel: Axes, log: GradientLog, share: float, floor: float) -> None:
    """Draw the norm over all hidden layers, as no gradients meet where no layer is shared."""
    norm = hidden_norm(log)
    _tasks(panel, log, np.where(norm == 0, floor, norm))
    level = norm[0][np.isfinite(norm[0])]
    if len(level):
        panel.axhline(share * np.median(level), lw=0.9, ls=":", color="black")
    panel.set_title("All hidden layers together (none is shared)", fontsize=9, loc="left")
    panel.set_ylabel("Gradient norm", fontsize=9)


def _legend(panel: Axes) -> None:
    """Name the lines above them."""
    panel.set_ylim(0, 1.5 * panel.get_ylim()[1])
    panel.legend(fontsize=7, frameon=False, ncols=3, loc="upper left", columnspacing=0.8,
                 handlelength=1.2)  # fmt: skip


def _say(panel: Axes, height: float, text: str) -> None:
    """Label a horizontal line at its right end."""
    where = panel.get_yaxis_transform()
    panel.annotate(text, (1, height), (0, -2), xycoords=where, textcoords="offset points",
                   ha="right", va="top", fontsize=7)  # fmt: skip


def _shade(panel: Axes, epochs: np.ndarray, dead: np.ndarray) -> None:
    """Shade from each moment at which all gradients are near zero to the next."""
    ends = np.append(epochs[1:], epochs[-1])
    for start, end in zip(epochs[dead], ends[dead], strict=True):
        panel.axvspan(start, end, color=_SHADE, lw=0, zorder=0)


def _style(panel: Axes) -> None:
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=8)
