"""Peak files: one BED, narrowPeak or broadPeak file a cell type."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from chromkeras.errors import InputError
from chromkeras.importers.bed import bed_integer, bed_lines, check_bed_order
from chromkeras.importers.genome import nearest_names
from chromkeras.importers.task_files import FileKind, find_task_files
from chromkeras.names import unknown

Center = Literal["midpoint", "summit"]
CENTERS: tuple[Center, ...] = ("midpoint", "summit")
BED12 = 12  # columns of a BED file with exons, whose number is in column 10
_FILES = FileKind(
    what="peaks",
    suffix=re.compile(r"\.(bed|narrowpeak|broadpeak)(\.gz)?$", re.IGNORECASE),
    endings=".bed, .narrowPeak or .broadPeak file (or .gz)",
)


@dataclass(frozen=True)
class Peaks:
    """The peaks of one file.

    Attributes
    ----------
    name
        The cell type.
    chrom
        Shape (M,), str.
    start, end
        Shape (M,), int64, 0-based half-open.
    center
        Shape (M,), int64: midpoint or summit.
    strand
        Shape (M,), int8: -1 where column 6 is "-", else 1.
    """

    name: str
    chrom: np.ndarray
    start: np.ndarray
    end: np.ndarray
    center: np.ndarray
    strand: np.ndarray

    def __len__(self) -> int:
        return len(self.start)


class _Line(NamedTuple):
    chrom: str
    start: int
    end: int
    center: int
    strand: int


def find_peak_files(paths: Iterable[str | os.PathLike[str]]) -> dict[str, Path]:
    """Return cell type to file, folders expanded in alphabetical order of file names.

    Parameters
    ----------
    paths
        Files, or folders whose .bed, .narrowPeak and .broadPeak files (also .gz) are taken.

    Raises
    ------
    InputError
        A path is missing, a folder has no peak file, or two files give one name.
    """
    return find_task_files(paths, _FILES)


def exclude(files: Mapping[str, Path], names: Iterable[str]) -> dict[str, Path]:
    """Return ``files`` without the named cell types; an unknown name raises ``InputError``."""
    left_out = set(names)
    for name in sorted(left_out):
        if name not in files:
            raise unknown("excluded cell type", name, files)
    kept = {name: file for name, file in files.items() if name not in left_out}
    if not kept:
        raise InputError("every peak file is excluded; keep at least one")
    return kept


def read_peaks(
    path: str | os.PathLike[str],
    name: str,
    lengths: Mapping[str, int],
    *,
    center: Center = "midpoint",
) -> Peaks:
    """Read one peak file.

    Parameters
    ----------
    path
        BED (3 or more columns), narrowPeak or broadPeak, gzip or not. Empty, ``#``, ``track``
        and ``browser`` lines are skipped.
    name
        The cell type.
    lengths
        Bases of each chromosome of the genome.
    center
        "midpoint" is floor((start + end) / 2), as Basset does; "summit" is start + column 10
        of narrowPeak where that is 0 or more, else the midpoint, as of BED files.

    Raises
    ------
    InputError
        The file is missing or has no peak, or a line is malformed or lies outside the genome;
        the message has file and line.
    """
    if center not in CENTERS:
        raise unknown("center", center, CENTERS)
    lines: list[_Line] = []
    for number, fields in bed_lines(path, "peak file"):
        try:
            lines.append(_parse(fields, lengths, center))
        except ValueError as error:
            raise InputError(f"{path}:{number}: {error}") from None
    if not lines:
        raise InputError(f"peak file {path} holds no peak; remove it or check it")
    return _columns(name, lines)


def _columns(name: str, lines: list[_Line]) -> Peaks:
    chrom, start, end, center, strand = zip(*lines, strict=True)
    return Peaks(
        name=name,
        chrom=np.array(chrom),
        start=np.array(start, np.int64),
        end=np.array(end, np.int64),
        center=np.array(center, np.int64),
        strand=np.array(strand, np.int8),
    )


def _parse(fields: Sequence[str], lengths: Mapping[str, int], center: Center) -> _Line:
    chrom = fields[0]
    start, end = bed_integer(fields[1], "start"), bed_integer(fields[2], "end")
    _check_place(chrom, start, end, lengths)
    middle = (start + end) // 2
    if center == "summit" and len(fields) >= 10 and len(fields) != BED12:
        summit = bed_integer(fields[9], "summit (column 10)")
        if summit >= max(end - start, 1):
            raise InputError(f"summit {summit} lies outside a peak of {end - start} bases")
        middle = start + summit if summit >= 0 else middle
    strand = -1 if len(fields) > 5 and fields[5] == "-" else 1
    return _Line(chrom, start, end, middle, strand)


def _check_place(chrom: str, start: int, end: int, lengths: Mapping[str, int]) -> None:
    if chrom not in lengths:
        hint = nearest_names(chrom, lengths)
        raise InputError(f"chromosome {chrom!r} is not in the genome; {hint}")
    check_bed_order(start, end)
    if end > lengths[chrom]:
        raise InputError(
            f"end {end} lies past the end of {chrom}, which has {lengths[chrom]} bases; "
            "is this the right genome?"
        )
