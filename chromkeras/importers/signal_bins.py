"""Means of bigWig signal in bins around starts of transcription."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from chromkeras.errors import InputError
from chromkeras.importers.bigwig import BigWig
from chromkeras.importers.genome import nearest_names
from chromkeras.importers.histone_tables import HistoneTable
from chromkeras.importers.promoters import Windows


def read_signal(path: str | os.PathLike[str], windows: Windows, bins: int) -> np.ndarray:
    """Return the mean signal of each bin; positions without a value count as 0.

    Parameters
    ----------
    path
        bigWig file.
    windows
        Of G genes, as long as the bins together.
    bins
        Bins of a window, B; they run in the direction of the gene.

    Returns
    -------
    np.ndarray
        Shape (G, B), float32.

    Raises
    ------
    InputError
        The file is missing, damaged or no bigWig, or lacks a chromosome.
    """
    file = BigWig(path)
    _check_chromosomes(file.lengths, windows, file.path)
    out = np.empty((len(windows), bins), np.float32)
    for gene, (chrom, start) in enumerate(
        zip(windows.chrom.tolist(), windows.start.tolist(), strict=True)
    ):
        values = np.nan_to_num(file.values(chrom, start, start + windows.length), nan=0.0)
        out[gene] = values.reshape(bins, -1).mean(axis=1)
    minus = windows.strand < 0
    out[minus] = out[minus, ::-1]
    return out


def _check_chromosomes(lengths: Mapping[str, int], windows: Windows, path: Path) -> None:
    for chrom in np.unique(windows.chrom).tolist():
        if chrom not in lengths:
            genes = int((windows.chrom == chrom).sum())
            hint = nearest_names(chrom, lengths)
            raise InputError(
                f"{path} has no values on chromosome {chrom!r}, where {genes:,} genes lie; {hint}"
            )


def read_cell_signal(
    files: Mapping[str, str | os.PathLike[str]],
    marks: Sequence[str],
    genes: Sequence[str],
    windows: Windows,
    bins: int,
) -> HistoneTable:
    """Return the signal of all marks of a cell type.

    Parameters
    ----------
    files
        bigWig files by mark.
    marks
        Marks, in the order of the result.
    genes, windows
        Names of G genes and where they lie.
    bins
        Bins of a window.

    Raises
    ------
    InputError
        See ``read_signal``.
    """
    values = np.stack([read_signal(files[mark], windows, bins) for mark in marks], axis=-1)
    where = ", ".join(str(files[mark]) for mark in marks)
    return HistoneTable(where, tuple(genes), tuple(marks), values)
