"""``program-reference``: every command of the program with its arguments and options."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

from commands import commands
from generated import Generated, escaped, heading, table

_SWITCHES = re.compile(r"^(?:--?[\w-]+[\s,/]*)+")


class ProgramReference(Generated):
    """A section for each command."""

    def lines(self) -> Iterator[str]:
        """Yield a section for each command."""
        found = list(commands())
        yield from table(
            ("Command", "Does"),
            (
                (f":ref:`{words} <{_label(words)}>`", escaped(_paragraphs(command.help)[0]))
                for words, _, command in found
            ),
        )
        for words, context, command in found:
            yield from _section(words, context, command)


def _section(words: str, context: Any, command: Any) -> Iterator[str]:
    yield from ("", f".. _{_label(words)}:", "", f".. program:: {words}")
    yield from heading(words, "-")
    usage = " ".join(command.collect_usage_pieces(context))
    yield from (".. code-block:: text", "", f"   {words} {usage}", "")
    for paragraph in _paragraphs(command.help):
        yield from (paragraph, "")
    for parameter in command.params:
        if (record := parameter.get_help_record(context)) is None:
            continue
        declared, text = record
        if not parameter.opts[0].startswith("-"):
            yield from ("", f".. option:: {_argument(declared)}", "", f"   {escaped(text)}", "")
            continue
        metavar = _SWITCHES.sub("", declared)
        value = f" {metavar}" if metavar else ""
        names = ", ".join(name + value for name in (*parameter.opts, *parameter.secondary_opts))
        yield from ("", f".. option:: {names}", "", f"   {escaped(text)}", "")


def _argument(declared: str) -> str:
    return declared.split()[0]


def _paragraphs(text: str | None) -> list[str]:
    return [" ".join(each.split()) for each in inspect.cleandoc(text or "").split("\n\n")]


def _label(words: str) -> str:
    return "command-" + "-".join(words.split()[1:])


def setup(app: Any) -> dict[str, Any]:
    """Add the directive."""
    app.add_directive("program-reference", ProgramReference)
    return {"parallel_read_safe": True}
