"""Regions of a BED file, whose windows are read from an indexed genome."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chromkeras.data.codes import reverse_complement
from chromkeras.errors import InputError
from chromkeras.importers.bed import bed_integer, bed_lines, check_bed_order
from chromkeras.scoring.indexed_genome import IndexedGenome
from chromkeras.scoring.source import Fit, RecordSource, Tiling, file_facts, say_reading


@dataclass(frozen=True, eq=False)
class Region:
    """A region; windows read from the reverse strand are turned around where ``turned``."""

    chrom: str
    start: int
    end: int
    name: str
    strand: str
    tiling: Tiling
    genome: IndexedGenome
    turned: bool

    @property
    def starts(self) -> range:
        """First base of each window."""
        return self.tiling.starts(self.start, self.end)

    def describe(self, start: int) -> tuple[Any, ...]:
        """Return chromosome, start, end, name, strand and first base of the window."""
        return self.chrom, self.start, self.end, self.name, self.strand, start

    def codes(self, start: int) -> np.ndarray:
        """Return the codes of a window, shape (length,), uint8."""
        found = self.genome.codes(self.chrom, start, start + self.tiling.length)
        return reverse_complement(found) if self.turned else found


class BedSource(RecordSource):
    """Regions of a BED file, in the order of the file.

    The file is gone through once at first, so that a line that is wrong is said before any work.

    Parameters
    ----------
    path
        BED file of 3 columns or more, gzip or not: column 4 is the name, column 6 the strand.
    genome
        FASTA file with its index, or without.
    tiling
        How a region is read.
    by_strand
        Whether regions of strand "-" are read from that strand.

    Raises
    ------
    InputError
        A file is missing or damaged, a line is no region, a chromosome is not in the genome, or
        there is no region.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        genome: str | os.PathLike[str],
        tiling: Tiling,
        *,
        by_strand: bool = False,
    ) -> None:
        self.path, self.tiling, self.by_strand = Path(path), tiling, by_strand
        self.genome = IndexedGenome(genome)
        self.columns = {"chrom": "text", "start": "integer", "end": "integer", "name": "text",
                        "strand": "text", "window": "integer"}  # fmt: skip
        self.fit = Fit()
        say_reading(self.path)
        for region in self.records():
            size = self.genome.lengths[region.chrom]
            self.fit.add(region.starts, (region.start, region.end), (0, size), tiling.length)
        if not self.fit.records:
            raise InputError(f"{self.path} holds no region; expected BED")
        self.total = self.fit.windows
        lengths = self.genome.lengths
        self.facts = {
            "kind": "bed",
            **file_facts(self.path),
            "genome": {"file": self.genome.path.name, "lengths": lengths},
            "length": tiling.length,
            "windows": self.total,
            "padded": self.fit.padded,
        }

    def records(self) -> Iterator[Region]:
        """Yield the regions from the first on."""
        for number, fields in bed_lines(self.path):
            try:
                start, end = bed_integer(fields[1], "start"), bed_integer(fields[2], "end")
                check_bed_order(start, end)
                self.genome.length(fields[0])
            except InputError as error:
                raise InputError(f"{self.path}:{number}: {error}") from None
            name = fields[3] if len(fields) > 3 else "."
            strand = fields[5] if len(fields) > 5 and fields[5] in "+-" else "."
            turned = self.by_strand and strand == "-"
            yield Region(
                fields[0], start, end, name, strand, self.tiling, self.genome, turned=turned
            )

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to fit the windows, for people."""
        length, stride, fit = self.tiling.length, self.tiling.stride, self.fit
        how = f"tiled every {stride} bp" if stride else "centred on each"
        past = (
            f"; {fit.padded:,} reach past an end of a chromosome and are filled with N"
            if fit.padded
            else ""
        )
        return (f"{fit.records:,} regions, windows of {length} bp {how}: {fit.windows:,}{past}",)
