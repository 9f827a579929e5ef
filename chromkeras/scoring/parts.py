"""Parts of a long run, such as those of an array of cluster jobs."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from chromkeras.errors import InputError

_TEXT = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


@dataclass(frozen=True)
class Part:
    """The K-th of N parts of rows that follow each other.

    Attributes
    ----------
    number, count
        K, from 1, and N.
    """

    number: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            raise InputError(f"`part`: expected K/N with 1 <= K <= N, received {self}")

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def rows(self, total: int, step: int = 1) -> range:
        """Return the rows of this part.

        Parameters
        ----------
        total
            Rows in all.
        step
            Parts begin at multiples of it, so that batches of this size are those of a whole run.

        Examples
        --------
        >>> [Part(k, 3).rows(10, step=2) for k in (1, 2, 3)]
        [range(0, 2), range(2, 6), range(6, 10)]
        """
        steps = -(-total // step)
        first, last = (k * steps // self.count * step for k in (self.number - 1, self.number))
        return range(min(first, total), min(last, total))


WHOLE = Part()


def parse_part(text: str) -> Part:
    """Read a part such as "3/10".

    Raises
    ------
    InputError
        It is none.
    """
    found = _TEXT.fullmatch(text.strip())
    if not found:
        raise InputError(f"`part`: expected K/N, such as 3/10, received {text!r}")
    return Part(int(found[1]), int(found[2]))


def in_order(
    parts: Sequence[tuple[Path, Mapping[str, Any]]], *, own: Collection[str] = ("part", "rows")
) -> list[int]:
    """Return the places of the parts of one run in order.

    Parameters
    ----------
    parts
        Where each lies, and what was done: "part", "rows" from the first to after the last, and
        what all parts have in common.
    own
        What parts of one run do not have in common.

    Raises
    ------
    InputError
        They are no parts of one run, or not all of them.
    """
    if not parts:
        raise InputError("expected parts to join, received none")
    first_path, first = parts[0]
    count = _part(first).count
    found: dict[int, int] = {}
    for place, (path, facts) in enumerate(parts):
        _check_alike(path, facts, first_path, first, own)
        part = _part(facts)
        if part.count != count:
            raise InputError(
                f"expected parts of one division; {path} is part {part}, {first_path} is part "
                f"{first.get('part')}"
            )
        if part.number in found:
            other = parts[found[part.number]][0]
            raise InputError(f"part {part} is given twice: {other} and {path}")
        found[part.number] = place
    missing = [str(k) for k in range(1, count + 1) if k not in found]
    if missing:
        raise InputError(
            f"expected all {count} parts, received {len(found)}; missing: "
            f"{', '.join(missing[:10])}{', …' if len(missing) > 10 else ''}"
        )
    order = [found[k] for k in sorted(found)]
    for before, after in pairwise(order):
        if parts[before][1]["rows"][1] != parts[after][1]["rows"][0]:
            raise InputError(f"{parts[after][0]} and {parts[before][0]} do not follow each other")
    return order


def _part(facts: Mapping[str, Any]) -> Part:
    return parse_part(str(facts.get("part", "1/1")))


def _check_alike(
    path: Path,
    facts: Mapping[str, Any],
    first_path: Path,
    first: Mapping[str, Any],
    own: Collection[str],
) -> None:
    for key in dict.fromkeys([*facts, *first]):
        if key not in own and facts.get(key) != first.get(key):
            raise InputError(f"expected parts of one run; {path} has other {key} than {first_path}")
