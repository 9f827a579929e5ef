"""Records of a VCF file: the five fixed columns that are needed, one line at a time.

They are read here and not by htslib, which stops at records that it cannot place, such as one on a
contig that the header does not name; here each is scored or rejected with a reason.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from chromkeras.errors import InputError
from chromkeras.importers.compressed import open_maybe_gzip

_BASES = frozenset("ACGT")
_MISSING = frozenset(("", "."))
FEW_COLUMNS = "fewer than five columns with tabs between"
BAD_POSITION = "the position is no whole number above 0"
NO_REFERENCE = "no reference allele"
NO_ALTERNATE = "no alternate allele"
SPANNING = "alternate allele * (deleted by another record)"
SYMBOLIC = "symbolic alternate allele or breakend"
UNKNOWN_BASE = "an allele has letters other than A, C, G and T"
SAME = "the alternate allele is the reference allele"


@dataclass(frozen=True)
class Allele:
    """One alternate allele of a record.

    Attributes
    ----------
    line
        Line of the file, from 1.
    number
        Place among the alternate alleles of its record, from 0.
    chrom, position, id, ref, alt
        Columns as the file has them, alleles in upper case; the position counts from 1, and is 0
        where the file has no number.
    reason
        Why it cannot be scored, as far as the line itself tells; "" where it can.
    """

    line: int
    number: int
    chrom: str
    position: int
    id: str
    ref: str
    alt: str
    reason: str = ""


def read_alleles(
    path: str | os.PathLike[str], *, first: int = 0, stop: int | None = None
) -> Iterator[list[Allele]]:
    r"""Yield the alternate alleles of each record, at least one a record, in the file's order.

    Parameters
    ----------
    path
        VCF file, plain, gzip or bgzip.
    first, stop
        First record, from 0, and the one after the last; None for the end.

    Raises
    ------
    InputError
        The file is missing, empty, cut short, or no VCF file.

    Examples
    --------
    >>> _alleles(7, b"III\t12\trs1\ta\tG,<DEL>\t.\n")[0]
    Allele(line=7, number=0, chrom='III', position=12, id='rs1', ref='A', alt='G', reason='')
    """
    with open_vcf(path) as (_, lines):
        for number, line in islice(lines, first, stop):
            yield _alleles(number, line)


@contextmanager
def open_vcf(
    path: str | os.PathLike[str],
) -> Iterator[tuple[list[bytes], Iterator[tuple[int, bytes]]]]:
    """Give the header of a VCF file, a list of lines, and its records, (line number, line) each.

    Lines are bytes with their ends; empty ones and comments after the header are left out.

    Parameters
    ----------
    path
        VCF file, plain, gzip or bgzip.
    """
    with open_maybe_gzip(path, "VCF file") as stream:
        header, number, line = _header(stream, path)
        yield header, _records(stream, number, line)


def _header(stream: BinaryIO, path: str | os.PathLike[str]) -> tuple[list[bytes], int, bytes]:
    """Return the header, and number and text of the line after it, b"" at the end."""
    header: list[bytes] = []
    number = 0
    for line in stream:
        number += 1
        if number == 1:
            _check_first(line, path)
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.startswith(b"#"):
            return header, number, line
        header.append(line)
    return header, number, b""


def _check_first(line: bytes, path: str | os.PathLike[str]) -> None:
    if line.startswith(b"BCF"):
        raise InputError(f"{path} is a BCF file; expected VCF: bcftools view -Oz -o NAME.vcf.gz")
    if not line.removeprefix(b"\xef\xbb\xbf").startswith((b"##fileformat=VCF", b"#CHROM")):
        shown = line[:40].decode("utf-8", "replace").rstrip()
        raise InputError(
            f"{path}: expected VCF, whose first line begins ##fileformat=VCF; received {shown!r}"
        )


def _records(stream: BinaryIO, number: int, line: bytes) -> Iterator[tuple[int, bytes]]:
    while line:
        if line.strip() and not line.startswith(b"#"):
            yield number, line
        number, line = number + 1, stream.readline()


def _alleles(number: int, line: bytes) -> list[Allele]:
    columns = line.rstrip(b"\r\n").split(b"\t", 5)[:5]
    text = [column.decode("utf-8", "replace").strip() for column in columns]
    if len(text) < 5:
        chrom, position, name, ref, alts = (*text, *[""] * (5 - len(text)))
        return [Allele(number, 0, chrom, _position(position), name, ref, alts, FEW_COLUMNS)]
    chrom, position, name, ref, alts = text
    place, ref = _position(position), ref.upper()
    found = []
    for at, alt in enumerate(alts.split(",")):
        reason = BAD_POSITION if place < 1 else _reason(ref, alt.upper())
        shown = alt if reason == SYMBOLIC else alt.upper()
        found.append(Allele(number, at, chrom, place, name, ref, shown, reason))
    return found


def _position(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _reason(ref: str, alt: str) -> str:
    """Return why two alleles cannot be scored, or ""."""
    if ref in _MISSING:
        return NO_REFERENCE
    if alt in _MISSING:
        return NO_ALTERNATE
    if alt == "*":
        return SPANNING
    if set(alt) & set("<>[]*."):
        return SYMBOLIC
    if not _BASES.issuperset(ref) or not _BASES.issuperset(alt):
        return UNKNOWN_BASE
    return SAME if ref == alt else ""


@dataclass(frozen=True)
class Counted:
    """What a VCF file holds.

    Attributes
    ----------
    records
        Number of its records.
    chroms
        Names of its chromosomes, in the order of their first record.
    """

    records: int
    chroms: tuple[str, ...]


def count_records(path: str | os.PathLike[str]) -> Counted:
    """Count the records of a VCF file and gather the names of its chromosomes.

    Raises
    ------
    InputError
        As ``read_alleles``, or it has no record.
    """
    chroms: dict[bytes, None] = {}
    records = 0
    with open_vcf(path) as (_, lines):
        for _, line in lines:
            chroms[line.partition(b"\t")[0].strip()] = None
            records += 1
    if not records:
        raise InputError(f"{path} has a header and no record; expected variants")
    return Counted(records, tuple(name.decode("utf-8", "replace") for name in chroms))
