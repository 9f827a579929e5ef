"""Where sequences to score come from: a source of windows, read in blocks and in order."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from chromkeras.data.codes import UNKNOWN
from chromkeras.errors import InputError
from chromkeras.files import sha256_of
from chromkeras.scoring.layout import Kind

LARGE = 1 << 24
_log = logging.getLogger(__name__)
_Item = TypeVar("_Item")


@dataclass(frozen=True, eq=False)
class Block:
    """Some windows that follow each other.

    Attributes
    ----------
    columns
        What describes each, by name: lists or arrays of length n.
    data
        Base codes, shape (n, length), uint8; or rows of a data set, shape (n,), int64.
    """

    columns: Mapping[str, Any]
    data: np.ndarray


class Source(ABC):
    """Windows in an order.

    Attributes
    ----------
    columns
        What describes a window, by name.
    total
        Number of windows.
    facts
        What tells the source from others, as plain values.
    two_strands
        Whether the windows also read from the other strand.
    """

    columns: Mapping[str, Kind]
    total: int
    facts: Mapping[str, Any]
    two_strands: bool = True

    @abstractmethod
    def blocks(self, rows: range, size: int) -> Iterator[Block]:
        """Yield the windows with these numbers, at most ``size`` at a time."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to fit the windows, for people."""
        return ()


@dataclass(frozen=True)
class Tiling:
    """How a sequence of any length is read by a model of one length.

    Attributes
    ----------
    length
        Bases that the model reads.
    stride
        Bases from one window to the next, from the first base of the sequence on, until its last
        base is read. 0 for one window, centred: base ``length // 2`` of the window is base
        ``(start + end) // 2`` of the sequence. A sequence no longer than a window has one centred
        window in either case.

    Examples
    --------
    >>> list(Tiling(4).starts(0, 7)), list(Tiling(4, stride=2).starts(0, 7))
    ([1], [0, 2, 4])
    """

    length: int
    stride: int = 0

    def __post_init__(self) -> None:
        if self.stride < 0:
            raise InputError(f"`stride`: expected 1 or more, received {self.stride}")

    def starts(self, start: int, end: int) -> range:
        """Return the first base of each window of a sequence [start, end)."""
        size = end - start
        if not self.stride or size <= self.length:
            first = (start + end) // 2 - self.length // 2
            return range(first, first + 1)
        count = -(-(size - self.length) // self.stride) + 1
        return range(start, start + count * self.stride, self.stride)


class Record(Protocol):
    """A sequence with its windows."""

    @property
    def starts(self) -> range:
        """First base of each window."""

    def describe(self, start: int) -> tuple[Any, ...]:
        """Return the columns of a window."""

    def codes(self, start: int) -> np.ndarray:
        """Return the codes of a window, shape (length,), uint8."""


@dataclass
class Fit:
    """How many windows do not fit their sequence.

    Attributes
    ----------
    records, windows
        Sequences and windows in all.
    padded
        Windows that reach past an end and are filled with N.
    cut
        Sequences of which a centred window leaves out a part.
    """

    records: int = 0
    windows: int = 0
    padded: int = 0
    cut: int = 0

    def add(self, starts: range, size: tuple[int, int], end: tuple[int, int], length: int) -> None:
        """Count a sequence.

        Parameters
        ----------
        starts
            First base of each window.
        size
            First base of the sequence, and the base after its last.
        end
            First base that there is, and the base after the last.
        length
            Bases of a window.
        """
        self.records += 1
        self.windows += len(starts)
        low, high = end
        before = -(-(low - starts.start) // starts.step)
        within = (high - length - starts.start) // starts.step + 1
        count = len(starts)
        self.padded += min(min(max(before, 0), count) + count - min(max(within, 0), count), count)
        self.cut += len(starts) == 1 and size[1] - size[0] > length


class RecordSource(Source):
    """Windows of sequences that are read one after the other."""

    tiling: Tiling

    @abstractmethod
    def records(self) -> Iterator[Record]:
        """Yield the sequences from the first on."""

    def blocks(self, rows: range, size: int) -> Iterator[Block]:
        """Yield the windows with these numbers, at most ``size`` at a time."""
        described: list[tuple[Any, ...]] = []
        codes = np.empty((size, self.tiling.length), np.uint8)
        for record, start in self._windows(rows):
            codes[len(described)] = record.codes(start)
            described.append(record.describe(start))
            if len(described) == size:
                yield self._block(described, codes)
                described, codes = [], np.empty_like(codes)
        if described:
            yield self._block(described, codes[: len(described)])

    def _windows(self, rows: range) -> Iterator[tuple[Record, int]]:
        at = 0
        for record in self.records():
            if at >= rows.stop:
                return
            starts = record.starts
            for start in starts[max(rows.start - at, 0) : rows.stop - at]:
                yield record, start
            at += len(starts)

    def _block(self, described: list[tuple[Any, ...]], codes: np.ndarray) -> Block:
        return Block(dict(zip(self.columns, zip(*described, strict=True), strict=True)), codes)


def window(codes: np.ndarray, start: int, length: int) -> np.ndarray:
    """Return a window of base codes (n,), with N beyond its ends, shape (length,), uint8."""
    inside = codes[max(start, 0) : max(start + length, 0)]
    if len(inside) == length:
        return inside
    out = np.full(length, UNKNOWN, np.uint8)
    before = max(-start, 0)
    out[before : before + len(inside)] = inside
    return out


def say_reading(path: Path) -> None:
    """Log that a file is gone through, where that takes a while."""
    if path.stat().st_size > LARGE:
        _log.info("checking %s", path)


def file_facts(path: Path) -> dict[str, Any]:
    """Return name, size in bytes and SHA-256 of a file."""
    return {"file": path.name, "bytes": path.stat().st_size, "sha256": sha256_of(path)}


def ahead(items: Iterable[_Item]) -> Iterator[_Item]:
    """Yield items, each made by another thread while the one before it is used."""
    iterator = iter(items)
    nothing = object()
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, iterator, nothing)
        while (item := coming.result()) is not nothing:
            coming = thread.submit(next, iterator, nothing)
            yield item  # type: ignore[misc]
