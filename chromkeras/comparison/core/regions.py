"""Regions of the genome: rows that overlap, and so are no independent evidence."""

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.data.groups import overlap_groups


def region_of(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Return a region number for each row: rows that overlap share one.

    Parameters
    ----------
    dataset
        Its rows are on one genome, or have no coordinates.
    rows
        Shape (n,).

    Returns
    -------
    np.ndarray
        Shape (n,), int64, from 0 without gaps. Rows that overlap in a chain are one region;
        without coordinates every row number is its own region.
    """
    if dataset.chrom is None or dataset.start is None:
        return np.unique(rows, return_inverse=True)[1].astype(np.int64)
    return overlap_groups(dataset.chrom[rows], dataset.start[rows], dataset.dna.length)
