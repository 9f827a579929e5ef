"""Sequence logos: of one motif, and of filters beside the known motifs that they match."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import logomaker
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from chrominterpret.errors import InputError
from chrominterpret.motifs.letters import BASE_COLOURS, add_letters, stack_bottoms, tidy_axes
from chrominterpret.motifs.pwm import Floats, Motif, logo_heights, reverse_complement, trim
from chrominterpret.motifs.tomtom import Q_CUT, best_matches
from chrominterpret.sequences import BASES

_BASE_INCHES: Final = 0.13
_BIT_INCHES: Final = 0.25
_ROW_INCHES: Final = 0.8
_MARGIN: Final = 0.25
_CHARACTER_INCHES: Final = 0.06
_FLANK: Final = 6


def logo(motif: Motif, *, title: str | None = None, correct_small_samples: bool = False) -> Figure:
    """Return the logo of one motif as a figure, in bits, drawn by logomaker.

    Schneider and Stephens 1990, Nucleic Acids Research 18:6097.

    Parameters
    ----------
    motif : Motif
        Motif to draw.
    title : str or None
        Title; None takes the motif's names.
    correct_small_samples : bool
        Whether the information is corrected for the number of sites, where it is known.

    Returns
    -------
    matplotlib Figure
        One of ``savefig``; in a notebook it shows itself.

    Examples
    --------
    >>> from chrominterpret import jaspar_motifs
    >>> figure = logo(jaspar_motifs("nematodes")[0])
    >>> figure.axes[0].get_ylabel()
    'bits'
    """
    width = max(1.6, 0.25 * len(motif) + 0.5)
    figure = Figure(figsize=(width, 1.5), layout="constrained")
    axes = figure.subplots()
    nsites = motif.nsites if correct_small_samples else None
    heights = pd.DataFrame(logo_heights(motif.ppm, nsites=nsites), columns=list(BASES))
    heights.index += 1
    if heights.to_numpy().any():  # else logomaker has no height to scale by
        logomaker.Logo(
            heights,
            ax=axes,
            color_scheme=dict(BASE_COLOURS),
            font_name="DejaVu Sans",
            show_spines=False,
        )
    axes.set_xlim(0.5, len(motif) + 0.5)
    axes.set_ylim(0, 2)
    axes.set_yticks([0, 1, 2])
    tidy_axes(axes)
    axes.set_ylabel("bits", fontsize=8)
    axes.set_xticks(np.unique([1, *range(5, len(motif) + 1, 5)]))
    axes.set_title(motif.label if title is None else title, fontsize=9)
    return figure


@dataclass(frozen=True, eq=False)
class LogoPair:
    """A motif and the known motif that it matches, as they align.

    Attributes
    ----------
    query : Motif
        Motif that is looked up, trimmed as it was for TomTom.
    title : str
        Text above the query.
    target : Motif or None
        Match, on the strand that matches; None where there is none.
    offset : int
        Position in the target where the query starts; may be below 0.
    caption : str
        Text above the target.
    """

    query: Motif
    title: str
    target: Motif | None = None
    offset: int = 0
    caption: str = "no match"


def logo_pairs(
    queries: Sequence[Motif],
    targets: Sequence[Motif],
    matches: pd.DataFrame,
    *,
    max_q: float = Q_CUT,
    min_information: float | None = 0.2,
) -> list[LogoPair]:
    """Pair every query with its best match.

    Parameters
    ----------
    queries, targets : sequence of Motif
        Motifs that `tomtom.tomtom` compared.
    matches : DataFrame
        Table of `tomtom.tomtom`.
    max_q : float
        q from which on a match is shown as "no match".
    min_information : float or None
        Information in bits that the queries were trimmed by.

    Returns
    -------
    list of LogoPair
        In the order of the queries; those of which trimming leaves nothing are left out.
    """
    known = {target.name: target for target in targets}
    rows = best_matches(matches, queries).to_dict("records")
    pairs = []
    for query, row in zip(queries, rows, strict=True):
        shown = query if min_information is None else trim(query, min_information=min_information)
        if shown is not None:
            pairs.append(_pair(shown, row, known, max_q))
    return pairs


def _pair(query: Motif, row: dict, known: dict[str, Motif], max_q: float) -> LogoPair:
    title = query.label if query.nsites is None else f"{query.label} ({query.nsites:.0f} sites)"
    if not row["q_value"] < max_q:
        return LogoPair(query, title)
    target = known[row["target_id"]]
    turned = reverse_complement(target) if row["strand"] == "-" else target
    caption = f"{target.label} ({row['strand']})  q = {row['q_value']:.1e}"
    return LogoPair(query, title, turned, int(row["offset"]), caption)


def logo_grid(pairs: Sequence[LogoPair], *, columns: int = 2) -> Figure:
    """Draw motifs beside their matches, aligned: the same place in a pair is the same base.

    Of a match, at most six positions on either side of the motif are shown. All logos share one
    scale, 0 to 2 bits, and are drawn on one set of axes in inches, so hundreds take a second or
    two; about 40 pairs make a page.

    Parameters
    ----------
    pairs : sequence of LogoPair
        Row by row.
    columns : int
        Pairs side by side.

    Raises
    ------
    InputError
        If there are no pairs or no columns.
    """
    if not pairs or columns < 1:
        raise InputError(
            f"expected at least one pair and one column; received {len(pairs)} and {columns}"
        )
    columns = min(columns, len(pairs))
    rows = -(-len(pairs) // columns)
    cell = _cell_inches(pairs)
    width, height = 2 * columns * cell + 0.1, rows * _ROW_INCHES + 0.1
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    canvas = _Canvas(axes)
    for place, pair in enumerate(pairs):
        row, column = divmod(place, columns)
        x, y = 2 * column * cell + _MARGIN, height - (row + 1) * _ROW_INCHES + 0.05
        _place_pair(canvas, pair, x, y, cell)
    canvas.draw()
    return figure


def _cell_inches(pairs: Sequence[LogoPair]) -> float:
    bases = max(stop - start for start, stop in map(_extent, pairs))
    words = max(max(len(pair.title), len(pair.caption)) for pair in pairs)
    return _MARGIN + max(bases * _BASE_INCHES, words * _CHARACTER_INCHES) + 0.1


def _extent(pair: LogoPair) -> tuple[int, int]:
    """Return the first position shown and the one after the last, from the query's first on."""
    length = len(pair.query)
    if pair.target is None:
        return 0, length
    stop = len(pair.target) - pair.offset
    return max(min(0, -pair.offset), -_FLANK), min(max(length, stop), length + _FLANK)


