"""The gapped k-mer kernel, exactly, without a kernel matrix.

Ghandi et al. 2014 (PLoS Comput Biol 10:e1003711) describe a sequence by how often each gapped
k-mer is in it: k letters at k of l positions. The inner product of two sequences is then a sum over
pairs of their l-mers, K(x, y) = Σ_u Σ_v h(d(u, v)), with h(m) = C(l − m, k) for m mismatches: the
choices of k positions among those that agree. Both strands are read.

Over all words of l letters, h is a matrix that depends on the number of mismatches alone: a sum,
over the k positions that are read, of the identity at these and of ones at the others. Such a
matrix is diagonal in any product basis that has the constant as one of four functions of a letter;
a function that varies with j letters has the eigenvalue 4^(l − k) C(l − j, k − j). So h is applied
to a number for each word by transforms of a few letters at a time, and a sequence is a sparse
vector of counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np
from scipy import sparse

from chromkeras.data.codes import UNKNOWN

# Orthonormal functions of a letter, the constant first: Hadamard's matrix.
_LETTER = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2
# Sequences whose words are counted together; mismatches with a word that has an N.
_SEQUENCES, _APART = 64, 100


def mismatch_weights(length: int, informative: int) -> np.ndarray:
    """Return h(m) = C(l − m, k) of m = 0 … l mismatches, shape (l + 1,), float64.

    Examples
    --------
    >>> mismatch_weights(4, 3).tolist()
    [4.0, 1.0, 0.0, 0.0, 0.0]
    """
    return np.array([comb(length - m, informative) for m in range(length + 1)], np.float64)


def word_codes(codes: np.ndarray, length: int) -> np.ndarray:
    """Return the number of the word of ``length`` letters at each position, −1 for one with N.

    Parameters
    ----------
    codes
        Shape (n, L): A 0, C 1, G 2, T 3, anything above unknown.
    length
        Letters in a word, l; the first counts most.

    Returns
    -------
    np.ndarray
        Shape (n, L − l + 1), int32.
    """
    positions = codes.shape[1] - length + 1
    words = np.zeros((len(codes), positions), np.int32)
    known = np.ones(words.shape, bool)
    for i in range(length):
        letters = codes[:, i : i + positions]
        words = 4 * words + (letters & 3)
        known &= letters < UNKNOWN
    return np.where(known, words, -1)


def reverse_complements(words: np.ndarray, length: int) -> np.ndarray:
    """Return the number of the reverse complement of each word."""
    turned, rest = np.zeros_like(words), words
    for _ in range(length):
        turned = 4 * turned + 3 - rest % 4
        rest = rest // 4
    return turned


@dataclass(frozen=True, eq=False)
class WordCounts:
    """Words of n sequences, and the lengths of their feature vectors.

    Attributes
    ----------
    counts
        Shape (n, 4^l), float32, sparse: how often each word is on one strand, a word and its
        reverse complement being the smaller of both, divided by the norm.
    norm
        Shape (n,): √K(x, x); 0 of a sequence without a word.
    """

    counts: sparse.csr_matrix
    norm: np.ndarray


def word_counts(
    codes: np.ndarray,
    length: int,
    informative: int,
    report: Callable[[int, int], None] | None = None,
) -> WordCounts:
    """Count the words of sequences, and measure their feature vectors.

    Parameters
    ----------
    codes
        Shape (n, L), as for ``word_codes``.
    length, informative
        l and k.
    report
        Called with sequences done and in all.
    """
    weights = mismatch_weights(length, informative)
    norm, indices, sizes = np.zeros(len(codes)), [], []
    for start in range(0, len(codes), _SEQUENCES):
        some = codes[start : start + _SEQUENCES]
        norm[start : start + len(some)] = np.sqrt(_self_products(some, length, weights))
        words = word_codes(some, length)
        known = words >= 0
        sizes.append(known.sum(axis=1))
        forward = words[known]
        indices.append(np.minimum(forward, reverse_complements(forward, length)))
        if report is not None:
            report(start + len(some), len(codes))
    ends = np.concatenate([[0], *sizes]).cumsum()
    scale = np.repeat(_inverse(norm), np.diff(ends)).astype(np.float32)
    columns = np.concatenate([np.zeros(0, np.int32), *indices])
    shape = (len(codes), 4**length)
    counts = sparse.csr_matrix((scale, columns, ends.astype(np.int32)), shape=shape)
    counts.sum_duplicates()
    return WordCounts(counts, norm)


def _inverse(norm: np.ndarray) -> np.ndarray:
    return np.where(norm > 0, 1 / np.where(norm > 0, norm, 1), 0)


def _self_products(codes: np.ndarray, length: int, weights: np.ndarray) -> np.ndarray:
    """Return K(x, x) of sequences (n, L), shape (n,).

    Pairs of words that lie equally far apart are looked at together: their mismatches are sums over
    a window of mismatches between the letters. A pair on one strand is also one on the other, and
    the distance of two words does not depend on which of them comes first.
    """
    here = np.ascontiguousarray(codes.T)  # the sequences last, as they are looked at side by side
    turned = np.where(here < UNKNOWN, 3 - here, UNKNOWN)[::-1]
    # A word with N agrees with none.
    unknown, unknown_turned = (
        _sums((x >= UNKNOWN).view(np.uint8), length).astype(bool).astype(np.uint8) * _APART
        for x in (here, turned)
    )
    # Every pair has a twin in the other order or on the other strands, or is its own.
    once, twice = _PairCounts(here, length, weights), _PairCounts(here, length, weights)
    once.add(here, turned, unknown, unknown_turned, 0)
    for shift in range(1, len(here) - length + 1):
        twice.add(here, here, unknown, unknown, shift)
        once.add(here, turned, unknown, unknown_turned, shift)
        once.add(turned, here, unknown_turned, unknown, shift)
    same: np.ndarray = weights[0] * (unknown == 0).sum(axis=0)
    return 2 * (same + once.total() + 2 * twice.total())


class _PairCounts:
    """Sum of h over pairs of words, kept as numbers of pairs by mismatches."""

    def __init__(self, codes: np.ndarray, length: int, weights: np.ndarray) -> None:
        self.length, self.weights = length, weights[: np.flatnonzero(weights)[-1] + 1]
        shape = (len(self.weights), len(codes) - length + 1, codes.shape[1])
        self._counts, self._added = np.zeros(shape, np.uint8), 0
        self._sums = np.zeros((len(self.weights), codes.shape[1]), np.int64)

    def add(
        self,
        first: np.ndarray,
        second: np.ndarray,
        unknown: np.ndarray,
        unknown_second: np.ndarray,
        shift: int,
    ) -> None:
        """Count the pairs whose second word is ``shift`` further on than the first."""
        differ = (first[: len(first) - shift] != second[shift:]).view(np.uint8)
        mismatches = _sums(differ, self.length)
        mismatches += unknown[: len(unknown) - shift]
        mismatches += unknown_second[shift:]
        for m in range(len(self.weights)):
            self._counts[m, : len(mismatches)] += (mismatches == m).view(np.uint8)
        self._added += 1
        if self._added == np.iinfo(np.uint8).max:
            self._flush()

    def total(self) -> np.ndarray:
        """Return the sum for every sequence, shape (n,)."""
        self._flush()
        found: np.ndarray = self.weights @ self._sums
        return found

    def _flush(self) -> None:
        self._sums += self._counts.sum(axis=1, dtype=np.int64)
        self._counts[:], self._added = 0, 0


def _sums(values: np.ndarray, length: int) -> np.ndarray:
    """Return sums over windows of rows, shape (L − l + 1, n), by sums of ever longer windows."""
    rows = len(values) - length + 1
    total, done, window, size = np.zeros((rows, values.shape[1]), np.uint8), 0, values, 1
    while True:
        if length & size:
            total += window[done : done + rows]
            done += size
        if 2 * size > length:
            return total
        window = window[: len(window) - size] + window[size:]
        size *= 2


class GappedKernel:
    """Products with the kernel matrix of sequences, K(x, y) / √(K(x, x) K(y, y)).

    Parameters
    ----------
    words
        Words of the n sequences.
    length, informative
        l and k.
    """

    def __init__(self, words: WordCounts, length: int, informative: int) -> None:
        self.length, self.informative = length, informative
        self.counts, self.turned = words.counts, words.counts.T.tocsr()

    def __call__(self, coefficients: np.ndarray) -> np.ndarray:
        """Return K α, shape (n, T), for α of that shape."""
        found: np.ndarray = self.counts @ self.word_weights(coefficients)
        return found.astype(np.float64)

    def word_weights(self, coefficients: np.ndarray) -> np.ndarray:
        """Return what each word adds to the score of a sequence, times the sequence's norm.

        Parameters
        ----------
        coefficients
            α, shape (n, T).

        Returns
        -------
        np.ndarray
            Shape (4^l, T), float32; a word and its reverse complement have the same.
        """
        summed = self.turned @ coefficients.astype(np.float32)
        # Words are counted as the smaller of both strands', and every pair in both directions.
        return apply_mismatch_weights(
            _on_both_strands(summed, self.length), self.length, self.informative
        )


def _on_both_strands(values: np.ndarray, length: int) -> np.ndarray:
    """Return values of words on either strand, twice what is known of the smaller word."""
    words = np.arange(4**length, dtype=np.int32)
    turned = reverse_complements(words, length)
    found: np.ndarray = 2 * (values + values[turned])
    return found


def apply_mismatch_weights(values: np.ndarray, length: int, informative: int) -> np.ndarray:
    """Return Σ_v h(d(u, v)) x(v) for every word u.

    Parameters
    ----------
    values
        x, shape (4^l, T), float32 or float64.
    length, informative
        l and k.

    Returns
    -------
    np.ndarray
        Of the shape and type of the values.
    """
    sizes = _letters_at_once(length)
    weights = _eigenvalues(length, informative)[_varying(length)].astype(values.dtype)
    # The basis is symmetric, so it is its own inverse.
    return _transformed(_transformed(values, sizes) * weights[:, None], sizes)


def _letters_at_once(length: int) -> list[int]:
    """Return how many letters each pass transforms: three, at the end two, which is fastest."""
    twos = {0: 0, 1: 2, 2: 1}[length % 3]
    return [length] if length < 3 else [3] * ((length - 2 * twos) // 3) + [2] * twos


def _transformed(values: np.ndarray, sizes: list[int]) -> np.ndarray:
    shape, before = values.shape, 1
    for size in sizes:
        basis: np.ndarray = np.ones((1, 1))
        for _ in range(size):
            basis = np.kron(basis, _LETTER)
        folded = values.reshape(before, 4**size, -1)
        values = np.matmul(basis.astype(values.dtype), folded)
        before *= 4**size
    return values.reshape(shape)


def _eigenvalues(length: int, informative: int) -> np.ndarray:
    """Return the eigenvalue of functions that vary with j = 0 … l letters."""
    gaps = length - informative
    return np.array(
        [4.0**gaps * comb(length - j, gaps) if j <= informative else 0 for j in range(length + 1)]
    )


def _varying(length: int) -> np.ndarray:
    """Return the number of letters that each product of the basis varies with, shape (4^l,)."""
    found = np.zeros(1, np.int64)
    for _ in range(length):
        found = (found[:, None] + np.array([0, 1, 1, 1])).ravel()
    return found
