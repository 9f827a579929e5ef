"""A genome in memory: one array of base codes a chromosome."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO

import numpy as np

from chrominterpret.fasta import strange_text
from chromkeras.data.codes import encode
from chromkeras.data.splits import Region
from chromkeras.errors import InputError
from chromkeras.importers.compressed import open_maybe_gzip

_BLOCK = 1 << 22
_ROWS = 1 << 14
_HEADER = re.compile(rb"^>(.*)\n?", re.MULTILINE)


@dataclass(frozen=True)
class Genome:
    """Chromosomes as base codes.

    Attributes
    ----------
    path
        The FASTA file it came from.
    codes
        Chromosome name to codes of shape (bases,), uint8, in file order.
    """

    path: Path
    codes: Mapping[str, np.ndarray]

    @property
    def lengths(self) -> dict[str, int]:
        """Bases of each chromosome."""
        return {name: len(codes) for name, codes in self.codes.items()}

    def blocks(self, chrom: np.ndarray, start: np.ndarray, length: int) -> Iterator[np.ndarray]:
        """Yield the codes of windows on the forward strand, some thousand rows at a time.

        Parameters
        ----------
        chrom, start
            Shape (N,), str, and (N,), int64, 0-based; every window lies in its chromosome.
        length
            Bases of each window.

        Yields
        ------
        np.ndarray
            Shape (n, length), uint8; the rows in the order given.
        """
        for first in range(0, len(start), _ROWS):
            rows = slice(first, first + _ROWS)
            out = np.empty((len(start[rows]), length), np.uint8)
            for name in np.unique(chrom[rows]):
                here = chrom[rows] == name
                windows = np.lib.stride_tricks.sliding_window_view(self.codes[name], length)
                out[here] = windows[start[rows][here]]
            yield out


def load_genome(path: str | os.PathLike[str]) -> Genome:
    """Read a FASTA file, plain, gzip or bgzip; no index is needed or written.

    The whole genome is held, one byte a base (human: 3 GB). Soft-masked lower case is read as
    upper case, IUPAC ambiguity letters as N.

    Raises
    ------
    InputError
        The file is missing, empty or no FASTA, or a name stands twice.
    """
    found = Path(path)
    parts: dict[str, list[np.ndarray]] = {}
    name = None
    with open_maybe_gzip(found, "genome") as stream:
        for line, block in _whole_lines(stream):
            pieces = _HEADER.split(block)
            _append(parts, name, pieces[0], found, line)
            line += pieces[0].count(b"\n")
            for header, sequence in zip(pieces[1::2], pieces[2::2], strict=True):
                name = _new_name(header, parts, found, line)
                _append(parts, name, sequence, found, line + 1)
                line += 1 + sequence.count(b"\n")
    genome = {name: np.concatenate(pieces) for name, pieces in parts.items()}
    if not any(len(codes) for codes in genome.values()):
        raise InputError(f"genome {found} holds no sequence; expected FASTA{strange_text(found)}")
    return Genome(found, genome)


def _whole_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield blocks that end at a line's end, each with the number of its first line."""
    line = 1
    while block := stream.read(_BLOCK):
        block += stream.readline()
        yield line, block
        line += block.count(b"\n")


def _append(
    parts: dict[str, list[np.ndarray]], name: str | None, text: bytes, path: Path, line: int
) -> None:
    if name is None:
        if text.strip():
            raise InputError(
                f"{path}:{line}: expected a FASTA header that starts with '>'{strange_text(path)}"
            )
        return
    try:
        parts[name].append(encode(text.translate(None, b" \t\r\n")))
    except InputError:
        raise _bad_letter(text, name, path, line) from None


def _bad_letter(text: bytes, name: str, path: Path, line: int) -> InputError:
    for number, one in enumerate(text.splitlines(), line):
        try:
            encode(one.translate(None, b" \t"))
        except InputError as error:
            return InputError(f"{path}:{number}: sequence {name}: {error} of the line")
    return InputError(f"{path}:{line}: sequence {name}: expected IUPAC nucleotides")


def _new_name(header: bytes, parts: dict[str, list[np.ndarray]], path: Path, line: int) -> str:
    words = header.decode("utf-8", "replace").split()
    if not words or words[0] in parts:
        what = f"sequence name {words[0]!r} stands twice" if words else "FASTA header has no name"
        raise InputError(f"{path}:{line}: {what}; give each sequence its own name")
    parts[words[0]] = []
    return words[0]


def check_regions(regions: Iterable[Region], lengths: Mapping[str, int]) -> None:
    """Raise ``InputError`` when a region's chromosome is unknown or shorter than its end."""
    for region in regions:
        if region.chrom not in lengths:
            hint = nearest_names(region.chrom, lengths)
            raise InputError(f"chromosome of region {region} is not in the genome; {hint}")
        if (region.end or 0) > lengths[region.chrom]:
            raise InputError(
                f"region {region} ends past the end of {region.chrom}, "
                f"which has {lengths[region.chrom]} bases"
            )


def nearest_names(chrom: str, names: Mapping[str, int]) -> str:
    """Return the end of a message about an unknown chromosome: what it might have been."""
    other = chrom[3:] if chrom.lower().startswith("chr") else f"chr{chrom}"
    near = [other] if other in names else get_close_matches(chrom, names, n=3, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(near)}?"
    listed = list(names)
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return f"it has {', '.join(listed[:5])}{more}"
