"""DNA as letters, codes and one-hot arrays; its reverse complement; dinucleotide shuffles.

Codes are 0-3 for A, C, G, T and 4 for N; one-hot channels stand in the order A, C, G, T and an N is
four zeros.
"""

import hashlib
import itertools
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from chrominterpret.errors import InputError

BASES: Final = "ACGT"
UNKNOWN: Final = 4
_LETTERS = 5  # A C G T and N
_FOREIGN = 255  # of a byte that is no nucleotide
_CODES = np.full(256, _FOREIGN, np.uint8)
for _code, _letters in enumerate(("A", "C", "G", "T", "NRYSWKMBDHV")):
    for _letter in _letters + _letters.lower():
        _CODES[ord(_letter)] = _code
_ONE_HOT = np.eye(_LETTERS, 4, dtype=np.float32)


def encode(sequence: str | bytes) -> np.ndarray:
    """Return the codes of a DNA sequence.

    Parameters
    ----------
    sequence
        Letters of either case. IUPAC ambiguity letters become N.

    Returns
    -------
    ndarray
        uint8 (L,), values 0 to 4.

    Raises
    ------
    InputError
        If a letter is no nucleotide.

    Examples
    --------
    >>> encode("ACGTn").tolist()
    [0, 1, 2, 3, 4]
    """
    raw = sequence.encode("ascii", "replace") if isinstance(sequence, str) else sequence
    codes = _CODES[np.frombuffer(raw, np.uint8)]
    if codes.size and codes.max() == _FOREIGN:
        place = int(np.argmax(codes == _FOREIGN))
        raise InputError(
            f"expected IUPAC nucleotides, received {chr(raw[place])!r} at position {place}"
        )
    return codes


def decode(codes: ArrayLike) -> str:
    """Return the letters (upper case, N for unknown) of codes (L,).

    Raises
    ------
    InputError
        If codes have another shape, as one-hot has (see `to_codes`), or are none of 0 to 4.

    Examples
    --------
    >>> decode([0, 1, 2, 3, 4])
    'ACGTN'
    """
    codes = _checked_codes(codes)
    if codes.ndim != 1:
        raise InputError(
            f"expected codes (L,), received {codes.shape}; to_codes gives those of one-hot"
        )
    return np.frombuffer(b"ACGTN", np.uint8)[codes].tobytes().decode("ascii")


def one_hot(sequences: str | Sequence[str] | ArrayLike) -> np.ndarray:
    """Return one-hot DNA.

    Parameters
    ----------
    sequences
        Codes (..., L), or letters: one sequence, or N of the same length.

    Returns
    -------
    ndarray
        float32 (..., L, 4), channels A, C, G, T; N is four zeros.

    Raises
    ------
    InputError
        If a letter is no nucleotide, a code none of 0 to 4, or sequences differ in length.

    Examples
    --------
    >>> one_hot("GN").tolist()
    [[0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    >>> one_hot(["ACG", "TTT"]).shape
    (2, 3, 4)
    """
    return np.take(_ONE_HOT, _as_codes(sequences), axis=0)


def _as_codes(sequences: Any) -> np.ndarray:
    if isinstance(sequences, str | bytes):
        return encode(sequences)
    given = sequences.tolist() if _are_texts(sequences) else sequences
    given = list(given) if isinstance(given, list | tuple) else []
    if not given or not all(isinstance(each, str | bytes) for each in given):
        return _checked_codes(sequences)
    lengths = sorted({len(each) for each in given})
    if len(lengths) > 1:
        raise InputError(f"expected sequences of one length, received lengths {lengths}")
    return np.stack([encode(each) for each in given])


def _are_texts(sequences: Any) -> bool:
    """Return whether sequences are an array of texts, or of objects such as a column of pandas."""
    return getattr(getattr(sequences, "dtype", None), "kind", "") in ("U", "S", "O")


def _checked_codes(codes: Any) -> np.ndarray:
    """Return codes as an array; raise InputError where one is no whole number from 0 to 4."""
    try:
        array = np.asarray(codes)
    except ValueError as error:  # rows of different lengths
        raise InputError(f"expected letters, or codes 0 to 4: {error}") from error
    if not array.size:
        return array.astype(np.uint8)
    if array.dtype.kind not in "iu":
        raise InputError(f"expected letters, or codes 0 to 4, received {array.dtype}")
    if array.min() < 0 or array.max() > UNKNOWN:
        raise InputError(
            f"expected codes 0 to 3, and 4 for N; received {array.min()} to {array.max()}"
        )
    return array


