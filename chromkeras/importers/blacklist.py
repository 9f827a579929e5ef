"""Blacklists: regions of a genome whose rows are left out."""

import os
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from chromkeras.errors import InputError
from chromkeras.importers.bed import bed_integer, bed_lines, check_bed_order
from chromkeras.importers.genome import nearest_names
from chromkeras.importers.intervals import Intervals


def read_blacklist(
    path: str | os.PathLike[str],
    chromosomes: Iterable[str],
    lengths: Mapping[str, int] | None = None,
) -> tuple[Intervals, list[str]]:
    r"""Read a list of regions to leave out, such as ENCODE's.

    Parameters
    ----------
    path
        BED, 3 or more columns, gzip or not.
    chromosomes
        Names of the chromosomes that rows may lie on.
    lengths
        Bases of each of them, where that is known.

    Returns
    -------
    tuple
        The regions, and a line for a person where chromosomes of the list are none of these.

    Raises
    ------
    InputError
        The file is missing or empty, a line is malformed or lies past the end of its chromosome,
        or no chromosome of the list is one of these.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "blacklist.bed"
    >>> _ = file.write_text("chrI\t0\t500\nchrM\t0\t9\n")
    >>> regions, notes = read_blacklist(file, ["chrI", "chrX"])
    >>> len(regions), notes
    (2, ['blacklist: 1 of 2 regions lie on 1 chromosome that no row lies on: chrM'])
    """
    bases = {} if lengths is None else lengths
    found = []
    for number, fields in bed_lines(path, "blacklist"):
        try:
            found.append(_region(fields, bases))
        except InputError as error:
            raise InputError(f"{path}:{number}: {error}") from None
    if not found:
        raise InputError(f"blacklist {path} holds no region; leave it out or check it")
    chrom, start, end = zip(*found, strict=True)
    regions = Intervals(np.array(chrom), np.array(start, np.int64), np.array(end, np.int64))
    known = dict.fromkeys(map(str, chromosomes), 0)
    return regions, _strangers(path, regions.chrom, known)


def _region(fields: Sequence[str], bases: Mapping[str, int]) -> tuple[str, int, int]:
    """Return chrom, start and end of a line."""
    chrom, start, end = fields[0], bed_integer(fields[1], "start"), bed_integer(fields[2], "end")
    check_bed_order(start, end)
    if end > bases.get(chrom, end):
        raise InputError(
            f"end {end} lies past the end of {chrom}, which has {bases[chrom]} bases; "
            "is this the right genome?"
        )
    return chrom, start, end


def _strangers(
    path: str | os.PathLike[str], chrom: np.ndarray, known: Mapping[str, int]
) -> list[str]:
    """Say which chromosomes of a list are unknown; refuse a list that has no other."""
    names, counts = np.unique(chrom, return_counts=True)
    strange = [str(name) for name in names if name not in known]
    if not strange:
        return []
    if len(strange) == len(names):
        raise InputError(
            f"no chromosome of blacklist {path} has rows, such as {strange[0]!r}; "
            f"{nearest_names(strange[0], known)}"
        )
    count = int(counts[np.isin(names, strange)].sum())
    listed = ", ".join(strange[:5]) + (f" and {len(strange) - 5} more" if len(strange) > 5 else "")
    many = "chromosome" if len(strange) == 1 else "chromosomes"
    return [
        f"blacklist: {count:,} of {len(chrom):,} regions lie on {len(strange)} {many} that no row "
        f"lies on: {listed}"
    ]
