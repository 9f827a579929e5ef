"""Sequences of a FASTA file, one after the other."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from chrominterpret.fasta import fasta_records
from chromkeras.data.codes import encode
from chromkeras.errors import InputError
from chromkeras.files import require_file
from chromkeras.scoring.source import Fit, RecordSource, Tiling, file_facts, say_reading, window


@dataclass(eq=False)
class Sequence:
    """A sequence, whose letters are read when a window is asked for."""

    name: str
    letters: str
    tiling: Tiling
    path: Path

    @property
    def starts(self) -> range:
        """First base of each window."""
        return self.tiling.starts(0, len(self.letters))

    def describe(self, start: int) -> tuple[Any, ...]:
        """Return name, bases and first base of the window, negative where it is padded."""
        return self.name, len(self.letters), start

    def codes(self, start: int) -> np.ndarray:
        """Return the codes of a window, shape (length,), uint8."""
        return window(self.whole, start, self.tiling.length)

    @cached_property
    def whole(self) -> np.ndarray:
        """The codes of the sequence, shape (bases,), uint8."""
        try:
            return encode(self.letters)
        except InputError as error:
            raise InputError(f"{self.path}, sequence {self.name!r}: {error}") from None


class FastaSource(RecordSource):
    """Sequences of a FASTA file, plain, gzip or bgzip, in the order of the file.

    One sequence at a time is in memory. The file is gone through once at first, so that a letter
    that is wrong is said before any work.

    Parameters
    ----------
    path
        The file; names may repeat.
    tiling
        How a sequence is read.

    Raises
    ------
    InputError
        The file is missing, empty, damaged or no FASTA, or a letter is no nucleotide.
    """

    def __init__(self, path: str | os.PathLike[str], tiling: Tiling) -> None:
        self.path, self.tiling = require_file(path, "sequences"), tiling
        self.columns = {"name": "text", "length": "integer", "window": "integer"}
        self.fit = Fit()
        say_reading(self.path)
        for record in self.records():
            size = len(record.whole)
            self.fit.add(record.starts, (0, size), (0, size), tiling.length)
        if not self.fit.records:
            raise InputError(f"{self.path}: expected at least one FASTA record, received none")
        self.total = self.fit.windows
        self.facts = {
            "kind": "fasta",
            **file_facts(self.path),
            "length": tiling.length,
            "windows": self.total,
            "padded": self.fit.padded,
            "cut": self.fit.cut,
        }

    def records(self) -> Iterator[Sequence]:
        """Yield the sequences from the first on."""
        for name, letters in fasta_records(self.path):
            yield Sequence(name, letters, self.tiling, self.path)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to fit the windows, for people."""
        length, stride, fit = self.tiling.length, self.tiling.stride, self.fit
        how = f"tiled every {stride} bp" if stride else "centred"
        said = [f"{fit.records:,} sequences, windows of {length} bp {how}: {fit.windows:,}"]
        if fit.padded:
            said.append(f"{fit.padded:,} reach past an end and are filled with N")
        if fit.cut:
            said.append(f"{fit.cut:,} sequences are longer, and their ends not read")
        return ("; ".join(said),)
