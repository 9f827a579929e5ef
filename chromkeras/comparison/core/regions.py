"""Regions of the genome: rows that overlap, and so are no independent evidence."""

import numpy as np

from chromkeras.data.dataset import Dataset


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
    _, chrom = np.unique(dataset.chrom[rows], return_inverse=True)
    start = dataset.start[rows]
    order = np.lexsort((start, chrom))
    # all rows are of one length, so a chain breaks where the next start is that far away
    gap = np.diff(start[order]) >= dataset.dna.length
    breaks = gap | (np.diff(chrom[order]) != 0)
    region = np.empty(len(rows), np.int64)
    region[order] = np.concatenate([[0], np.cumsum(breaks)])
    return region
