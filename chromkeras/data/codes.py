"""Bases as small integers: A 0, C 1, G 2, T 3, unknown (N) 4."""

import numpy as np

from chromkeras.errors import InputError

UNKNOWN = 4
_FROM_ASCII = np.full(256, 255, np.uint8)
for _code, _base in enumerate("ACGTN"):
    _FROM_ASCII[ord(_base)] = _FROM_ASCII[ord(_base.lower())] = _code
for _base in "RYSWKMBDHV":
    _FROM_ASCII[ord(_base)] = _FROM_ASCII[ord(_base.lower())] = UNKNOWN
_ONE_HOT = np.vstack([np.eye(4), np.zeros((1, 4))]).astype(np.float32)
_PAIRS = np.indices((5, 5), np.uint8).reshape(2, 25).T.copy()
_ONE_HOT_OF_PAIRS = np.zeros((UNKNOWN * 257 + 1, 8), np.float32)
_ONE_HOT_OF_PAIRS[_PAIRS.view(np.uint16)[:, 0]] = _ONE_HOT[_PAIRS].reshape(25, 8)
_PIECE = 32


def encode(sequence: str | bytes) -> np.ndarray:
    """Return the codes of a DNA sequence.

    Parameters
    ----------
    sequence
        Letters of either case. IUPAC ambiguity letters become N.

    Returns
    -------
    np.ndarray
        Shape (length,), uint8, values 0 to 4.

    Raises
    ------
    InputError
        A letter is not a nucleotide.
    """
    raw = sequence.encode("ascii", "replace") if isinstance(sequence, str) else sequence
    codes = _FROM_ASCII[np.frombuffer(raw, np.uint8)]
    if codes.size and codes.max() == 255:
        place = int(np.argmax(codes == 255))
        raise InputError(
            f"expected IUPAC nucleotides, received {chr(raw[place])!r} at position {place}"
        )
    return codes


def one_hot_into(out: np.ndarray, codes: np.ndarray) -> None:
    """Write one-hot of ``codes`` (N, length), values 0 to 4, to ``out`` (N, length, 4), float32.

    Both must be contiguous. Two bases are looked up at a time where the length allows.
    """
    table, index = _ONE_HOT, codes
    if codes.shape[1] % 2 == 0:
        table, index = _ONE_HOT_OF_PAIRS, codes.view(np.uint16)
    look_up_into(out.reshape(*index.shape, table.shape[1]), table, index)


def look_up_into(out: np.ndarray, table: np.ndarray, index: np.ndarray) -> None:
    """Write ``table[index]`` to ``out``, a few rows at a time.

    So the wide indices that NumPy makes of narrow ones stay in the cache.

    Parameters
    ----------
    out
        Shape (N, n, w), of the dtype of ``table``; contiguous.
    table
        Shape (K, w).
    index
        Shape (N, n), unsigned integers below K.
    """
    for start in range(0, len(index), _PIECE):
        piece = slice(start, start + _PIECE)
        np.take(table, index[piece], axis=0, out=out[piece], mode="clip")


def from_one_hot(sequences: np.ndarray) -> np.ndarray:
    """Return the codes of one-hot sequences.

    Parameters
    ----------
    sequences
        Shape (N, length, 4), channels A C G T; every position sums to 1, or to 0 for N.

    Returns
    -------
    np.ndarray
        Shape (N, length), uint8.

    Raises
    ------
    InputError
        The last axis is not 4 long, or a position is neither one-hot nor empty.
    """
    x = np.asarray(sequences)
    if x.ndim != 3 or x.shape[-1] != 4:
        where = " (axes look like (N, 4, length): transpose them)" if _channels_first(x) else ""
        raise InputError(f"expected one-hot of shape (N, length, 4), received {x.shape}{where}")
    total = x.sum(axis=-1)
    if not (np.isin(x, (0, 1)).all() and np.isin(total, (0, 1)).all()):
        strange = ~np.isin(x, (0, 1)).all(axis=-1) | ~np.isin(total, (0, 1))
        row = int(np.argwhere(strange)[0][0])
        raise InputError(
            "expected one 1 at every position (or four 0 for N) in axis order (N, length, 4), "
            f"received something else, first in row {row}"
        )
    return np.where(total == 1, x.argmax(axis=-1), UNKNOWN).astype(np.uint8)


def _channels_first(x: np.ndarray) -> bool:
    return x.ndim == 3 and x.shape[1] == 4


def reverse_complement(codes: np.ndarray) -> np.ndarray:
    """Return the codes of the other strand, read 5' to 3'; shape (..., length) as given."""
    flipped = np.asarray(codes, np.uint8)[..., ::-1]
    # 3 - 4 is 255 in a byte.
    return np.minimum(3 - flipped, UNKNOWN).astype(np.uint8, copy=False)


def shift(x: np.ndarray, offsets: np.ndarray, *, fill: float = UNKNOWN) -> np.ndarray:
    """Move each row right by its offset (left when negative); the gap is N.

    Parameters
    ----------
    x
        Shape (N, length, ...): base codes, or other values along the DNA.
    offsets
        Shape (N,), whole numbers of bases.
    fill
        What stands in the gap.

    Returns
    -------
    np.ndarray
        Shape and dtype of ``x``.
    """
    rows, length, *rest = x.shape
    margin = int(np.abs(offsets).max(initial=0))
    padded = np.full((rows, length + 2 * margin, *rest), fill, x.dtype)
    padded[:, margin : margin + length] = x
    step, position, *inner = padded.strides
    windows = np.lib.stride_tricks.as_strided(
        padded,
        (rows, 2 * margin + 1, length, *rest),
        (step, position, position, *inner),
        writeable=False,
    )
    return windows[np.arange(rows), margin - offsets]
