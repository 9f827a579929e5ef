"""Random sequences, and motif instances planted in them without overlap."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from chromkeras.data.codes import reverse_complement
from chromkeras.data.truth import Truth
from chromkeras.errors import InputError
from chromkeras.importers.draft import Draft

# Measured on C. elegans chromosomes III and X, both strands; rows: base, columns: the next base.
WORM_TRANSITIONS = np.array(
    [
        [0.419, 0.152, 0.156, 0.273],
        [0.353, 0.187, 0.175, 0.285],
        [0.346, 0.189, 0.187, 0.278],
        [0.198, 0.190, 0.193, 0.419],
    ]
)


def composition(gc: float) -> np.ndarray:
    """Return transitions, shape (4, 4), of independent bases with the given share of G and C."""
    if not 0 < gc < 1:
        raise InputError(f"expected a GC content strictly between 0 and 1, received {gc}")
    return np.tile(np.array([1 - gc, gc, gc, 1 - gc]) / 2, (4, 1))


def markov_sequences(
    rng: np.random.Generator, rows: int, length: int, transitions: np.ndarray
) -> np.ndarray:
    """Return codes of random order-1 Markov sequences, shape (rows, length), uint8.

    Parameters
    ----------
    transitions
        Shape (4, 4), positive; row a holds the probabilities of what follows base a.
    """
    values, vectors = np.linalg.eig(transitions.T)
    stationary = np.real(vectors[:, np.argmax(np.real(values))])
    cumulative = np.cumsum(transitions, axis=1)
    codes = np.empty((rows, length), np.uint8)
    draws = rng.random((rows, length))
    base = _pick(np.cumsum(stationary / stationary.sum()), draws[:, 0])
    codes[:, 0] = base
    for place in range(1, length):
        base = _pick(cumulative[base], draws[:, place])
        codes[:, place] = base
    return codes


def instances(rng: np.random.Generator, ppm: np.ndarray, count: int) -> np.ndarray:
    """Draw instances of a motif, each position on its own.

    Parameters
    ----------
    ppm
        Shape (W, 4), rows summing to 1.

    Returns
    -------
    np.ndarray
        Shape (count, W), uint8.
    """
    return _pick(np.cumsum(ppm, axis=1), rng.random((count, len(ppm)))).astype(np.uint8)


def _pick(cumulative: np.ndarray, draws: np.ndarray) -> np.ndarray:
    return np.minimum((draws[..., None] >= cumulative).sum(axis=-1), 3)


def arrange(rng: np.random.Generator, widths: np.ndarray, length: int) -> np.ndarray:
    """Place intervals at random, all arrangements without overlap being equally likely.

    Parameters
    ----------
    widths
        Shape (k,), int, in bases.
    length
        Bases available.

    Returns
    -------
    np.ndarray
        Shape (k,), int64: the start of each interval.

    Raises
    ------
    InputError
        The intervals do not fit.
    """
    free = length - int(widths.sum())
    if free < 0:
        raise InputError(
            f"{len(widths)} motif instances of {widths.sum()} bp in all do not fit in "
            f"{length} bp; choose fewer copies, fewer motifs or longer sequences"
        )
    order = rng.permutation(len(widths))
    slots = np.sort(rng.choice(free + len(widths), len(widths), replace=False))
    ends = np.cumsum(widths[order])
    starts = np.empty(len(widths), np.int64)
    starts[order] = slots - np.arange(len(widths)) + ends - widths[order]
    return starts


def place(
    rng: np.random.Generator,
    draft: Draft,
    widths: np.ndarray,
    interval: tuple[int, int],
    names: Sequence[str],
) -> Truth:
    """Choose start and strand of every block, and so of its instances.

    A block on the reverse strand is turned as a whole.

    Parameters
    ----------
    draft
        What to place.
    widths
        Shape (M,), int, in bases.
    interval
        First base and number of bases of the part of a row that takes instances.
    names
        M motif names.

    Returns
    -------
    Truth
        Sorted by row and start.
    """
    first, length = interval
    block, offset, width = draft.block, draft.offset, widths[draft.motif]
    block_width = np.zeros(len(draft.block_row), np.int64)
    np.maximum.at(block_width, block, offset + width)
    spans = pairwise(np.searchsorted(draft.block_row, np.arange(len(draft.opened) + 1)))
    starts = [first + arrange(rng, block_width[a:b], length) for a, b in spans]
    block_start = np.concatenate([np.zeros(0, np.int64), *starts])
    block_strand = np.empty(len(block_start), np.int8)
    in_order = np.lexsort((block_start, draft.block_row))
    block_strand[in_order] = rng.choice(np.array([1, -1], np.int8), len(block_start))
    strand = block_strand[block]
    turned = block_width[block] - offset - width
    start = block_start[block] + np.where(strand == 1, offset, turned)
    sites = Truth(
        row=draft.block_row[block],
        start=start,
        end=start + width,
        motif=draft.motif,
        strand=strand,
        names=tuple(names),
        causal=draft.causal,
    )
    return sites.select(np.lexsort((start, sites.row)))


def write_instances(
    rng: np.random.Generator,
    codes: np.ndarray,
    sites: Truth,
    ppms: Sequence[np.ndarray],
    shuffled: np.ndarray,
) -> None:
    """Write a fresh instance into ``codes`` at every site, in place.

    Parameters
    ----------
    codes
        Shape (N, length), uint8.
    sites
        Where, which motif and which strand.
    ppms
        The motifs, each (W, 4).
    shuffled
        Shape (N,), bool: rows whose instances have their letters shuffled (decoys).
    """
    for index, ppm in enumerate(ppms):
        of = np.flatnonzero(sites.motif == index)
        letters = instances(rng, ppm, len(of))
        decoy = shuffled[sites.row[of]]
        letters[decoy] = rng.permuted(letters[decoy], axis=1)
        reverse = sites.strand[of] == -1
        letters[reverse] = reverse_complement(letters[reverse])
        codes[sites.row[of, None], sites.start[of, None] + np.arange(len(ppm))] = letters
