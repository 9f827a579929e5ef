"""bigWig files: which chromosomes they have, and the value of every base."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pybigtools

from chromkeras.errors import InputError
from chromkeras.files import require_file
from chromkeras.importers.task_files import FileKind, find_task_files

_ERRORS = (pybigtools.BBIReadError, ValueError, OSError, AttributeError, KeyError)
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
        try:
            self._file = pybigtools.open(str(self.path))
            self.lengths: dict[str, int] = dict(self._file.chroms())
        except _ERRORS as error:
            raise InputError(f"{self.path} is no bigWig file, or damaged: {error}") from error

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
        try:
            values = self._file.values(chrom, start, end, fillna=None, oob=np.nan)
        except _ERRORS as error:
            raise InputError(f"{self.path} is damaged at {chrom}:{start}-{end}: {error}") from error
        return np.asarray(values, np.float64)


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