def to_codes(x: ArrayLike) -> np.ndarray:
    """Return the uint8 codes (..., L) of one-hot columns (..., L, 4); columns of an N are 4.

    Raises
    ------
    InputError
        If the shape is another, or a column is neither one-hot nor an N (see `is_unknown`), naming
        the first that is not.

    Examples
    --------
    >>> to_codes(one_hot("TAN")).tolist()
    [3, 0, 4]
    >>> to_codes([[0.25, 0.25, 0.25, 0.25], [0, 0, 1, 0]]).tolist()
    [4, 2]
    """
    x = _with_bases(x)
    unknown = is_unknown(x)
    codes = np.where(unknown, UNKNOWN, x.argmax(-1)).astype(np.uint8)
    right = unknown | (one_hot(codes) == x).all(-1)
    if not right.all():
        raise InputError(
            f"expected one-hot or all-zero columns (..., L, 4), received {first_column(x, ~right)}"
        )
    return codes


def _with_bases(x: ArrayLike) -> np.ndarray:
    """Return an array (..., L, 4); raise InputError for another shape."""
    array = np.asarray(x)
    if array.ndim < 2 or array.shape[-1] != len(BASES) or array.dtype.kind not in "biuf":
        raise InputError(
            f"expected numbers of shape (..., L, 4), received {array.dtype} of shape {array.shape}"
        )
    return array


def is_unknown(x: ArrayLike) -> np.ndarray:
    """Return whether columns (..., L, 4) are an N, bool (..., L): four equal numbers.

    Zeros, 0.25, 1 and -1 are all in use.
    """
    x = np.asarray(x)
    return (x == x[..., :1]).all(-1)


def first_column(x: np.ndarray, chosen: np.ndarray) -> str:
    """Return the values and the place of the first chosen column of x (..., L, 4), for messages."""
    place = tuple(int(i) for i in np.argwhere(chosen)[0])
    words = [f"position {place[-1]}"]
    if len(place) > 1:
        words.insert(0, f"sequence {', '.join(map(str, place[:-1]))}")
    return f"{[float(value) for value in x[place]]} at {', '.join(words)}"


def reverse_complement(x: ArrayLike) -> np.ndarray:
    """Return the other strand, read 5' to 3', of one-hot DNA or of anything with its axes.

    Parameters
    ----------
    x
        (..., L, 4), channels A, C, G, T: one-hot, contributions, or a position weight matrix.

    Returns
    -------
    ndarray
        A view (..., L, 4).

    Raises
    ------
    InputError
        If the shape is another, as that of codes or letters is.

    Examples
    --------
    >>> decode(to_codes(reverse_complement(one_hot("AACG"))))
    'CGTT'
    """
    return _with_bases(x)[..., ::-1, ::-1]


def generator_of(content: np.ndarray, seed: int) -> np.random.Generator:
    """Return a random generator that depends on a seed and the bytes of an array alone.

    So what is drawn for a sequence does not depend on its batch.
    """
    digest = hashlib.blake2b(content.tobytes(), digest_size=8).digest()
    return np.random.default_rng([seed, int.from_bytes(digest, "little")])


