"""Drawing stacks of the letters A, C, G, T: one filled path per base, however many letters.

Colours are from the palette of Okabe and Ito, which people with any common colour blindness can
tell apart (https://jfly.uni-koeln.de/color/): A bluish green, C blue, G orange, T vermillion; close
to the green, blue, orange and red that sequence logos usually have.
"""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.textpath import TextPath
from numpy.typing import ArrayLike, NDArray

from chrominterpret.errors import InputError
from chrominterpret.files import replacing
from chrominterpret.motifs.pwm import Floats
from chrominterpret.sequences import BASES

BASE_COLOURS: Final[Mapping[str, str]] = MappingProxyType(
    {"A": "#009E73", "C": "#0072B2", "G": "#E69F00", "T": "#D55E00"}
)
FORMATS: Final = ("png", "svg", "pdf")

_LETTER_WIDTH: Final = 0.94


@cache
def unit_glyph(base: str) -> tuple[Floats, NDArray[np.uint8]]:
    """Return a letter's outline, scaled to the unit square, shape (P, 2), and its path codes."""
    font = FontProperties(family="DejaVu Sans", weight="bold")
    outline = TextPath((0, 0), base, size=1, prop=font)
    vertices, codes = np.array(outline.vertices), np.array(outline.codes)
    # a closing vertex is never drawn, but it would count in the extent of the letter
    drawn = codes != Outline.CLOSEPOLY
    low, high = vertices[drawn].min(axis=0), vertices[drawn].max(axis=0)
    return np.clip((vertices - low) / (high - low), 0, 1), codes


def stack_bottoms(heights: ArrayLike) -> Floats:
    """Return the lower edge of each letter of a stack, shape (L, 4).

    Letters above 0 are stacked upwards from 0 and those below 0 downwards, the smallest nearest
    to 0. Letter (i, b) covers ``bottom`` to ``bottom + |height|``.
    """
    heights = np.asarray(heights, dtype=np.float64)
    order = np.argsort(np.abs(heights), axis=1, kind="stable")
    ordered = np.take_along_axis(heights, order, axis=1)
    up, down = np.maximum(ordered, 0), np.minimum(ordered, 0)
    tops, floors = np.cumsum(up, axis=1), np.cumsum(down, axis=1)
    bottoms = np.empty_like(heights)
    np.put_along_axis(bottoms, order, np.where(ordered > 0, tops - up, floors), axis=1)
    return bottoms


def draw_letters(axes: Axes, heights: ArrayLike, *, start: float = 0.0) -> None:
    """Draw letters of given heights.

    Parameters
    ----------
    axes : matplotlib Axes
        Axes to draw on; its limits become those of the letters. Position i is centred at
        ``start + i``.
    heights : array of shape (L, 4)
        Heights of A, C, G, T; letters below 0 hang upside down.
    start : float
        Coordinate of the first position.

    Raises
    ------
    InputError
        If the shape is wrong or a height is not finite.
    """
    heights = np.asarray(heights, dtype=np.float64)
    if heights.ndim != 2 or heights.shape[1] != 4 or not len(heights):
        raise InputError(f"expected letter heights of shape (L, 4); received {heights.shape}")
    if not np.isfinite(heights).all():
        raise InputError("expected finite letter heights; received NaN or infinity")
    centres = start + np.arange(len(heights), dtype=np.float64)
    add_letters(axes, centres, heights, stack_bottoms(heights), width=1.0)
    axes.set_xlim(start - 0.5, start + len(heights) - 0.5)
    low = float(np.minimum(heights, 0).sum(axis=1).min())
    high = float(np.maximum(heights, 0).sum(axis=1).max())
    if high > low:
        margin = 0.03 * (high - low)
        axes.set_ylim(low - margin if low < 0 else 0, high + margin if high > 0 else 0)


def add_letters(
    axes: Axes, centres: Floats, heights: Floats, bottoms: Floats, *, width: float
) -> None:
    """Add letters to axes, one filled path per base, and leave the limits as they are.

    Parameters
    ----------
    axes : matplotlib Axes
        Axes to draw on.
    centres : ndarray of shape (L,)
        Coordinates x of the middle of each position.
    heights, bottoms : ndarray of shape (L, 4)
        Heights of A, C, G, T and y of their lower edges; see `stack_bottoms`.
    width : float
        Width of a position.
    """
    for column, base in enumerate(BASES):
        at = np.flatnonzero(heights[:, column])
        if not len(at):
            continue
        glyph, codes = unit_glyph(base)
        height, bottom = heights[at, column, None], bottoms[at, column, None]
        upright = np.where(height > 0, glyph[:, 1], 1 - glyph[:, 1])
        vertices = np.empty((len(at), len(glyph), 2))
        vertices[..., 0] = centres[at, None] + (glyph[:, 0] - 0.5) * _LETTER_WIDTH * width
        vertices[..., 1] = bottom + upright * np.abs(height)
        outline = Outline(vertices.reshape(-1, 2), np.tile(codes, len(at)))
        axes.add_patch(PathPatch(outline, facecolor=BASE_COLOURS[base], linewidth=0, label=base))


def tidy_axes(axes: Axes) -> None:
    """Keep the left and lower lines of the axes only, and small ticks."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=7, length=2.5, pad=1.5)


def save_figure(figure: Figure, path: str | os.PathLike[str], *, dpi: int = 200) -> None:
    """Save a figure as .png, .svg or .pdf, atomically, cropped to what is drawn.

    Raises
    ------
    InputError
        If the file's ending is another.
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        raise InputError(f"expected a file ending in {FORMATS}; received {str(path)!r}")
    # no date inside: the same figure is the same file
    metadata = {"png": None, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[ending]
    with replacing(path) as temporary:
        figure.savefig(temporary, format=ending, dpi=dpi, bbox_inches="tight", metadata=metadata)
