"""Groups of commands that are found by name in a registry."""

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup

from chromkeras.registry import Registry

SETTINGS = {"help_option_names": ["-h", "--help"]}


def group_of(registry: Registry, command: Callable[[str], Any]) -> type[TyperGroup]:
    """Return a class of groups that have a command for each member of a registry.

    Parameters
    ----------
    registry
        Its members are looked up when a command is asked for.
    command
        Returns a function for Typer, or a ``typer.Typer``, by a member's name.
    """

    class Group(TyperGroup):
        """Commands of the members of a registry."""

        def list_commands(self, ctx: Any) -> list[str]:
            """Return the names of the members."""
            return list(registry.names())

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            """Return the command of a member, or None."""
            if cmd_name not in registry.names():
                return None
            found = command(cmd_name)
            if not isinstance(found, typer.Typer):
                app = new_app()
                app.command(cmd_name)(found)
                found = app
            click_command = typer.main.get_command(found)
            click_command.name = cmd_name
            return click_command

    return Group


def new_app(**options: Any) -> typer.Typer:
    """Return an empty app with the program's settings."""
    return typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings=SETTINGS,
        **options,
    )


def help_without_command(context: typer.Context) -> None:
    """Print the help of a group that was called without a command, and end with exit code 2."""
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(2)
