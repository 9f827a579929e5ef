"""The ``chromkeras`` program: its commands, and how errors reach a person."""

import os
import re
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, TextIO, cast

import typer
from typer.exceptions import TyperException

from chromkeras.cli.group import group_of, help_without_command, new_app
from chromkeras.cli.outcome import Quiet
from chromkeras.cli.output import SafeOutput
from chromkeras.cli.stop import Stopped, noting, stoppable
from chromkeras.errors import InputError
from chromkeras.names import printable
from chromkeras.registry import COMMANDS

_SHORT = re.compile(r"[Ss]hort for ([\w.]+\w)")
EXIT_CODES = {
    0: "done",
    1: "an error in chromkeras itself, with its traceback: please report it",
    2: "wrong input, said in one line, or something that is needed is missing",
    130: "stopped by Ctrl-C (SIGINT); 143: by SIGTERM; 129: by SIGHUP",
}
app = new_app(
    cls=group_of(COMMANDS, lambda name: COMMANDS.get(name).command),
    name="chromkeras",
    add_completion=True,
    epilog="\b\nExit codes:\n"
    + "\n".join(f"{code:>5}  {meaning}" for code, meaning in EXIT_CODES.items()),
)


@app.callback(invoke_without_command=True)
def _program(context: typer.Context, quiet: Quiet = False) -> None:
    """Train, compare and interpret multi-task models of regulatory DNA."""
    help_without_command(context)


def main() -> None:
    """Run the program; bad input ends with one line on standard error and exit code 2."""
    sys.stderr = _safe(sys.stderr)  # for good, as a traceback may hold names of a file too
    try:
        with stoppable():
            code = run(sys.argv[1:])
    except Stopped as stopped:
        _complain(stopped.message)
        code = stopped.code
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code.

    ``CHROMKERAS_TRACEBACK=1`` in the environment lets errors through with their traceback.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with redirect_stderr(_safe(sys.stderr)), redirect_stdout(_safe(sys.stdout)), noting():
            code = app(arguments, prog_name="chromkeras", standalone_mode=False)
    except typer.Abort as error:  # what Typer makes of an EOFError
        _complain(str(error.__cause__ or "stopped"))
        return 2
    except (TyperException, InputError, OSError, MemoryError) as error:
        if os.environ.get("CHROMKERAS_TRACEBACK"):
            raise
        _complain(_in_options(_message(error), arguments))
        return 2
    return code if isinstance(code, int) else 0


def _safe(stream: TextIO) -> TextIO:
    return stream if isinstance(stream, SafeOutput) else cast(TextIO, SafeOutput(stream))


def _message(error: Exception) -> str:
    if isinstance(error, TyperException):
        context = getattr(error, "ctx", None)  # of a wrong use of a command
        hint = f"; see `{context.command_path} --help`" if context else ""
        return error.format_message().rstrip(".") + hint
    if isinstance(error, MemoryError):
        return f"out of memory ({error}); ask for less"
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror[:1].lower()}{error.strerror[1:]}"
    return str(error)


def _in_options(text: str, arguments: list[str]) -> str:
    """Return a message with options in the place of the arguments that the library names.

    Messages have arguments in backquotes, and recipe keys as "section.key"; what an option is
    called, and which key it is short for, the command itself says.
    """
    for option in _options(arguments):
        name = max(option.opts, key=len)
        text = text.replace(f"`{option.name}`", name)
        if short := _SHORT.search(getattr(option, "help", "") or ""):
            key = re.escape(short[1])
            text = re.sub(rf"(?<![\w(.]){key}(?![\w.])", f"{name} ({short[1]})", text)
    return text


def _options(arguments: list[str]) -> list[Any]:
    """Return the options of the command that a command line names, if any."""
    command: Any = typer.main.get_command(app)
    for word in arguments:
        if word.startswith("-"):
            continue
        if not hasattr(command, "get_command"):
            break
        if (command := command.get_command(None, word)) is None:
            return []
    return [option for option in command.params if option.opts[0].startswith("-")]


def _complain(text: str) -> None:
    print(f"chromkeras: {printable(' '.join(text.split()))}", file=sys.stderr)
