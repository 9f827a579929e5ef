"""Groups of rows that belong together: what overlaps, has equal DNA, or is joined by either."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from chromkeras.data.blocks import row_blocks
from chromkeras.data.codes import reverse_complement
from chromkeras.data.packed import PackedSequences


def overlap_groups(chrom: np.ndarray, start: np.ndarray, length: int) -> np.ndarray:
    """Return a number for every row, equal for rows that overlap, directly or through others.

    Parameters
    ----------
    chrom, start
        Shape (N,), str, and (N,), int64, 0-based.
    length
        Bases of each row.

    Returns
    -------
    np.ndarray
        Shape (N,), int64.
    """
    _, chrom_id = np.unique(chrom, return_inverse=True)
    order = np.lexsort((start, chrom_id))
    apart = (np.diff(chrom_id[order]) != 0) | (np.diff(start[order]) >= length)
    groups = np.empty(len(start), np.int64)
    groups[order] = np.concatenate([[0], np.cumsum(apart)])[: len(start)]
    return groups


def joined(links: Sequence[np.ndarray], rows: int) -> np.ndarray:
    """Return a number for each row, equal for rows that any links join, through others too.

    Parameters
    ----------
    links
        Each of shape (N,), whole numbers from 0: rows of one number are joined.
    rows
        Number of rows, N.

    Returns
    -------
    np.ndarray
        Shape (N,), int64.

    Examples
    --------
    >>> joined([np.array([0, 0, 1, 2]), np.array([5, 6, 6, 7])], 4).tolist()
    [0, 0, 0, 1]
    """
    ends, size = [], rows
    for link in links:
        ends.append(link + size)
        size += int(link.max(initial=-1)) + 1
    source = np.tile(np.arange(rows), len(links))
    target = np.concatenate(ends) if ends else source
    graph = coo_matrix((np.ones(len(source), np.int8), (source, target)), shape=(size, size))
    found: np.ndarray = connected_components(graph, directed=False)[1][:rows]
    return found.astype(np.int64)


def connected(labels: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return labels in which those of each pair are one.

    Parameters
    ----------
    labels
        Shape (N,), whole numbers from 0 to N - 1.
    pairs
        Shape (2, P): rows to join.

    Examples
    --------
    >>> connected(np.array([0, 1, 2, 2]), np.array([[0], [3]])).tolist()
    [0, 1, 0, 0]
    """
    ones = np.ones(pairs.shape[1], np.int8)
    size = len(labels)
    graph = coo_matrix((ones, (labels[pairs[0]], labels[pairs[1]])), shape=(size, size))
    found: np.ndarray = connected_components(graph, directed=False)[1][labels]
    return found


def sequence_keys(dna: PackedSequences, *, both_strands: bool | None = None) -> np.ndarray:
    """Return a number for each sequence, shape (N,), uint64, equal for equal sequences.

    Parameters
    ----------
    dna
        N sequences.
    both_strands
        Whether sequences are equal to their reverse complements; None where they are not bound to
        a strand.
    """
    both = not dna.stranded if both_strands is None else both_strands
    width = dna.packed.shape[1]
    weights = np.random.default_rng(0).integers(0, 2**63, width, dtype=np.uint64) * 2 + 1
    keys = np.empty(len(dna), np.uint64)
    for block in row_blocks(dna.packed, size=1 << 20):
        keys[block] = dna.packed[block].astype(np.uint64) @ weights
        if both:
            turned = PackedSequences.from_codes(reverse_complement(dna.codes(block)))
            keys[block] = np.minimum(keys[block], turned.packed.astype(np.uint64) @ weights)
    return keys
