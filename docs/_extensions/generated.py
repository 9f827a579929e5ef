"""What is written from the code at every build, so that nothing is typed twice."""

import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

_QUOTED = re.compile(r"``([^`]+)``|`([^`]+)`")
_SPECIAL = re.compile(r"([\\*`|]|(?<=\w)_(?!\w))")


class Generated(SphinxDirective):
    """A directive whose content is reStructuredText that its class writes."""

    @abstractmethod
    def lines(self) -> Iterable[str]:
        """Yield the lines in the directive's place."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes of those lines."""
        text = "\n".join(self.lines())
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def escaped(text: str) -> str:
    """Return plain text for reStructuredText; what stands in backquotes becomes a literal."""
    parts, last = [], 0
    for quoted in _QUOTED.finditer(text):
        parts.append(_SPECIAL.sub(r"\\\1", text[last : quoted.start()]))
        parts.append(literal(quoted[1] or quoted[2]))
        last = quoted.end()
    return "".join(parts) + _SPECIAL.sub(r"\\\1", text[last:])


def literal(text: object) -> str:
    """Return a literal, or nothing for an empty text."""
    return f"``{text}``" if str(text) else ""


def heading(text: str, underline: str) -> list[str]:
    """Return the lines of a heading."""
    return ["", text, underline * len(text), ""]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table; cells are reStructuredText of one line."""
    yield from ("", ".. list-table::", "   :header-rows: 1", "   :class: wide", "")
    for row in (head, *rows):
        for place, cell in enumerate(row):
            yield f"   {' ' if place else '*'} - {cell}".rstrip()
    yield ""
