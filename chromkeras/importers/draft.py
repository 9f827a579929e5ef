"""What a grammar wants planted, before places are chosen, and how copies are made to fit."""

from dataclasses import dataclass

import numpy as np

from chromkeras.errors import InputError


@dataclass(frozen=True, eq=False)
class Draft:
    """Motif instances of N rows in B rigid blocks, and the labels of T tasks.

    Attributes
    ----------
    opened
        Shape (N, T), bool: where an element of that row is open.
    block_row
        Shape (B,), int64, ascending: the row of each block.
    block
        Shape (I,), int64: the block of each instance.
    offset
        Shape (I,), int64: bases from the block's first to the instance's first.
    motif
        Shape (I,), int64: index of the motif.
    causal
        Shape (I, T), bool: instances that open their row in a task; the others are decoys there.
    """

    opened: np.ndarray
    block_row: np.ndarray
    block: np.ndarray
    offset: np.ndarray
    motif: np.ndarray
    causal: np.ndarray


def from_copies(
    copies: np.ndarray, opened: np.ndarray, member: np.ndarray, signal: np.ndarray
) -> Draft:
    """Return the draft of a grammar in which every instance stands on its own.

    Parameters
    ----------
    copies
        Shape (N, M), int: instances of each motif in each row.
    opened
        Shape (N, T), bool: labels of elements.
    member
        Shape (T, M), bool: the motifs of each task.
    signal
        Shape (N, M), bool: motifs whose instances in that row open the tasks that they belong to.
    """
    row = np.repeat(np.arange(len(copies)), copies.sum(axis=1))
    motif = np.repeat(np.tile(np.arange(copies.shape[1]), len(copies)), copies.ravel())
    return Draft(
        opened=opened,
        block_row=row,
        block=np.arange(len(row)),
        offset=np.zeros(len(row), np.int64),
        motif=motif,
        causal=signal[row, motif][:, None] & member[:, motif].T & opened[row],
    )


def fit_copies(
    copies: np.ndarray, widths: np.ndarray, span: int, *, fewest: int | np.ndarray = 1
) -> np.ndarray:
    """Take copies from the most frequent of each crowded row until all fit.

    Parameters
    ----------
    copies
        Shape (N, M), int.
    widths
        Bases of one copy, broadcast with ``copies``.
    span
        Bases available in a row.
    fewest
        What a count must not fall below, broadcast with ``copies``.

    Raises
    ------
    InputError
        A row does not fit though no more can be taken from it.
    """
    copies, fewest = copies.copy(), np.broadcast_to(fewest, copies.shape)
    while len(crowded := np.flatnonzero((copies * widths).sum(axis=1) > span)):
        surplus = np.where(copies > fewest, copies, 0)[crowded]
        if not surplus.any(axis=1).all():
            least = "once each" if (fewest == 1).all() else "in their least number"
            raise InputError(
                f"the motifs present in a row do not fit in {span} bp, even {least}; "
                "choose fewer motifs, a lower positive rate or a longer span"
            )
        copies[crowded, surplus.argmax(axis=1)] -= 1
    return copies
