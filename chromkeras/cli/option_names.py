"""Errors of the library with options in the place of arguments."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

from chromkeras.errors import InputError

_QUOTED = re.compile("`([a-z_]+)`")


@contextmanager
def option_names(options: type[Any], renamed: Mapping[str, str] | None = None) -> Iterator[None]:
    """Name options in errors where the library names arguments.

    Parameters
    ----------
    options
        Dataclass whose fields are the arguments; messages have them in backquotes.
    renamed
        Options by argument, where they are not called alike.

    Examples
    --------
    >>> from chromkeras.comparison.core.comparison import CompareOptions
    >>> with option_names(CompareOptions):
    ...     CompareOptions(modisco_tasks=("gut",))
    Traceback (most recent call last):
    chromkeras.errors.InputError: --modisco-tasks: expected --modisco above 0 as well, received 0
    """
    known = {field.name: f"--{field.name.replace('_', '-')}" for field in fields(options)}
    known |= renamed or {}
    try:
        yield
    except InputError as error:
        text = _QUOTED.sub(lambda found: known.get(found[1], found[0]), str(error))
        raise InputError(text) from error
