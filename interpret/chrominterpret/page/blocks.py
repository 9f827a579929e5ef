"""Blocks of a page, and the plain, JSON-ready values that its script reads of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from chrominterpret.errors import InputError
from chrominterpret.sequences import BASES

_DIGITS = 4


@dataclass(frozen=True)
class Facts:
    """A few figures in large type: name and value, in order."""

    kind: ClassVar[str] = "facts"
    values: Mapping[str, str]


@dataclass(frozen=True)
class Details:
    """Names and values in small type, for how something was made."""

    kind: ClassVar[str] = "details"
    values: Mapping[str, str]


@dataclass(frozen=True)
class Notes:
    """Sentences that a reader must not miss."""

    kind: ClassVar[str] = "notes"
    lines: Sequence[str]


@dataclass(frozen=True)
class Picture:
    """An SVG picture, as text, and what it shows in words."""

    kind: ClassVar[str] = "picture"
    svg: str
    caption: str


@dataclass(frozen=True, eq=False)
class Logo:
    """Letters of given heights, one logo above another and aligned.

    Attributes
    ----------
    rows
        Heights of shape (L_i, 4), A C G T, in the unit of ``top``; below 0 hang upside down.
    offsets
        First column of each row.
    top
        Height of a row's full scale, such as 2 bits.
    label
        Description in words, for those who cannot see it.
    """

    rows: Sequence[ArrayLike]
    offsets: Sequence[int] = (0,)
    top: float = 2.0
    label: str = ""

    def plain(self) -> dict[str, Any]:
        """Return what the page's script reads."""
        rows = [np.round(np.asarray(row, float), 3).tolist() for row in self.rows]
        return {"rows": rows, "offsets": list(self.offsets), "top": self.top}


@dataclass(frozen=True)
class Number:
    """A number and how it is written; it is sorted by its value, NaN last."""

    value: float
    text: str

    @classmethod
    def of(cls, value: float, form: str = ".3g") -> "Number":
        """Write a number by a format; NaN is written as nothing."""
        return cls(float(value), "" if np.isnan(value) else format(value, form))


Cell = str | Number | Logo


@dataclass(frozen=True)
class Table:
    """A table that a reader can sort and search.

    Attributes
    ----------
    columns
        Titles.
    rows
        Cells of each row: text, `Number` or `Logo`.
    caption
        Caption below.
    """

    kind: ClassVar[str] = "table"
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise InputError(f"expected {len(self.columns)} cells a row, received {len(row)}")


@dataclass(frozen=True, eq=False)
class HeatMap:
    """A matrix of signed or positive numbers.

    Attributes
    ----------
    values
        Shape (rows, columns); NaN is left empty.
    rows, columns
        Names.
    caption
        Caption below, the unit included.
    signed
        Whether colours diverge from 0; otherwise they rise from ``low`` to the largest value.
    low
        Value of the palest colour where not signed.
    """

    kind: ClassVar[str] = "heatmap"
    values: ArrayLike
    rows: Sequence[str]
    columns: Sequence[str]
    caption: str
    signed: bool = True
    low: float = 0.0

    def __post_init__(self) -> None:
        shape = np.shape(self.values)
        if shape != (len(self.rows), len(self.columns)):
            raise InputError(
                f"expected values of shape ({len(self.rows)}, {len(self.columns)}), "
                f"received {shape}"
            )

    def plain(self) -> dict[str, Any]:
        """Return what the page's script reads."""
        values = np.asarray(self.values, float)
        cells = [[_short(v) for v in row] for row in values.tolist()]
        names = {"rows": list(self.rows), "columns": list(self.columns)}
        return {"values": cells, "signed": self.signed, "low": self.low, **names}


@dataclass(frozen=True, eq=False)
class Track:
    """Contributions along one sequence.

    Attributes
    ----------
    title
        Name of the sequence.
    scores
        Shape (L, 4), 0 but at the observed base.
    groups
        Names that a reader can choose it by, such as its task.
    """

    title: str
    scores: ArrayLike
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Tracks:
    """Letter-height tracks; menus choose which group is shown.

    Attributes
    ----------
    tracks
        Tracks, each with one group for each of ``menus``.
    menus
        Titles of the choices, such as "task" and "method".
    caption
        Caption below.
    """

    kind: ClassVar[str] = "tracks"
    tracks: Sequence[Track]
    menus: Sequence[str]
    caption: str

    def plain(self) -> dict[str, Any]:
        """Return what the page's script reads: a letter and a height for each position."""
        return {
            "menus": list(self.menus),
            "tracks": [_plain_track(track) for track in self.tracks],
        }


Block = Facts | Details | Notes | Picture | Table | HeatMap | Tracks


@dataclass(frozen=True)
class Section:
    """Section of the page.

    Attributes
    ----------
    title
        Heading.
    blocks
        Blocks in order.
    lead
        Sentence or two below the heading.
    """

    title: str
    blocks: Sequence[Block] = field(default_factory=tuple)
    lead: str = ""


def _short(value: float) -> float | None:
    return None if np.isnan(value) else float(f"{value:.{_DIGITS}g}")


def _plain_track(track: Track) -> dict[str, Any]:
    scores = np.asarray(track.scores, float)
    if scores.ndim != 2 or scores.shape[1] != len(BASES):
        raise InputError(f"expected scores of shape (L, 4), received {scores.shape}")
    base = np.abs(scores).argmax(axis=1)
    height = np.take_along_axis(scores, base[:, None], axis=1)[:, 0]
    top = float(np.abs(height).max(initial=0.0)) or 1.0
    return {
        "title": track.title,
        "groups": list(track.groups),
        "letters": "".join(BASES[i] for i in base),
        "heights": np.round(height / top * 1000).astype(int).tolist(),
        "top": top,
    }
