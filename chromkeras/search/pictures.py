"""Pictures of a search: how the trials rank, what they tried, and what mattered."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from chromkeras.plots.style import COLOURS, GREY, new_figure, save_png
from chromkeras.search.records import DONE, FAILED, PRUNED, TrialRecord, best_record
from chromkeras.search.space import Choices, Range, SearchSpace

GOOD, BAD, MARK = COLOURS[0], COLOURS[1], COLOURS[5]
MAP = "viridis"
LONGEST_LABEL = 22
MOST_TICKS = 5
BAND = 0.08  # of an axis with choices, over which the lines through one of them are spread
MARGIN = 0.04  # of the range of scores, above and below


def plot_ranking(
    records: Sequence[TrialRecord], path: str | os.PathLike[str], *, label: str
) -> None:
    """Draw the scores in the order of the trials with the best so far, and sorted.

    Parameters
    ----------
    records
        Trials; those pruned are drawn hollow, those failed as crosses at the lower edge.
    path
        PNG file to write.
    label
        Name of the score.
    """
    figure, (left, right) = new_figure(2, width=4.4, height=3.6)
    low, high = _limits(records)
    styles: dict[str, dict[str, Any]] = {
        DONE: {"color": GOOD, "label": "run to the end"},
        PRUNED: {"facecolors": "none", "edgecolors": GREY, "label": "pruned"},
    }
    for state, style in styles.items():
        chosen = [r for r in records if r.state == state and np.isfinite(r.score)]
        if chosen:
            left.scatter([r.number for r in chosen], [r.score for r in chosen], s=20, **style)
    failed = [r.number for r in records if r.state == FAILED]
    if failed:
        lower = [low] * len(failed)
        left.scatter(failed, lower, marker="x", color=BAD, s=20, clip_on=False, label="failed")
    done = [r for r in records if r.state == DONE]
    if done:
        best = np.maximum.accumulate([r.score for r in done])
        numbers = [r.number for r in done]
        left.step(numbers, best, where="post", color="black", lw=1.2, label="best so far")
    left.set(xlabel="Trial", ylabel=label, ylim=(low, high))
    left.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(fontsize=8, frameon=False, loc="outside upper left", ncols=4)
    _draw_sorted(right, done)
    right.set_ylim(low, high)
    save_png(figure, path)


def _draw_sorted(panel: Axes, done: Sequence[TrialRecord]) -> None:
    ranked = sorted(done, key=lambda r: (-r.score, r.number))
    places = np.arange(1, len(ranked) + 1)
    panel.plot(places, [r.score for r in ranked], color=GOOD, marker="o", ms=4, lw=1)
    if ranked:
        best = ranked[0]
        panel.scatter([1], [best.score], color=MARK, s=36, zorder=3)
        panel.annotate(
            f"trial {best.number}: {best.score:.4f}",
            (1, best.score),
            xytext=(8, 4),
            textcoords="offset points",
            fontsize=8,
        )
    panel.set_xlabel("Rank")
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))


def _limits(records: Sequence[TrialRecord]) -> tuple[float, float]:
    """Return the limits of the axis of scores."""
    scores = [r.score for r in records if np.isfinite(r.score)] or [0.0, 1.0]
    low, high = min(scores), max(scores)
    margin = MARGIN * 2 * ((high - low) or 1.0)
    return low - margin, high + margin


def plot_parallel(
    records: Sequence[TrialRecord],
    space: SearchSpace,
    path: str | os.PathLike[str],
    *,
    label: str,
    order: Sequence[str] = (),
) -> None:
    """Draw each trial that was run to its end as a line through its values, coloured by score.

    Parameters
    ----------
    records
        Trials.
    space
        Search space, which says what each axis holds.
    path
        PNG file to write.
    label
        Name of the score.
    order
        Recipe keys from left to right; all of the space in its own order by default.
    """
    keys = tuple(order) or tuple(space.domains)
    done = sorted((r for r in records if r.state == DONE), key=lambda r: (r.score, -r.number))
    heights = {key: _spread(space.domains[key], [r.values[key] for r in done]) for key in keys}
    figure = Figure(figsize=(1.5 * len(keys) + 2.4, 3.8), layout="constrained")
    panel = figure.subplots()
    low, high = _limits(done)
    colours = ScalarMappable(Normalize(low, high), mpl.colormaps[MAP])
    best = best_record(records)
    for place, record in enumerate(done):
        colour = colours.to_rgba(np.array(record.score))
        style: dict[str, Any] = {"color": colour, "lw": 1.0, "alpha": 0.75}
        if record is best:
            style |= {"color": MARK, "lw": 2.6, "alpha": 1.0, "zorder": 3}
            style["label"] = f"best: trial {record.number}"
        panel.plot(range(len(keys)), [heights[key][place] for key in keys], **style)
    for place, key in enumerate(keys):
        _draw_axis(panel, place, space.domains[key])
    panel.set_xticks(range(len(keys)), [_stacked(key) for key in keys], fontsize=8)
    panel.tick_params(axis="x", length=0, pad=8)
    panel.set(ylim=(-0.05, 1.05), xlim=(-0.1, len(keys) - 1 + 0.5))
    panel.yaxis.set_visible(False)
    panel.spines[:].set_visible(False)
    bar = figure.colorbar(colours, ax=panel, shrink=0.8, aspect=25)
    bar.set_label(label, fontsize=9)
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)
    if best is not None:
        figure.legend(fontsize=8, frameon=False, loc="outside upper left")
    save_png(figure, path)


def _draw_axis(panel: Axes, place: int, domain: Choices | Range) -> None:
    panel.plot([place, place], [0, 1], color="black", lw=0.8, zorder=4)
    for value, text in _ticks(domain):
        height = _height(domain, value)
        panel.plot([place, place + 0.04], [height] * 2, color="black", lw=0.8, zorder=4)
        panel.text(
            place + 0.06,
            height,
            text,
            fontsize=7,
            va="center",
            path_effects=[withStroke(linewidth=2, foreground="white")],
            zorder=5,
        )


def _height(domain: Choices | Range, value: Any) -> float:
    """Return the place of a value on its axis, from 0 to 1."""
    if isinstance(domain, Choices):
        count = len(domain.labels)
        place = domain.labels.index(value) / (count - 1) if count > 1 else 0.5
        return BAND / 2 + (1 - BAND) * place
    ends = np.array([domain.low, value, domain.high], float)
    low, at, high = np.log(ends) if domain.log else ends
    return float((at - low) / (high - low))


def _spread(domain: Choices | Range, values: Sequence[Any]) -> list[float]:
    """Return the places of values; those of one choice are spread in their order."""
    heights = [_height(domain, value) for value in values]
    if not isinstance(domain, Choices):
        return heights
    found = []
    for place, (value, height) in enumerate(zip(values, heights, strict=True)):
        rank, count = values[:place].count(value), values.count(value)
        found.append(height + (BAND * (rank / (count - 1) - 0.5) if count > 1 else 0.0))
    return found


def _stacked(name: str) -> str:
    """Return a name as lines: the section, then its keys."""
    return name.replace(".", "\n", 1).replace(", ", "\n")


def _ticks(domain: Choices | Range) -> list[tuple[Any, str]]:
    """Return values to mark on an axis, with their texts."""
    if isinstance(domain, Choices):
        texts = (_choice_text(value) for value in domain.values)
        return list(zip(domain.labels, texts, strict=True))
    if domain.log:
        powers = 10.0 ** np.arange(np.ceil(np.log10(domain.low)), np.log10(domain.high) + 1e-9)
        inner = [p for p in powers if domain.low < p < domain.high]
        values = [domain.low, *_apart(domain, inner), domain.high]
    else:
        round_values = MaxNLocator(MOST_TICKS, integer=domain.whole).tick_values(
            domain.low, domain.high
        )
        values = [float(v) for v in round_values if domain.low <= v <= domain.high]
    return [(value, f"{value:.3g}") for value in values]


def _apart(domain: Range, values: Sequence[float]) -> list[float]:
    """Return the values that do not stand too near the ends of their axis."""
    return [value for value in values if 0.08 < _height(domain, value) < 0.92]


def _choice_text(value: Any) -> str:
    """Return a choice in a few letters; values of keys that go together in a line each."""
    if isinstance(value, tuple) and any(isinstance(inner, tuple) for inner in value):
        return "\n".join(map(_choice_text, value))
    text = str([*value]) if isinstance(value, tuple) else str(value)
    text = text.lower() if isinstance(value, bool) else text
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"


def plot_importance(
    importance: Mapping[str, float], path: str | os.PathLike[str], *, label: str
) -> None:
    """Draw the share of the scores' variance that each key explains.

    Parameters
    ----------
    importance
        Share by recipe key, largest first.
    path
        PNG file to write.
    label
        Name of the score.
    """
    named = label[:1].lower() + label[1:]
    figure, (panel,) = new_figure(width=5.6, height=0.9 + 0.32 * len(importance))
    keys, shares = list(importance), list(importance.values())
    places = list(range(len(keys)))
    panel.barh(places, shares, color=GOOD, height=0.65)
    for place, share in zip(places, shares, strict=True):
        panel.text(share + 0.01, place, f"{share:.2f}", va="center", fontsize=8)
    panel.set_yticks(places, keys, fontsize=9)
    panel.invert_yaxis()
    panel.set_xlim(0, max(shares) * 1.15)
    panel.set_xlabel(f"Share of the variance of {named}", fontsize=9, loc="right")
    panel.tick_params(axis="y", length=0)
    save_png(figure, path)
