from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chromkeras.importers.draft import from_copies
from chromkeras.importers.planting import (
    WORM_TRANSITIONS,
    arrange,
    composition,
    instances,
    markov_sequences,
    place,
    write_instances,
)


def singles(copies):
    """Return the draft of instances on their own, all of a task that they open."""
    rows, motifs = copies.shape
    everywhere = np.ones((rows, motifs), bool)
    return from_copies(copies, np.ones((rows, 1), bool), everywhere[:1], everywhere)


@given(st.lists(st.integers(1, 20), max_size=8), st.integers(0, 50), st.integers(0, 2**32 - 1))
def test_arranged_intervals_fit_and_do_not_overlap(widths, spare, seed):
    widths = np.array(widths, np.int64)
    length = int(widths.sum()) + spare
    starts = arrange(np.random.default_rng(seed), widths, length)
    order = np.argsort(starts)
    ends = (starts + widths)[order]
    assert (starts >= 0).all()
    assert (ends <= length).all()
    assert (starts[order][1:] >= ends[:-1]).all()


def test_all_arrangements_are_equally_likely():
    rng = np.random.default_rng(0)
    seen = Counter(tuple(arrange(rng, np.array([1, 2]), 5)) for _ in range(6000))
    assert len(seen) == 12, "two orders, and six ways to spread the two free bases"
    assert max(seen.values()) < 1.3 * min(seen.values())


def test_intervals_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="2 motif instances of 11 bp in all do not fit in 10 bp"):
        arrange(np.random.default_rng(0), np.array([5, 6]), 10)


def test_markov_sequences_follow_the_transitions():
    codes = markov_sequences(np.random.default_rng(0), 400, 500, WORM_TRANSITIONS)
    pairs = np.bincount((codes[:, :-1].astype(int) * 4 + codes[:, 1:]).ravel(), minlength=16)
    pairs = pairs.reshape(4, 4)
    np.testing.assert_allclose(
        pairs / pairs.sum(axis=1, keepdims=True), WORM_TRANSITIONS, atol=0.01
    )
    first = np.bincount(codes[:, 0], minlength=4) / 400
    np.testing.assert_allclose(first, [0.32, 0.18, 0.18, 0.32], atol=0.08)


def test_worm_transitions_are_probabilities():
    np.testing.assert_allclose(WORM_TRANSITIONS.sum(axis=1), 1, atol=1e-12)


def test_gc_content_is_met():
    codes = markov_sequences(np.random.default_rng(0), 200, 500, composition(0.7))
    assert np.isin(codes, (1, 2)).mean() == pytest.approx(0.7, abs=0.01)
    with pytest.raises(ValueError, match=r"received 1\.5"):
        composition(1.5)


def test_instances_follow_the_matrix():
    ppm = np.array([[1, 0, 0, 0], [0, 0.5, 0.5, 0], [0.1, 0.2, 0.3, 0.4]])
    drawn = instances(np.random.default_rng(0), ppm, 5000)
    shares = np.stack([np.bincount(column, minlength=4) for column in drawn.T]) / 5000
    np.testing.assert_allclose(shares, ppm, atol=0.03)
    assert (drawn[:, 0] == 0).all()


def test_written_instances_read_back_on_their_strand():
    rng = np.random.default_rng(0)
    ppms = [np.eye(4)[[0, 0, 1, 2]], np.eye(4)[[3, 1, 1, 1, 0]]]
    copies = rng.integers(0, 3, (60, 2))
    sites = place(rng, singles(copies), np.array([4, 5]), (10, 30), ["first", "second"])
    codes = np.full((60, 60), 3, np.uint8)
    shuffled = np.arange(60) >= 40
    write_instances(rng, codes, sites, ppms, shuffled)
    counts = np.zeros_like(copies)
    np.add.at(counts, (sites.row, sites.motif), 1)
    np.testing.assert_array_equal(counts, copies)
    assert sites.start.min() >= 10
    assert sites.end.max() <= 40
    assert set(sites.strand) == {-1, 1}
    for row, start, end, motif, strand in zip(
        sites.row, sites.start, sites.end, sites.motif, sites.strand, strict=True
    ):
        word = codes[row, start:end]
        word = word if strand == 1 else 3 - word[::-1]
        planted = ppms[motif].argmax(axis=1)
        if shuffled[row]:
            assert sorted(word) == sorted(planted)
        else:
            np.testing.assert_array_equal(word, planted)


def test_nothing_to_place():
    sites = place(
        np.random.default_rng(0), singles(np.zeros((3, 2), int)), np.array([4, 5]), (0, 9), "ab"
    )
    assert len(sites.row) == len(sites.start) == len(sites.strand) == 0
