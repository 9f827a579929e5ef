"""Plain values that a file holds, checked by type: what was expected, and what was received."""

import json
from collections.abc import Collection
from typing import Any

from chromkeras.errors import InputError
from chromkeras.names import printable

MOST_VALUES = 500_000
DEEPEST = 64
LARGEST = 2**63 - 1
LONGEST = 10_000
SHOWN = 60


def read_json(text: bytes | str, where: str, *, most: int = MOST_VALUES) -> Any:
    """Return the value of a JSON text that is neither too large nor too deep.

    The number of values is bounded by the marks between them before anything is read, as each
    takes some hundred bytes of memory.

    Parameters
    ----------
    text
        UTF-8 bytes, or text.
    where
        What is read, for messages.
    most
        Number of values that are accepted.

    Raises
    ------
    InputError
        It is no JSON, has more than ``most`` values or is nested more than ``DEEPEST`` deep.
    """
    plain = _decoded(text, where)
    values = 1 + sum(plain.count(mark) for mark in ",[{")
    if values > most:
        raise InputError(f"{where}: expected at most {most:,} values, received {values:,}")
    try:
        found = json.loads(plain)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: expected JSON, received what is none ({error})") from error
    except RecursionError as error:
        raise _too_deep(where) from error
    except ValueError as error:
        raise InputError(f"{where}: a number has thousands of digits; expected 64 bits") from error
    _check_depth(found, where)
    return found


def _decoded(text: bytes | str, where: str) -> str:
    try:
        return text.decode() if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: expected UTF-8, received other bytes") from error


def _too_deep(where: str) -> InputError:
    return InputError(f"{where}: expected values nested at most {DEEPEST} deep, received deeper")


def _check_depth(value: Any, where: str) -> None:
    level = [value]
    for _ in range(DEEPEST + 1):
        outer = [v for v in level if isinstance(v, dict | list)]
        level = [v for some in outer for v in (some.values() if isinstance(some, dict) else some)]
        if not level:
            return
    raise _too_deep(where)


def shown(value: Any) -> str:
    """Return a value from JSON as a few safe characters."""
    if isinstance(value, dict):
        return f"a table of {len(value)} keys"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, str):
        return f"'{printable(value, longest=SHOWN)}'"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST:
        return "a number beyond 64 bits"
    return json.dumps(value)


def wrong(where: str, expected: str, value: Any) -> InputError:
    """Return the error for a value of the wrong type or size."""
    return InputError(f"{where}: expected {expected}, received {shown(value)}")


def as_text(value: Any, where: str, *, longest: int = LONGEST) -> str:
    """Return a text of at most ``longest`` characters, or raise ``InputError``."""
    if not isinstance(value, str):
        raise wrong(where, "text", value)
    if len(value) > longest:
        raise InputError(
            f"{where}: expected text of at most {longest:,} characters, received {len(value):,}"
        )
    return value


def as_name(value: Any, where: str) -> str:
    """Return a text that is not empty, or raise ``InputError``."""
    if not as_text(value, where):
        raise wrong(where, "a name", value)
    return str(value)


def as_flag(value: Any, where: str) -> bool:
    """Return true or false, or raise ``InputError``."""
    if not isinstance(value, bool):
        raise wrong(where, "true or false", value)
    return value


def as_int(value: Any, where: str, *, least: int = 0, most: int = LARGEST) -> int:
    """Return a whole number from ``least`` to ``most``, or raise ``InputError``."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        limit = f"of at least {least}" if most == LARGEST else f"from {least} to {most}"
        raise wrong(where, f"a whole number {limit}", value)
    return value


def as_number(value: Any, where: str) -> float:
    """Return a number, which may be NaN or infinite, or raise ``InputError``."""
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST
    if not whole and not isinstance(value, float):
        raise wrong(where, "a number", value)
    return value


def as_list(value: Any, where: str, *, least: int = 0, most: int = MOST_VALUES) -> list[Any]:
    """Return a list of ``least`` to ``most`` values, or raise ``InputError``."""
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise wrong(where, f"a list of {least} to {most:,} values" if least else "a list", value)
    return value


def as_table(
    value: Any, where: str, *, needed: Collection[str] = (), allowed: Collection[str] | None = None
) -> dict[str, Any]:
    """Return a table of values by key, or raise ``InputError``.

    Parameters
    ----------
    value, where
        What was read, and its place for messages.
    needed
        Keys that must be there.
    allowed
        Other keys that may be there; None allows any.
    """
    if not isinstance(value, dict):
        raise wrong(where, "a table", value)
    missing = [key for key in needed if key not in value]
    if missing:
        raise InputError(f"{where}: expected {', '.join(needed)}, received no {missing[0]}")
    strange = [] if allowed is None else [k for k in value if k not in {*needed, *allowed}]
    if strange:
        listed = ", ".join(sorted({*needed, *allowed})) if allowed is not None else ""
        raise InputError(f"{where}: expected {listed}, received {shown(strange[0])}")
    return value


def as_shape(value: Any, where: str) -> tuple[int | None, ...]:
    """Return an array's shape, with None for an axis of any length, or raise ``InputError``."""
    axes = as_list(value, where, most=8)
    return tuple(a if a is None else as_int(a, where, least=1) for a in axes)
