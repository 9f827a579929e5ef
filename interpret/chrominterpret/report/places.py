"""Names of sequences and where they lie on the genome."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chrominterpret.engine.dna import is_letters
from chrominterpret.errors import InputError
from chrominterpret.fasta import read_fasta
from chrominterpret.files import is_fasta

Places = tuple[np.ndarray, np.ndarray]
Coordinates = str | os.PathLike[str] | Sequence[Any] | None

_PLACE = re.compile(r"(?:.*::)?([^:\s]+):(\d[\d,]*)-(\d[\d,]*)(?:\(([-+.])\))?")
_FORMS = "a BED file, or a list of 'chr1:100-300' or (chromosome, start)"


def named(x: Any) -> tuple[Any, tuple[str, ...]]:
    """Return sequences and their names, those of a FASTA file or a mapping; else no names."""
    if isinstance(x, os.PathLike) or is_fasta(x):
        x = read_fasta(x)
    if isinstance(x, Mapping) and is_letters(x):
        return list(x.values()), tuple(map(str, x))
    return x, ()


def find_places(
    coordinates: Coordinates, n: int, length: int, names: Sequence[str] = ()
) -> Places | None:
    """Return chromosome and start, from 0, of every sequence.

    Parameters
    ----------
    coordinates
        BED file with a line for each sequence, in order; or a list of texts such as "chr1:100-300"
        or of (chromosome, start) or (chromosome, start, end), starts from 0. A text counts from 1
        where only then it is as long as the sequence. None takes names of this form.
    n, length
        Number and length of the sequences.
    names
        Names of the sequences, such as ``bedtools getfasta`` gives; those of the reverse strand
        are no places.

    Returns
    -------
    tuple of ndarray or None
        Both (n,), or None where nothing is known.

    Raises
    ------
    InputError
        There is another number of coordinates, or one cannot be read, has another length or says
        that the sequence is that of the reverse strand.

    Examples
    --------
    >>> find_places(["chr1:101-300", ("chrX", 5)], 2, 200)
    (array(['chr1', 'chrX'], dtype='<U4'), array([100,   5]))
    """
    if coordinates is None:
        told = [_PLACE.fullmatch(name) for name in names]
        if not told or not all(m and m.group(4) != "-" and _start(m, length) >= 0 for m in told):
            return None
        coordinates = names
    if isinstance(coordinates, str | os.PathLike):
        coordinates = _bed(Path(coordinates))
    each = [_place(one, length) for one in coordinates]
    if len(each) != n:
        raise InputError(f"expected coordinates of {n} sequences, received {len(each)}")
    return np.array([chrom for chrom, _ in each]), np.array([start for _, start in each])


def place_names(places: Places, length: int) -> tuple[str, ...]:
    """Return names such as "chr1:1,000-1,200" of places."""
    return tuple(f"{c}:{s:,}-{s + length:,}" for c, s in zip(*places, strict=True))


def _bed(path: Path) -> list[tuple[str, ...]]:
    if not path.is_file():
        raise InputError(f"expected coordinates as {_FORMS}, received {path}, which is no file")
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    kept = (line.split() for line in lines if line.strip() and line[0] != "#")
    return [tuple(fields[:3]) for fields in kept if fields[0] not in ("track", "browser")]


def _place(one: Any, length: int) -> tuple[str, int]:
    if isinstance(one, str):
        told = _PLACE.fullmatch(one.strip())
        if told and told.group(4) == "-":
            raise InputError(
                f"expected coordinates on the forward strand, as tracks are drawn along it, "
                f"received {one!r}"
            )
        if told and (start := _start(told, length)) >= 0:
            return told.group(1), start
    elif isinstance(one, Sequence) and len(one) in (2, 3):
        try:
            start, *end = (int(value) for value in one[1:])
        except (TypeError, ValueError):
            pass
        else:
            if start >= 0 and end in ([], [start + length]):
                return str(one[0]), start
    raise InputError(
        f"expected coordinates of sequences of {length} bp as {_FORMS}, received {one!r}"
    )


def _start(told: re.Match[str], length: int) -> int:
    """Return the start of a text's place, from 0; -1 where it has another length."""
    first, last = (int(told.group(i).replace(",", "")) for i in (2, 3))
    if last - first == length:
        return first
    return first - 1 if last - first + 1 == length else -1
