"""The signal of bigWig files in windows, as one number for each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from chromkeras.errors import InputError
from chromkeras.importers.bigwig import BigWig
from chromkeras.importers.genome import nearest_names
from chromkeras.names import unknown
from chromkeras.progress import progress

Statistic = Literal["mean", "max", "sum", "log_sum"]
Uncovered = Literal["zero", "unknown"]
STATISTICS: tuple[Statistic, ...] = ("mean", "max", "sum", "log_sum")
UNCOVERED: tuple[Uncovered, ...] = ("zero", "unknown")
_BLOCK = 4096


@dataclass(frozen=True)
class Measure:
    """How the values of the bases of a window become one number.

    Attributes
    ----------
    statistic
        "mean", "max" or "sum" of the values, or "log_sum": log(1 + sum).
    uncovered
        What a base without a value counts as: "zero", or nothing ("unknown"), so that the
        statistic is of the other bases, and a window without any has no value.

    Raises
    ------
    InputError
        Another statistic, or another word for uncovered bases.
    """

    statistic: Statistic = "mean"
    uncovered: Uncovered = "zero"

    def __post_init__(self) -> None:
        if self.statistic not in STATISTICS:
            raise unknown("statistic", self.statistic, STATISTICS)
        if self.uncovered not in UNCOVERED:
            raise unknown("`uncovered`", self.uncovered, UNCOVERED)

    def of(self, bases: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the number of each window, and where there is one.

        Parameters
        ----------
        bases
            Values, shape (n, width), float64; NaN where a base has none.

        Returns
        -------
        tuple of np.ndarray
            Shape (n,), float64, 0 where there is none; and shape (n,), bool.

        Examples
        --------
        >>> bases = np.array([[1.0, 3.0, np.nan, np.nan], [np.nan] * 4])
        >>> Measure("mean").of(bases)
        (array([1., 0.]), array([ True,  True]))
        >>> Measure("mean", uncovered="unknown").of(bases)
        (array([2., 0.]), array([ True, False]))
        """
        covered = ~np.isnan(bases)
        zero = self.uncovered == "zero"
        if self.statistic == "max":
            found = np.where(covered, bases, 0.0 if zero else -np.inf).max(axis=1)
        else:
            found = np.where(covered, bases, 0.0).sum(axis=1)
        if self.statistic == "mean":
            found /= bases.shape[1] if zero else np.maximum(covered.sum(axis=1), 1)
        known = np.ones(len(bases), bool) if zero else covered.any(axis=1)
        found = np.where(known, found, 0.0)
        if self.statistic == "log_sum":
            return np.log1p(np.where(found > -1, found, np.nan)), known
        return found, known


@dataclass(frozen=True, eq=False)
class WindowSignal:
    """Signal of T files in N windows.

    Attributes
    ----------
    values
        Shape (N, T), float32; 0 where unknown.
    known
        Shape (N, T), bool.
    notes
        Lines for a person about values that are missing.
    """

    values: np.ndarray
    known: np.ndarray
    notes: tuple[str, ...]


def read_window_signal(
    files: Mapping[str, Path],
    chrom: np.ndarray,
    start: np.ndarray,
    width: int,
    lengths: Mapping[str, int],
    measure: Measure,
) -> WindowSignal:
    """Return the signal of bigWig files in windows.

    Parameters
    ----------
    files
        bigWig files by task.
    chrom, start
        Shape (N,), str, and (N,), int64, 0-based: where the windows lie.
    width
        Bases of each.
    lengths
        Bases of each chromosome of the genome.
    measure
        How values become numbers. Windows on a chromosome that a file lacks are unknown there.

    Raises
    ------
    InputError
        A file is missing or damaged, has no chromosome of the windows or one of another length,
        or a value is not finite.
    """
    names, of = np.unique(chrom, return_inverse=True)
    values = np.zeros((len(start), len(files)), np.float32)
    known = np.zeros(values.shape, bool)
    lacking: dict[tuple[str, ...], list[str]] = {}
    empty = 0
    with progress("reading signal") as report:
        for column, (task, path) in enumerate(files.items()):
            file = BigWig(path)
            lacks = _check_chromosomes(file, names.tolist(), lengths)
            if lacks:
                lacking.setdefault(lacks, []).append(task)
            rows = np.flatnonzero(~np.isin(names, lacks)[of])
            for some, bases in _blocks(file, chrom, start, width, rows):
                values[some, column], known[some, column] = _measured(
                    file, measure, bases, chrom[some], start[some]
                )
                empty += int(np.isnan(bases).all(axis=1).sum())
            report(column + 1, len(files), task)
    notes = [_lacking(lacks, tasks, chrom) for lacks, tasks in lacking.items()]
    return WindowSignal(values, known, (*notes, *_empty(empty, known, measure)))


def _check_chromosomes(
    file: BigWig, names: list[str], lengths: Mapping[str, int]
) -> tuple[str, ...]:
    """Return the chromosomes of the windows that a file lacks; refuse one of another genome."""
    lacks = tuple(name for name in names if name not in file.lengths)
    if len(lacks) == len(names):
        raise InputError(
            f"{file.path} has no values on any chromosome of the regions, such as {lacks[0]!r}; "
            f"{nearest_names(lacks[0], file.lengths)}"
        )
    for name in names:
        if file.lengths.get(name, lengths[name]) != lengths[name]:
            raise InputError(
                f"{file.path} says that {name} has {file.lengths[name]} bases; in the genome it "
                f"has {lengths[name]}: is this the right genome?"
            )
    return lacks


def _blocks(
    file: BigWig, chrom: np.ndarray, start: np.ndarray, width: int, rows: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield some rows (n,), and the values of their bases (n, width)."""
    for first in range(0, len(rows), _BLOCK):
        some = rows[first : first + _BLOCK]
        bases = np.empty((len(some), width))
        for place, (name, base) in enumerate(
            zip(chrom[some].tolist(), start[some].tolist(), strict=True)
        ):
            bases[place] = file.values(name, base, base + width)
        yield some, bases


def _measured(
    file: BigWig, measure: Measure, bases: np.ndarray, chrom: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of some windows as float32, and which there are."""
    with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is refused below
        found, known = measure.of(bases)
        found = found.astype(np.float32)
    strange = ~np.isfinite(found)
    if strange.any():
        row = int(np.argmax(strange))
        why = "values that add up to more than -1" if np.isnan(found[row]) else "finite values"
        raise InputError(
            f"{file.path}, {chrom[row]}:{start[row]}-{start[row] + bases.shape[1]}: expected {why} "
            f"for the statistic {measure.statistic}"
        )
    return found, known


def _lacking(lacks: tuple[str, ...], tasks: list[str], chrom: np.ndarray) -> str:
    """Say on which chromosomes files have no values."""
    rows = int(np.isin(chrom, lacks).sum())
    where = ", ".join(lacks[:5]) + (f" and {len(lacks) - 5} more" if len(lacks) > 5 else "")
    who = ", ".join(tasks[:5]) + (f" and {len(tasks) - 5} more" if len(tasks) > 5 else "")
    return f"unknown in {who}: {rows:,} rows on {where}, of which the file has no values"


def _empty(empty: int, known: np.ndarray, measure: Measure) -> list[str]:
    """Say how many windows have no value at any base."""
    if not empty:
        return []
    zero = measure.uncovered == "zero"
    total = int(known.sum()) if zero else int(known.sum()) + empty
    return [
        f"{empty:,} of {total:,} labels ({empty / total:.1%}) are of rows without a value at any "
        f"base: {'0' if zero else 'unknown'}, as asked for by `uncovered` {measure.uncovered}"
    ]