def dinucleotide_shuffle(x: ArrayLike, *, n: int = 20, seed: int = 0) -> np.ndarray:
    """Shuffle one-hot sequences, keeping exactly the counts of each pair of adjacent letters.

    Each shuffle is a uniform draw from all sequences with these counts, first and last letter: an
    Euler walk whose last exits form a random arborescence (Altschul and Erickson 1985,
    doi:10.1093/oxfordjournals.molbev.a040370). The arborescence is drawn from the list of all of
    them, so no draw is ever rejected. An N stays where it is: the letters between are shuffled as
    if there were none.

    Parameters
    ----------
    x
        (N, L, 4), one-hot; an N is four equal numbers, zeros mostly.
    n
        Number of shuffles R of each sequence.
    seed
        Seed of the shuffles. Those of a sequence depend on it and the sequence alone.

    Returns
    -------
    ndarray
        uint8 (N, R, L): 0-3 for A, C, G, T, 4 for N.

    Raises
    ------
    InputError
        If the shape is another, n is below 1, or a column is neither one-hot nor an N.

    Examples
    --------
    >>> shuffles = dinucleotide_shuffle(one_hot(["ACACGT"]), n=3)
    >>> shuffles.shape
    (1, 3, 6)
    >>> [decode(codes) for codes in dinucleotide_shuffle(one_hot(["ACNCAGNAGA"]), n=2)[0]]
    ['AGNACCNAGA', 'AGNAGANCCA']
    """
    codes = to_codes(x)
    if codes.ndim != 2 or n < 1:
        raise InputError(
            f"expected one-hot sequences (N, L, 4) and n of at least 1, received shape "
            f"{(*codes.shape, 4)} and {n}"
        )
    shuffled, known = np.repeat(codes[:, None], n, axis=1), codes != UNKNOWN
    for count in np.unique(known.sum(1)):
        if count > 1:
            rows = np.flatnonzero(known.sum(1) == count)
            letters = codes[rows][known[rows]].reshape(len(rows), count)
            at = np.repeat(known[rows][:, None], n, axis=1)
            some = shuffled[rows]
            some[at] = _shuffles(letters, n, seed).ravel()
            shuffled[rows] = some
    return shuffled


def _shuffles(codes: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Return n shuffles (N, n, L) of sequences (N, L) without N."""
    exits = np.stack([_shuffled_exits(sequence, n, seed) for sequence in codes])
    return _walk(np.repeat(codes, n, axis=0), exits.reshape(-1, codes.shape[1] - 1)).reshape(
        len(codes), n, -1
    )


def _shuffled_exits(codes: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Return the successors (n, L - 1), grouped by their letter, in the order of n Euler walks."""
    rng = generator_of(codes, seed)
    source, target = codes[:-1].astype(np.intp), codes[1:].astype(np.intp)
    counts = np.zeros((_LETTERS, _LETTERS))
    np.add.at(counts, (source, target), 1)
    keys = rng.random((n, len(source))) / 2
    parents = _draw_arborescences(counts, int(codes[-1]), n, rng)
    first = _first_position(source * _LETTERS + target)
    for letter in np.unique(source):
        if letter != codes[-1]:
            edge = first[letter * _LETTERS + parents[:, letter]]
            keys[np.arange(n), edge] = 0.75  # above all others: this exit comes last
    return target[np.argsort(source + keys, axis=1)]


def _first_position(pairs: np.ndarray) -> np.ndarray:
    first = np.zeros(_LETTERS**2, np.intp)
    first[pairs[::-1]] = np.arange(len(pairs))[::-1]
    return first


def _draw_arborescences(
    counts: np.ndarray, root: int, n: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw n of the trees (5 parents each) that lead every letter to the root, by edge counts."""
    counts = counts.copy()
    counts[counts.sum(1) == 0, root] = 1  # an absent letter hangs on the root
    trees = _arborescences(root)
    others = [letter for letter in range(_LETTERS) if letter != root]
    cumulative = counts[others, trees[:, others]].prod(1).cumsum()
    return trees[np.searchsorted(cumulative, rng.random(n) * cumulative[-1], side="right")]


@cache
def _arborescences(root: int) -> np.ndarray:
    choices = [range(_LETTERS) if letter != root else [root] for letter in range(_LETTERS)]
    maps = np.array(list(itertools.product(*choices)))
    reached = maps
    for _ in range(_LETTERS):
        reached = np.take_along_axis(maps, reached, axis=1)
    return maps[(reached == root).all(1)]


def _walk(codes: np.ndarray, exits: np.ndarray) -> np.ndarray:
    """Follow the exits (rows, L - 1) from each first letter, all rows at once."""
    rows, length = codes.shape
    before = np.stack([(codes[:, :-1] < letter).sum(1) for letter in range(_LETTERS)], axis=1)
    next_exit: Any = (before + np.arange(rows)[:, None] * (length - 1)).ravel()
    offsets, flat = np.arange(rows) * _LETTERS, exits.ravel()
    walked = np.empty((length, rows), np.uint8)
    current = walked[0] = codes[:, 0]
    for step in range(1, length):
        at = offsets + current
        edge = next_exit[at]
        next_exit[at] = edge + 1
        current = walked[step] = flat[edge]
    return walked.T
