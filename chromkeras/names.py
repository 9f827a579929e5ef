"""Unknown names fail and say which names would have been right."""

from collections.abc import Iterable
from difflib import get_close_matches

from chromkeras.errors import InputError


def unknown(what: str, name: str, valid: Iterable[str]) -> InputError:
    """Return the error for an unknown name: the nearest valid names, or all of them.

    Parameters
    ----------
    what
        What the name stands for, such as "recipe key".
    name
        What was received.
    valid
        The names that would have been accepted.
    """
    names = sorted(valid)
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"expected one of {', '.join(names)}"
    return InputError(f"unknown {what} {name!r}; {hint}")


def check_unique(what: str, names: Iterable[str]) -> None:
    """Raise ``InputError`` when a name stands twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError(f"duplicate {what} {name!r}; every {what} must be unique")
        seen.add(name)
