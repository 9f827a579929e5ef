"""Result of a part of the comparison: sections of the page, tables, figures and facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.figure import Figure

from chrominterpret.page.blocks import Picture, Section
from chromkeras.plots.style import svg_text
from chromkeras.tables import Rows


@dataclass(frozen=True, eq=False)
class PartResult:
    """Result of a part of the comparison.

    Attributes
    ----------
    sections
        Sections of the page.
    facts
        Facts for ``summary.json``; NaN becomes None there.
    tables
        Rows by the name of a TSV file; all rows of a table have the same keys.
    figures
        By the name of a PNG file.
    """

    sections: Sequence[Section] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, Rows] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict)


def picture(figure: Figure, caption: str, salt: str) -> Picture:
    """Return a figure for the page."""
    return Picture(svg_text(figure, salt), caption)
