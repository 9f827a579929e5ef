"""Names: unknown ones fail and say which would have been right; all of them are safe to print."""

from collections.abc import Iterable
from difflib import get_close_matches

from chrominterpret.errors import InputError

SHOWN = 200


def printable(text: object, *, longest: int = 0) -> str:
    r"""Return a text in which nothing is left for a terminal to act on.

    Control characters, line breaks, marks that turn the direction of reading and other characters
    that show nothing are written as escapes, so that a name from a file of strangers cannot move
    the cursor, hide what stands before it or begin a new line.

    Parameters
    ----------
    text
        Text, or what ``str`` makes one of.
    longest
        Characters to keep, the last of them an ellipsis where some are cut; 0 keeps all.

    Examples
    --------
    >>> printable("Neurons\x1b[2J")
    'Neurons\\x1b[2J'
    >>> printable("Hypodermis", longest=5)
    'Hypo…'
    """
    whole = str(text)
    if 0 < longest < len(whole):
        whole = f"{whole[: longest - 1]}…"
    if whole.isprintable():
        return whole
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in whole)


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
    listed = [printable(valid_name) for valid_name in near or names]
    hint = (
        f"did you mean {' or '.join(listed)}?" if near else f"expected one of {', '.join(listed)}"
    )
    return InputError(f"unknown {printable(what)} '{printable(name, longest=SHOWN)}'; {hint}")


def check_unique(what: str, names: Iterable[str]) -> None:
    """Raise ``InputError`` when a name stands twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            shown = printable(name, longest=SHOWN)
            raise InputError(f"duplicate {what} '{shown}'; every {what} must be unique")
        seen.add(name)
