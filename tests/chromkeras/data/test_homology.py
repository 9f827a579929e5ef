"""Families of relatives against sets of k-mers in plain Python, on both strands."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chromkeras.data import homology as module
from chromkeras.data.homology import canonical_kmers, sequence_families, similarities
from chromkeras.data.packed import PackedSequences
from chromkeras.data.splits import SplitPlan, assign
from chromkeras.errors import InputError

OTHER = str.maketrans("ACGT", "TGCA")


def kmer_set(codes, k):
    """Return the k-mers without N, each the smaller of its two strands, as texts."""
    text = "".join("ACGTN"[i] for i in codes)
    words = {text[i : i + k] for i in range(len(text) - k + 1)}
    return {min(word, word.translate(OTHER)[::-1]) for word in words if "N" not in word}


def share(one, other, k):
    first, second = kmer_set(one, k), kmer_set(other, k)
    few = max(min(len(first), len(second)), (len(one) - k + 1) / 4)
    return len(first & second) / few


def related(codes, similarity, k):
    """Return whether each pair is one of relatives, shape (N, N)."""
    equal = [(a == b).all() or (a == turned(b)).all() for a in codes for b in codes]
    shares = [share(a, b, k) for a in codes for b in codes]
    size = len(codes), len(codes)
    return np.reshape(equal, size) | (np.reshape(shares, size) >= similarity - 1e-9)


def turned(codes):
    return np.where(codes == 4, 4, 3 - codes)[::-1]


def components(pairs):
    """Return the smallest number in reach of each row."""
    reach = pairs | np.eye(len(pairs), dtype=bool)
    for _ in range(len(pairs)):
        reach = reach @ reach
    return reach.argmax(axis=1)


@st.composite
def sequences(draw):
    """Draw up to 24 sequences, some copied in part from others, on either strand, with changes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    rows, length = draw(st.integers(1, 24)), draw(st.integers(12, 70))
    codes = rng.integers(0, 4, (rows, length)).astype(np.uint8)
    for row in range(1, rows):
        kind = rng.integers(5)
        if kind == 0:
            continue
        source = codes[rng.integers(row)]
        source = turned(source) if rng.random() < 0.5 else source
        part = rng.integers(1, length + 1)
        place, at = rng.integers(0, length - part + 1, 2)
        codes[row, at : at + part] = source[place : place + part]
        changed = rng.random(length) < rng.choice([0, 0.05])
        codes[row, changed] = rng.integers(0, 4, changed.sum())
        if kind == 1:
            codes[row] = rng.integers(0, 4, 2)[np.arange(length) % 2]  # a repeat of two letters
        if kind == 2:
            codes[row, rng.random(length) < 0.1] = 4
    return codes


@settings(max_examples=60, deadline=None)
@given(sequences(), st.sampled_from([0.05, 0.1, 0.3, 0.8]), st.sampled_from([5, 8, 11]))
def test_families_are_those_of_brute_force(codes, similarity, k):
    dna = PackedSequences.from_codes(codes)
    found = sequence_families(dna, similarity, k=k)
    expected = components(related(codes, similarity, k))
    np.testing.assert_array_equal(found[:, None] == found, expected[:, None] == expected)
    again = sequence_families(
        PackedSequences.from_codes(np.array([*map(turned, codes)])), similarity, k=k
    )
    np.testing.assert_array_equal(found, again)  # the strand does not matter


@settings(max_examples=40, deadline=None)
@given(sequences(), st.integers(0, 3))
def test_no_relative_stands_in_two_splits(codes, seed):
    plan = SplitPlan(valid_fraction=0.25, test_fraction=0.25, by="homology", seed=seed)
    families = sequence_families(PackedSequences.from_codes(codes), plan.similarity, k=8)
    made = [assign(plan, rows=len(codes), length=codes.shape[1], groups=families) for _ in range(2)]
    np.testing.assert_array_equal(*made)
    one, other = np.nonzero(related(codes, plan.similarity, 8))
    assert (made[0][one] == made[0][other]).all()


@settings(max_examples=40, deadline=None)
@given(sequences(), st.sampled_from([4, 8, 11]))
def test_kmers_and_similarities_are_those_of_sets(codes, k):
    kmers = canonical_kmers(codes, k)
    for row, found in zip(codes, kmers, strict=True):
        texts = {"".join("ACGT"[int(x) >> 2 * (k - 1 - i) & 3] for i in range(k))
                 for x in found[found < 4**k]}  # fmt: skip
        assert texts == kmer_set(row, k)
        assert (np.diff(found.astype(np.int64)) >= 0).all()
    one, other = np.indices((len(codes), len(codes))).reshape(2, -1)
    found = similarities(PackedSequences.from_codes(codes), one, other, k=k)
    expected = [share(codes[i], codes[j], k) for i, j in zip(one, other, strict=True)]
    np.testing.assert_allclose(found, expected)


def family_codes(rng, members=60, strangers=240, divergence=0.05):
    """Return sequences of 200 bases whose first ones are copies of one, on either strand."""
    codes = rng.integers(0, 4, (members + strangers, 200)).astype(np.uint8)
    for row in range(members):
        copied = codes[0].copy()
        hit = rng.random(200) < divergence * (row > 0)
        copied[hit] = rng.integers(0, 4, hit.sum())
        codes[row] = turned(copied) if row % 2 else copied
    return codes


@pytest.mark.parametrize(("kmers", "products"), [(10_000, 10**9), (10**9, 2000), (10_000, 100)])
def test_a_sketch_and_frequent_kmers_find_a_family(kmers, products, monkeypatch, caplog):
    monkeypatch.setattr(module, "MOST_KMERS", kmers)
    monkeypatch.setattr(module, "MOST_PRODUCTS", products)
    codes = family_codes(np.random.default_rng(1))
    with caplog.at_level("INFO"):
        found = sequence_families(PackedSequences.from_codes(codes), 0.1)
    assert len(set(found[:60].tolist())) == 1
    assert len(set(found.tolist())) == 241  # and joins no stranger
    assert "single ones may be missed" in caplog.text


def test_short_sequences_are_relatives_where_equal():
    codes = np.array([[0, 1, 2], [0, 1, 2], [2, 1, 0]], np.uint8)
    assert sequence_families(PackedSequences.from_codes(codes)).tolist() == [0, 0, 1]
    codes[2] = turned(codes[0])
    assert sequence_families(PackedSequences.from_codes(codes)).tolist() == [0, 0, 0]
    assert sequence_families(PackedSequences.from_codes(codes[:0])).tolist() == []


def test_a_short_repeat_alone_joins_nothing():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (3, 600)).astype(np.uint8)
    codes[0], codes[1, :60] = [0, 3] * 300, [0, 3] * 30
    assert sequence_families(PackedSequences.from_codes(codes)).tolist() == [0, 1, 2]
    codes[2] = codes[0]
    assert sequence_families(PackedSequences.from_codes(codes)).tolist() == [0, 1, 0]


@pytest.mark.parametrize("options", [{"similarity": 0}, {"similarity": 1.1}, {"k": 16}, {"k": 0}])
def test_bad_input(options):
    dna = PackedSequences.from_codes(np.zeros((2, 20), np.uint8))
    with pytest.raises(InputError, match=r"`(similarity|k)`"):
        sequence_families(dna, **options)
