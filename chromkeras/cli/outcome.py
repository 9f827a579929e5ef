"""What a command returns, and how it is told: as text for a person, or as one JSON object."""

import inspect
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any

import typer

from chromkeras.cli.terminal import shown


@dataclass(frozen=True)
class Outcome:
    """Result of a command.

    Attributes
    ----------
    value
        What the library returned, which ``tables.plain`` makes JSON of.
    text
        The same for a person.
    code
        Exit code.
    """

    value: Any
    text: str
    code: int = 0


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
_JSON = Annotated[
    bool, typer.Option("--json", help="Print the result as one JSON object, and no text.")
]
_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_OWN = (
    inspect.Parameter("context", _KEYWORD, annotation=typer.Context),
    inspect.Parameter("as_json", _KEYWORD, annotation=_JSON, default=False),
    inspect.Parameter("quiet", _KEYWORD, annotation=Quiet, default=False),
)


def telling(function: Callable[..., Outcome]) -> Callable[..., None]:
    """Return a command for Typer that tells what ``function`` found, with --json and --quiet.

    Parameters
    ----------
    function
        A command that returns an `Outcome` and prints nothing.
    """
    signature = inspect.signature(function, eval_str=True)

    @wraps(function)
    def command(*, context: typer.Context, as_json: bool, quiet: bool, **given: Any) -> None:
        quiet = quiet or context.find_root().params.get("quiet", False)
        with shown(quiet=quiet), _nothing_else_printed(as_json or quiet):
            outcome = function(**given)
        if as_json:
            print(_json(outcome.value))
        elif not quiet:
            print(outcome.text)
        if outcome.code:
            raise typer.Exit(outcome.code)

    parameters = [*signature.parameters.values(), *_OWN]
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def _json(value: Any) -> str:
    from chromkeras.tables import plain  # only now, as it imports NumPy

    return json.dumps(plain(value), indent=2, allow_nan=False)


@contextmanager
def _nothing_else_printed(wanted: bool) -> Iterator[None]:
    """Drop what the libraries below print on standard output, where that is wanted."""
    if not wanted:
        yield
        return
    with redirect_stdout(io.StringIO()):
        yield
