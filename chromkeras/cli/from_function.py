"""A command made of a library function: its parameters, defaults and docstring."""

import inspect
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import docstring_parser
import typer

from chromkeras.cli import completion
from chromkeras.cli.options import comma_list
from chromkeras.cli.outcome import Outcome
from chromkeras.registry import Registry


def command_of(
    function: Callable[..., Any],
    finish: Callable[..., Outcome],
    extra: Sequence[inspect.Parameter] = (),
) -> Callable[..., Outcome]:
    """Return a command that calls a library function.

    The first parameter of the function becomes an argument, the others options of the same names.
    Paths, texts, numbers and flags are taken as they are annotated; a ``Sequence[str]`` may be
    repeated or hold commas; ``str | Sequence[str]`` may be repeated; choices are those of a
    ``Literal``, or of a registry in an ``Annotated``.

    Parameters
    ----------
    function
        Has a NumPy style docstring.
    finish
        Called with the function, its keyword arguments, and those of ``extra``; returns what the
        command does.
    extra
        Parameters of the command's own, with annotations of Typer.
    """
    described = docstring_parser.parse(inspect.getdoc(function) or "")
    texts = {name: x.description for x in described.params for name in x.arg_name.split(", ")}
    parameters = inspect.signature(function, eval_str=True).parameters.values()
    options = [_option(p, texts[p.name] or "", first=i == 0) for i, p in enumerate(parameters)]
    lists = {p.name: _is_comma_list(p.annotation) for p in parameters}

    def command(**given: Any) -> Outcome:
        own = {p.name: given.pop(p.name) for p in extra}
        arguments = {
            name: comma_list(value) if lists[name] else value
            for name, value in given.items()
            if value is not None  # left out, as the function has defaults of its own
        }
        return finish(function, arguments, **own)

    command.__doc__ = described.description
    command.__signature__ = inspect.Signature([*options, *extra])  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in (*options, *extra)}
    return command


def _option(parameter: inspect.Parameter, text: str, *, first: bool) -> inspect.Parameter:
    kind, choices, several = _kind(parameter.annotation)
    needed = parameter.default is inspect.Parameter.empty
    shown: dict[str, Any] = {}
    if choices:
        shown = {"metavar": "|".join(choices), "autocompletion": completion.one(lambda: choices)}
    text = " ".join(text.replace("`", "").split())
    if several and not first:
        text = text.rstrip(".") + f" (repeat{_comma(parameter.annotation)})."
    details = (
        typer.Argument(help=text, metavar=parameter.name.upper())
        if first
        else typer.Option(_switch(parameter.name), help=text, **shown)
    )
    return parameter.replace(
        kind=inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[kind if needed else kind | None, details],
        default=parameter.default if needed or parameter.default != () else None,
    )


def _switch(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _comma(annotation: Any) -> str:
    return " or comma list" if _is_comma_list(annotation) else ""


def _is_comma_list(annotation: Any) -> bool:
    return bool(annotation == Sequence[str])


def _kind(annotation: Any) -> tuple[Any, tuple[str, ...], bool]:
    """Return the type that Typer reads, the choices if there are any, and whether it is a list."""
    if get_origin(annotation) is Annotated:
        inner, *notes = get_args(annotation)
        registries = [note for note in notes if isinstance(note, Registry)]
        return _kind(inner)[0], registries[0].names() if registries else (), False
    members = [x for x in _members(annotation) if x is not NoneType]
    if get_origin(members[0]) is Literal:
        return str, get_args(members[0]), False
    lists = [get_args(x)[0] for x in members if get_origin(x) is Sequence]
    if lists:
        return list[_scalar(_members(lists[0]))], (), True  # type: ignore[misc]
    return _scalar(members), (), False


def _members(annotation: Any) -> Sequence[Any]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _scalar(members: Sequence[Any]) -> Any:
    return Path if any(get_origin(x) is os.PathLike or x is Path for x in members) else members[0]
