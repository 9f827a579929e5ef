"""Rendering of blocks as one self-contained HTML file."""

import json
import os
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup
from matplotlib.path import Path as Outline

from chrominterpret.files import write_text
from chrominterpret.motifs.letters import BASE_COLOURS, unit_glyph
from chrominterpret.page.blocks import Logo, Number, Section
from chrominterpret.sequences import BASES

_SCRIPTS = ("letters.js", "table.js", "heatmap.js", "tracks.js", "start.js")
_COMMANDS = {Outline.MOVETO: "M", Outline.LINETO: "L", Outline.CURVE3: "Q", Outline.CURVE4: "C"}
_CONTROL_POINTS = {"M": 1, "L": 1, "Q": 2, "C": 3}


def write_page(
    path: str | os.PathLike[str],
    *,
    title: str,
    subtitle: str,
    sections: Sequence[Section],
) -> None:
    """Write a page, whole or not at all.

    Parameters
    ----------
    path
        File to write.
    title, subtitle
        Text at the head of the page.
    sections
        Sections in order; each gets an entry in the page's menu.
    """
    write_text(path, render_page(title=title, subtitle=subtitle, sections=sections))


def render_page(*, title: str, subtitle: str, sections: Sequence[Section]) -> str:
    """Return the HTML text of a page; see `write_page`."""
    return (
        _environment()
        .get_template("page.html")
        .render(
            title=title,
            subtitle=subtitle,
            sections=sections,
            style=Markup(_asset("page.css")),
            script=Markup("\n".join(map(_asset, _SCRIPTS))),
            glyphs={base: glyph_commands(base) for base in BASES},
            colours=dict(BASE_COLOURS),
        )
    )


def glyph_commands(base: str) -> list[list[Any]]:
    """Return a letter's outline in the unit square (y upwards) as SVG path commands."""
    vertices, codes = unit_glyph(base)
    commands: list[list[Any]] = []
    place = 0
    while place < len(codes):
        if codes[place] == Outline.CLOSEPOLY:
            commands.append(["Z"])
            place += 1
            continue
        command = _COMMANDS[codes[place]]
        points = vertices[place : place + _CONTROL_POINTS[command]]
        commands.append([command, *points.round(3).ravel().tolist()])
        place += len(points)
    return commands


def _asset(name: str) -> str:
    return files("chrominterpret.page").joinpath("assets", name).read_text(encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["json"] = _json
    environment.tests["number"] = lambda cell: isinstance(cell, Number)
    environment.tests["logo"] = lambda cell: isinstance(cell, Logo)
    return environment


def _json(value: Any) -> Markup:
    """Return JSON that may stand inside a script element or a quoted attribute's place."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace("'", "\\u0027"))