class _Canvas:
    """Logos placed in inches, gathered so that all are drawn at once."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self.centres: list[Floats] = []
        self.heights: list[Floats] = []
        self.bottoms: list[Floats] = []
        self.lines: list[list[tuple[float, float]]] = []

    def add(self, motif: Motif, x: float, y: float) -> None:
        heights = logo_heights(motif.ppm) * _BIT_INCHES
        self.centres.append(x + (np.arange(len(heights), dtype=np.float64) + 0.5) * _BASE_INCHES)
        self.heights.append(heights)
        self.bottoms.append(y + stack_bottoms(heights))
        self.lines.append([(x, y), (x + len(heights) * _BASE_INCHES, y)])

    def add_scale(self, x: float, y: float) -> None:
        self.lines.append([(x, y), (x, y + 2 * _BIT_INCHES)])
        for bits in (0, 2):
            level = y + bits * _BIT_INCHES
            self.lines.append([(x - 0.04, level), (x, level)])
            self.axes.text(x - 0.06, level, str(bits), fontsize=6, ha="right", va="center")

    def draw(self) -> None:
        parts = (np.concatenate(part) for part in (self.centres, self.heights, self.bottoms))
        add_letters(self.axes, *parts, width=_BASE_INCHES)
        self.axes.add_collection(LineCollection(self.lines, colors="black", linewidths=0.6))


def _place_pair(canvas: _Canvas, pair: LogoPair, x: float, y: float, cell: float) -> None:
    start, stop = _extent(pair)
    above = y + 2 * _BIT_INCHES + 0.07
    canvas.axes.text(x, above, pair.title, fontsize=7)
    canvas.axes.text(x + cell, above, pair.caption, fontsize=7)
    canvas.add_scale(x - 0.03, y)
    canvas.add(pair.query, x - start * _BASE_INCHES, y)
    if pair.target is not None:
        first, last = start + pair.offset, stop + pair.offset
        shown = pair.target.ppm[max(first, 0) : last]
        canvas.add_scale(x + cell - 0.03, y)
        canvas.add(replace(pair.target, ppm=shown), x + cell + max(-first, 0) * _BASE_INCHES, y)
