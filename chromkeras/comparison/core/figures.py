"""Pictures of the comparison: differences with intervals, reliability, growth of costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

from chromkeras.cost.growth import Growth
from chromkeras.plots.style import COLOURS, GREY, new_figure
from chromkeras.statistics.calibration import Reliability

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_ROW = 0.17  # inches for a dot and its space


@dataclass(frozen=True, eq=False)
class DotPanel:
    """Differences of K models from a baseline on one set of rows.

    Attributes
    ----------
    title
        Which rows.
    difference
        Shape (K, R), of R rows of dots.
    interval
        Shape (K, 2, R).
    sure
        Shape (K, R), bool: dots that are filled.
    """

    title: str
    difference: np.ndarray
    interval: np.ndarray
    sure: np.ndarray


def look(index: int) -> tuple[str, str]:
    """Return the colour and marker of a model, different for each of the first 42."""
    turn, colour = divmod(index, len(COLOURS))
    return COLOURS[colour], MARKERS[(colour + turn) % len(MARKERS)]


def difference_dots(
    panels: Sequence[DotPanel],
    models: dict[int, str],
    rows: Sequence[str],
    baseline: str,
    *,
    score: str = "AUROC",
) -> Figure:
    """Draw differences of a score: a dot for each model and row, 0 the baseline.

    Parameters
    ----------
    panels
        Side by side.
    models
        K names, by the number that gives each its look.
    rows
        R names, from top to bottom; the last is set apart, as it is the mean of the others.
    baseline
        Name of the model at 0.
    score
        Title of the score.
    """
    step = max(len(models), 2) + 0.8
    height = max(2.6, 0.95 + _ROW * step * len(rows) + 0.22 * -(-len(models) // 3))
    figure, axes = new_figure(len(panels), width=11.4 / max(len(panels), 2), height=height)
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(wspace=0.06)
    centre = step * np.arange(len(rows), dtype=float)
    centre[-1] += 0.6
    for panel, shown in zip(axes, panels, strict=True):
        _stripes(panel, centre, step)
        for k, (number, name) in enumerate(models.items()):
            place = centre + k - (len(models) - 1) / 2
            _dots(panel, shown, k, place, look(number), name)
        panel.axvline(0, color="black", lw=0.9, zorder=1)
        panel.axhline(centre[-1] - step / 2 - 0.3, color=GREY, lw=0.8)
        panel.set_title(shown.title, fontsize=10, loc="left")
        panel.set_xlabel(f"{score} − {score} of {baseline}", fontsize=9)
        panel.set_ylim(centre[-1] + step / 2, -step / 2)
        panel.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        panel.xaxis.set_major_formatter(FuncFormatter(_signed))
        panel.set_yticks(centre, list(rows) if panel is axes[0] else [""] * len(rows))
        panel.tick_params(axis="y", length=0)
        panel.tick_params(axis="x", labelsize=8)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside upper left", ncols=4, fontsize=9, frameon=False,
        handletextpad=0.4,
    )  # fmt: skip
    return figure


def reliability_curves(panels: Mapping[str, Sequence[Reliability]], names: Sequence[str]) -> Figure:
    """Draw the share of positives against the predicted probability, a line for each model."""
    figure, axes = new_figure(len(panels), width=4.3, height=4.0)
    for panel, (title, curves) in zip(axes, panels.items(), strict=True):
        panel.plot([0, 1], [0, 1], lw=0.8, ls=":", color=GREY)
        for i, (name, curve) in enumerate(zip(names, curves, strict=True)):
            colour, marker = look(i)
            panel.plot(
                curve.predicted, curve.observed, lw=1.3, ms=4, color=colour, marker=marker,
                label=f"{name}  {curve.error:.3f}",
            )  # fmt: skip
        panel.set_title(title, fontsize=10, loc="left")
        panel.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
        panel.set(xlabel="Predicted probability", ylabel="Share of positives")
        panel.legend(title="calibration error", title_fontsize=8, fontsize=8, frameon=False)
    return figure


def growth_curves(found: Sequence[Growth]) -> Figure:
    """Draw time of a step, operations and weights against the number of tasks, log by log."""
    figure, axes = new_figure(3, width=3.8, height=3.7)
    what = {"step": "Seconds of a training step", "training": "Operations of a step, per sequence",
            "parameters": "Weights"}  # fmt: skip
    for panel, (key, title) in zip(axes, what.items(), strict=True):
        for i, name in enumerate(dict.fromkeys(one.name for one in found)):
            _growth_line(panel, [one for one in found if one.name == name], key, i)
        panel.set(xscale="log", yscale="log", xlabel="Tasks")
        panel.set_title(title, fontsize=10, loc="left")
        ticks = sorted({one.tasks for one in found})
        panel.set_xticks(ticks, [str(t) for t in ticks])
        panel.minorticks_off()
        panel.grid(color="#e4e7ea", lw=0.6)
        panel.set_axisbelow(True)
    axes[0].legend(fontsize=8, frameon=False)
    return figure


def _growth_line(panel: Axes, points: Sequence[Growth], key: str, index: int) -> None:
    colour, marker = look(index)
    x = np.array([one.tasks for one in points])
    y = np.array([getattr(one, key) for one in points], float)
    counted = np.array([one.measured or key != "step" for one in points])
    wide = max(1.2, 3.4 - 0.8 * index)  # lines that coincide stay visible, one inside the other
    panel.plot(x, y, lw=wide, ls=":", color=colour)
    panel.plot(
        x[counted], y[counted], lw=wide, ms=3.8 + wide, color=colour, marker=marker,
        label=points[0].name,
    )  # fmt: skip
    panel.plot(x[~counted], y[~counted], " ", ms=3.8 + wide, color=colour, marker=marker,
               mfc="white")  # fmt: skip


def _dots(
    panel: Axes,
    shown: DotPanel,
    model: int,
    place: np.ndarray,
    dot: tuple[str, str],
    name: str,
) -> None:
    colour, marker = dot
    low, high = shown.interval[model]
    panel.hlines(place, low, high, color=colour, lw=1.2, zorder=2)
    sure, value = shown.sure[model], shown.difference[model]
    common = {"ls": "", "marker": marker, "ms": 4.6, "color": colour, "zorder": 3}
    panel.plot(value[~sure], place[~sure], mfc="white", **common)  # type: ignore[arg-type]
    panel.plot(value[sure], place[sure], **common)  # type: ignore[arg-type]
    panel.plot([], [], label=name, **(common | {"ls": "-", "lw": 1.2}))  # type: ignore[arg-type]


def _stripes(panel: Axes, centre: np.ndarray, step: float) -> None:
    for place in centre[:-1:2]:
        panel.axhspan(place - step / 2, place + step / 2, color="#f4f6f8", lw=0, zorder=0)


def _signed(value: float, _: int) -> str:
    return "0" if abs(value) < 1e-12 else f"{value:+.3g}".replace("-", "−")
