"""Groups of commands that are found by name in a registry."""

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup

from chromkeras.cli.outcome import telling
from chromkeras.names import unknown
from chromkeras.registry import Registry

# Without colour: what is printed is made safe, and with it what would colour it.
SETTINGS = {"help_option_names": ["-h", "--help"], "color": False}


def group_of(registry: Registry, command: Callable[[str], Any]) -> type[TyperGroup]:
    """Return a class of groups that have a command for each member of a registry.

    Parameters
    ----------
    registry
        Its members are looked up when a command is asked for.
    command
        Returns by a member's name a function that returns an ``Outcome``, or a ``typer.Typer``.
    """

    class Group(TyperGroup):
        """Commands of the members of a registry."""

        def list_commands(self, ctx: Any) -> list[str]:
            """Return the names of the members."""
            return list(registry.names())

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            """Return name, command and further words of a command line; unknown names fail."""
            name = args[0]
            if name not in registry.names() and not (name[:1] == "-" or ctx.resilient_parsing):
                raise unknown(registry.kind, name, registry.names())
            return super().resolve_command(ctx, args)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            """Return the command of a member, or None."""
            if cmd_name not in registry.names():
                return None
            found = command(cmd_name)
            if not isinstance(found, typer.Typer):
                app = new_app()
                app.command(cmd_name)(telling(found))
                found = app
            click_command = typer.main.get_command(found)
            click_command.name = cmd_name
            return click_command

    return Group


def new_app(**options: Any) -> typer.Typer:
    """Return an empty app with the program's settings."""
    settings = {
        "add_completion": False,
        "pretty_exceptions_enable": False,
        "rich_markup_mode": None,
        "context_settings": SETTINGS,
    }
    return typer.Typer(**settings | options)


def help_without_command(context: typer.Context) -> None:
    """Print the help of a group that was called without a command, and end with exit code 2."""
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(2)
