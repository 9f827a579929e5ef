"""Families of sequences that share k-mers on either strand, so that relatives stay in one split.

Candidates are pairs that share k-mers of a sketch (FracMinHash: those whose hash is small, in all
sequences the same ones), which is all k-mers where there are few sequences; each candidate is then
measured with all k-mers. After Broder 1997 (resemblance and containment of documents) and Rafi
et al. 2025 (hashFrag: splits without homologues).
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix

from chromkeras.data.blocks import row_blocks
from chromkeras.data.codes import UNKNOWN
from chromkeras.data.groups import connected, joined, sequence_keys
from chromkeras.data.packed import PackedSequences
from chromkeras.errors import InputError
from chromkeras.progress import progress

_log = logging.getLogger(__name__)
K = 14
SIMILARITY = 0.1
MOST_KMERS = 40_000_000  # of the sketch
MOST_PRODUCTS = 500_000_000  # of pairs of sequences by shared k-mers of the sketch
LIKELY = 0.4  # of the k-mers that relatives are expected to share in the sketch: worth measuring
FEWEST_SHARE = 4  # a sequence counts as having at least a quarter of the k-mers that it could have
_NONE = np.uint32(0xFFFFFFFF)
_BLOCK = 1 << 12
_PRODUCTS = 1 << 25
_PAIRS = 1 << 13


def check_similarity(similarity: float) -> None:
    """Raise ``InputError`` for a share of k-mers that is not above 0 and at most 1."""
    if not 0 < similarity <= 1:
        raise InputError(f"expected `similarity` above 0 and at most 1, received {similarity}")


def sequence_families(
    dna: PackedSequences, similarity: float = SIMILARITY, *, k: int = K
) -> np.ndarray:
    """Return a number for each sequence, equal for relatives, directly or through others.

    Two sequences are relatives where they share at least ``similarity`` of their k-mers, on
    whichever strands: distinct k-mers in both over those of the one that has fewer, which counts as
    having at least a quarter of the positions, so that a short repeat alone joins nothing. Equal
    sequences always are.

    Where the sketch is not all k-mers, or k-mers stand in so many sequences that not all pairs are
    looked at, single relatives may be missed; it is logged.

    Parameters
    ----------
    dna
        N sequences.
    similarity
        Share of k-mers from which on two sequences are relatives.
    k
        Bases of a k-mer, at most 15. k-mers with N count nowhere.

    Returns
    -------
    np.ndarray
        Shape (N,), int64.

    Raises
    ------
    InputError
        ``similarity`` is not above 0 and at most 1, or ``k`` not from 1 to 15.

    Examples
    --------
    >>> codes = np.random.default_rng(0).integers(0, 4, (3, 60)).astype(np.uint8)
    >>> codes[2, :40] = 3 - codes[0, :19:-1]  # two thirds, on the other strand
    >>> sequence_families(PackedSequences.from_codes(codes)).tolist()
    [0, 1, 0]
    """
    check_similarity(similarity)
    if not 1 <= k <= 15:
        raise InputError(f"expected `k` from 1 to 15, received {k}")
    equal = np.unique(sequence_keys(dna, both_strands=True), return_inverse=True)[1]
    if dna.length < k or len(dna) < 2:
        return joined([equal], len(dna))
    search = _Search(dna, similarity, k)
    return joined([equal, search.families()], len(dna))


def canonical_kmers(codes: np.ndarray, k: int = K) -> np.ndarray:
    """Return the distinct k-mers of each sequence, each as the smaller of its two strands.

    Parameters
    ----------
    codes
        Shape (n, length), uint8, values 0 to 4.
    k
        Bases of a k-mer, at most 15.

    Returns
    -------
    np.ndarray
        Shape (n, length - k + 1), uint32, ascending in each row; 2**32 - 1 fills up.

    Examples
    --------
    >>> found = canonical_kmers(np.array([[0, 0, 3, 3]], np.uint8), 2)  # AA and TT are one
    >>> found.tolist()
    [[0, 3, 4294967295]]
    """
    places = codes.shape[1] - k + 1
    forward = np.zeros((len(codes), places), np.uint32)
    backward = np.zeros_like(forward)
    known = codes & 3  # N becomes A here, and is taken out below
    for i in range(k):
        base = known[:, i : i + places].astype(np.uint32)
        forward <<= np.uint32(2)
        forward |= base
        backward |= (3 - base) << np.uint32(2 * i)
    found = np.minimum(forward, backward)
    unknown = codes == UNKNOWN
    if unknown.any():
        total = np.cumsum(np.pad(unknown, ((0, 0), (1, 0))), axis=1, dtype=np.int32)
        found[total[:, k:] > total[:, :-k]] = _NONE
    found.sort(axis=1)
    repeated = np.zeros(found.shape, bool)
    repeated[:, 1:] = found[:, 1:] == found[:, :-1]
    found[repeated] = _NONE
    found.sort(axis=1)
    return found


def similarities(
    dna: PackedSequences, one: np.ndarray, other: np.ndarray, *, k: int = K
) -> np.ndarray:
    """Return the share of k-mers that pairs of sequences have in common, as families are made by.

    Parameters
    ----------
    dna
        N sequences.
    one, other
        Shape (P,), whole numbers: the two of each pair.
    k
        Bases of a k-mer, at most 15.

    Returns
    -------
    np.ndarray
        Shape (P,), float64, 0 to 1.

    Examples
    --------
    >>> codes = np.random.default_rng(0).integers(0, 4, (2, 51)).astype(np.uint8)
    >>> codes[1, :32] = codes[0, :32]
    >>> similarities(PackedSequences.from_codes(codes), np.array([0]), np.array([1])).tolist()
    [0.5]
    """
    parts = [np.zeros(0)]
    for first in range(0, len(one), _PAIRS):
        pairs = np.stack([one[first : first + _PAIRS], other[first : first + _PAIRS]])
        rows, place = np.unique(pairs, return_inverse=True)
        kmers = canonical_kmers(dna.codes(rows), k)
        left, right = place.reshape(pairs.shape)
        sizes = (kmers != _NONE).sum(axis=1)
        both = np.sort(np.concatenate([kmers[left], kmers[right]], axis=1), axis=1)
        shared = ((both[:, 1:] == both[:, :-1]) & (both[:, 1:] != _NONE)).sum(axis=1)
        parts.append(shared / _countable(np.minimum(sizes[left], sizes[right]), dna.length, k))
    return np.concatenate(parts)


def _countable(sizes: np.ndarray, length: int, k: int) -> np.ndarray:
    """Return the k-mers that sequences count as having: a quarter of the positions or more."""
    return np.maximum(sizes, (length - k + 1) / FEWEST_SHARE)


@dataclass(frozen=True)
class _Sketch:
    """Which of some k-mers stand in which sequences.

    Attributes
    ----------
    has
        Shape (N, M), 1 where a sequence has a k-mer; those that stand in one alone are left out.
    sizes
        Shape (N,): all distinct k-mers of each sequence.
    each
        One k-mer in how many is looked at.
    """

    has: csc_matrix
    sizes: np.ndarray
    each: int


class _Search:
    """Search for relatives among sequences; ``labels`` are the families found so far."""

    def __init__(self, dna: PackedSequences, similarity: float, k: int) -> None:
        self.dna, self.similarity, self.k = dna, similarity, k
        self.labels = np.arange(len(dna))

    def families(self) -> np.ndarray:
        """Return a number for each sequence, shape (N,), equal for relatives."""
        sketch = _sketch(self.dna, self.k)
        often = np.diff(sketch.has.indptr).astype(np.int64)
        most = _most_often(often)
        rare = often <= most
        whole = sketch.each == 1 and bool(rare.all())
        by_row = sketch.has.tocsr()
        for pairs in _links_of_frequent(sketch.has[:, ~rare]):
            self.take(self.likely(pairs, by_row, sketch))
        with progress("families of relatives") as report:
            for pairs, done in self.candidates(sketch, sketch.has[:, rare], whole=whole):
                self.take(pairs, sure=whole)
                report(done, len(self.dna))
        if not whole:
            _log.info(
                "relatives were looked for by one %d-mer in %d%s, and measured by all; single ones "
                "may be missed", self.k, sketch.each,
                "" if rare.all() else f", those in over {most:,} sequences by samples of pairs",
            )  # fmt: skip
        return self.labels

    def needed(self, pairs: np.ndarray, sketch: _Sketch) -> np.ndarray:
        """Return how many k-mers of the sketch relatives are expected to share, shape (P,)."""
        sizes = np.minimum(*sketch.sizes[pairs])
        return self.similarity * _countable(sizes, self.dna.length, self.k) / sketch.each

    def candidates(
        self, sketch: _Sketch, rare: csc_matrix, *, whole: bool
    ) -> Iterator[tuple[np.ndarray, int]]:
        """Yield pairs (2, P) that share k-mers, and how many sequences are done.

        They are all relatives where the sketch is ``whole``; else those that share a good part of
        what relatives are expected to.
        """
        by_row = rare.tocsr()
        turned = rare.T.tocsr()  # (M, N), which is how it lies in memory
        costs = np.cumsum(by_row @ np.diff(rare.indptr).astype(np.int64))
        first = 0
        while first < len(self.dna):
            before = costs[first - 1] if first else 0
            last = max(int(np.searchsorted(costs, before + _PRODUCTS, "right")), first + 1)
            last = min(last, first + _BLOCK)
            found = by_row[first:last] @ turned
            rows = np.repeat(np.arange(first, min(last, len(self.dna))), np.diff(found.indptr))
            enough = (found.indices > rows) & (found.data > 1 if not whole else True)
            pairs, counts = np.stack([rows[enough], found.indices[enough]]), found.data[enough]
            share = 1.0 if whole else LIKELY
            likely = counts >= share * self.needed(pairs, sketch) - 1e-9
            yield pairs[:, likely], last
            first = last

    def likely(self, pairs: np.ndarray, by_row: csr_matrix, sketch: _Sketch) -> np.ndarray:
        """Return those of the pairs (2, P) that share a good part of what relatives do."""
        pairs = pairs[:, self.labels[pairs[0]] != self.labels[pairs[1]]]
        shared = by_row[pairs[0]].multiply(by_row[pairs[1]]).sum(axis=1)
        return pairs[:, np.asarray(shared).ravel() >= LIKELY * self.needed(pairs, sketch)]

    def take(self, pairs: np.ndarray, *, sure: bool = False) -> None:
        """Join the relatives among pairs, shape (2, P)."""
        while True:
            pairs = pairs[:, self.labels[pairs[0]] != self.labels[pairs[1]]]
            if not pairs.shape[1]:
                return
            now = pairs if sure else pairs[:, : 16 * _PAIRS]
            if not sure:
                near = similarities(self.dna, *now, k=self.k) >= self.similarity
                now = now[:, near]
            if now.shape[1]:
                self.labels = connected(self.labels, now)
            pairs = pairs[:, :0] if sure else pairs[:, 16 * _PAIRS :]


def _sketch(dna: PackedSequences, k: int) -> _Sketch:
    """Return which k-mers of small hash stand in which sequences."""
    each = 1
    while len(dna) * (dna.length - k + 1) / each > MOST_KMERS:
        each *= 2
    keys: list[np.ndarray] = []
    sizes = np.empty(len(dna), np.int64)
    for rows in row_blocks(dna.packed, size=_BLOCK * dna.packed.shape[1]):
        kmers = canonical_kmers(dna.codes(rows), k)
        there = kmers != _NONE
        sizes[rows] = there.sum(axis=1)
        if each > 1:
            there &= _hash(kmers) < np.uint32((1 << 32) // each)
        place = np.nonzero(there)[0].astype(np.uint64) + np.uint64(rows.start)
        keys.append((kmers[there].astype(np.uint64) << np.uint64(32)) | place)
    key = np.concatenate(keys)
    keys.clear()
    key.sort()
    kmer = (key >> np.uint64(32)).astype(np.uint32)
    rows_of = (key & np.uint64(0xFFFFFFFF)).astype(np.int32)
    del key
    first = np.flatnonzero(np.r_[True, kmer[1:] != kmer[:-1]]) if len(kmer) else np.zeros(0, int)
    often = np.diff(np.r_[first, len(kmer)])
    shared = np.repeat(often > 1, often)
    indptr = np.r_[0, np.cumsum(often[often > 1])]
    ones = np.ones(int(indptr[-1]), np.int16)
    has = csc_matrix((ones, rows_of[shared], indptr), shape=(len(dna), len(indptr) - 1))
    return _Sketch(has, sizes, each)


def _hash(kmers: np.ndarray) -> np.ndarray:
    """Return a number for each k-mer, uint32, as good as random (MurmurHash3's last steps)."""
    mixed = kmers ^ (kmers >> np.uint32(16))
    mixed = mixed * np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    found: np.ndarray = mixed ^ (mixed >> np.uint32(16))
    return found


def _most_often(often: np.ndarray) -> int:
    """Return in how many sequences a k-mer may stand for all pairs of them to be looked at."""
    ordered = np.sort(often)
    within = np.searchsorted(np.cumsum(ordered**2), MOST_PRODUCTS, "right")
    return int(ordered[within] - 1) if within < len(ordered) else int(ordered.max(initial=0))


def _links_of_frequent(has: csc_matrix) -> Iterator[np.ndarray]:
    """Yield pairs (2, P) of sequences that have a frequent k-mer: each and another, by chance.

    Members of a large family share many of them, so that each is set beside many others.
    """
    if not has.nnz:
        return
    column = np.repeat(np.arange(has.shape[1]), np.diff(has.indptr))
    for turn in range(2):
        drawn = np.random.default_rng(turn).permutation(has.nnz)
        order = drawn[np.argsort(column[drawn], kind="stable")]
        rows, same = has.indices[order], column[order][1:] == column[order][:-1]
        pairs = np.sort(np.stack([rows[1:][same], rows[:-1][same]]), axis=0)
        key = np.unique(pairs[0].astype(np.int64) * has.shape[0] + pairs[1])
        for first in range(0, len(key), 64 * _PAIRS):
            yield np.stack(np.divmod(key[first : first + 64 * _PAIRS], has.shape[0]))
