"""Identifiers of genes: lists of them, and which of two files' are the same gene."""

import os
import re
from collections.abc import Iterable, Sequence

import numpy as np

from chromkeras.errors import InputError
from chromkeras.importers.compressed import open_text

# ENSG00000141510.17, NM_000546.6; but not F35G12.3 or AT1G01010.1, whose points tell genes apart.
_VERSIONED = re.compile(r"([A-Za-z_]+\d{5,})\.\d+")


def read_names(path: str | os.PathLike[str], what: str) -> tuple[str, ...]:
    r"""Return the names of a text file, one a line; blank lines and those with # are skipped.

    Parameters
    ----------
    path
        The file, gzipped or not.
    what
        What it is, for messages, such as "list of regulators".

    Raises
    ------
    InputError
        The file is missing, holds no name or a name twice, or is no text.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "regulators.txt"
    >>> _ = file.write_text("YMR037C\nYKL062W\n")
    >>> read_names(file, "list of regulators")
    ('YMR037C', 'YKL062W')
    """
    with open_text(path, what) as text:
        lines = text.read().splitlines()
    names = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not names:
        raise InputError(f"{what} {path} holds no name; expected one a line")
    check_once(names, f"{what} {path}")
    return tuple(names)


def check_once(names: Iterable[str], where: str, what: str = "name") -> None:
    """Raise ``InputError`` that says where a name stands twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError(f"{where}: {what} {name!r} stands twice")
        seen.add(name)


def match_ids(wanted: Sequence[str], have: Sequence[str]) -> np.ndarray:
    """Return where each wanted identifier stands among others, or -1.

    An identifier that is not among them is looked for without its version (``ENSG00000141510`` for
    ``ENSG00000141510.17``), on either side, where that leaves one.

    Parameters
    ----------
    wanted, have
        Identifiers, each list without repeats.

    Returns
    -------
    np.ndarray
        Shape (wanted,), int64.

    Examples
    --------
    >>> match_ids(["ENSG00000141510", "YAL001C"], ["YAL001C", "ENSG00000141510.17"]).tolist()
    [1, 0]
    """
    exact = {name: place for place, name in enumerate(have)}
    found = np.array([exact.get(name, -1) for name in wanted], np.int64)
    if (found >= 0).all():
        return found
    asked, there = _bases(wanted), _bases(have)
    for place in np.flatnonzero(found < 0).tolist():
        base = without_version(wanted[place])
        if len(asked[base]) == 1 and len(there.get(base, ())) == 1:
            found[place] = there[base][0]
    return found


def without_version(name: str) -> str:
    """Return an identifier without its version, if it has one.

    Examples
    --------
    >>> without_version("ENSG00000141510.17"), without_version("F35G12.3")
    ('ENSG00000141510', 'F35G12.3')
    """
    match = _VERSIONED.fullmatch(name)
    return match[1] if match else name


def _bases(names: Sequence[str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(without_version(name), []).append(place)
    return places


def check_any(
    found: np.ndarray, wanted: Sequence[str], table: object, have: Sequence[str], other: object
) -> None:
    """Raise ``InputError`` that shows an identifier of each file when none was found.

    Parameters
    ----------
    found
        What ``match_ids(wanted, have)`` gave.
    wanted, have
        Identifiers.
    table, other
        The files that they are in.
    """
    if not (found >= 0).any():
        there = repr(have[0]) if have else "none"
        raise InputError(
            f"no gene of {table} is in {other}: identifiers are such as {wanted[0]!r} there and "
            f"{there} here"
        )
