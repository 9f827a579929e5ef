"""bigWig files: which chromosomes they have, and the value of every base."""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pybigtools

from chromkeras.errors import InputError
from chromkeras.files import require_file
from chromkeras.importers.task_files import FileKind, find_task_files

_ERRORS = (pybigtools.BBIReadError, ValueError, OSError, AttributeError, KeyError)
_PANIC = "PanicException"  # of Rust, no Exception to Python, and of no module that can be imported
_FILES = FileKind("bigWig", re.compile(r"\.(bw|bigwig)$", re.IGNORECASE), ".bw or .bigWig file")


class BigWig:
    """A bigWig file that is open for reading.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    InputError
        The file is missing, damaged or no bigWig.

    Attributes
    ----------
    path
        The file.
    lengths
        Bases of each chromosome that has a value.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = require_file(path, "bigWig")
        with _one_line(f"{self.path} is no bigWig file, or damaged"):
            self._file = pybigtools.open(str(self.path))
            self.lengths: dict[str, int] = dict(self._file.chroms())

    def values(self, chrom: str, start: int, end: int) -> np.ndarray:
        """Return the value of every base, NaN where there is none.

        Parameters
        ----------
        chrom
            Chromosome that has a value.
        start, end
            Bases, 0-based and half-open; they may reach past the chromosome's ends.

        Returns
        -------
        np.ndarray
            Shape (end - start,), float64.

        Raises
        ------
        InputError
            The file is damaged there.
        """
        with _one_line(f"{self.path} is damaged at {chrom}:{start}-{end}"):
            values = self._file.values(chrom, start, end, fillna=None, oob=np.nan)
        return np.asarray(values, np.float64)


@contextmanager
def _one_line(what: str) -> Iterator[None]:
    """Make an ``InputError`` of what the reader raises, or panics with, at a damaged file."""
    try:
        yield
    except _ERRORS as error:
        raise InputError(f"{what}: {error}") from error
    except BaseException as error:
        if type(error).__name__ != _PANIC:
            raise
        why = " ".join(str(error).split())
        raise InputError(f"{what}: {why}") from error


def find_bigwig_files(paths: Iterable[str | os.PathLike[str]]) -> dict[str, Path]:
    """Return task to file, folders expanded in alphabetical order of file names.

    Parameters
    ----------
    paths
        Files, or folders whose .bw and .bigWig files are taken.

    Raises
    ------
    InputError
        A path is missing, a folder has no bigWig file, or two files give one name.
    """
    return find_task_files(paths, _FILES)
