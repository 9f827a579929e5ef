"""Parts of a long run, such as those of an array of cluster jobs."""

import re
from dataclasses import dataclass

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
