"""The commands of the program, as it builds them."""

from collections.abc import Iterator
from typing import Any

import typer

NAME = "chromkeras"


def commands(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any, Any]]:
    """Yield the words, the context and the object of each command that does something."""
    if command is None:
        from chromkeras.cli.app import app

        command, path = typer.main.get_command(app), (NAME,)
    context = command.context_class(command, info_name=" ".join(path))
    if not hasattr(command, "list_commands"):
        yield " ".join(path), context, command
        return
    for name in command.list_commands(context):
        yield from commands(command.get_command(context, name), (*path, name))
