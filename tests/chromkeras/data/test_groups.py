"""Groups of rows against pairwise checks."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from chromkeras.data.groups import connected, joined, overlap_groups, sequence_keys
from chromkeras.data.packed import PackedSequences

places = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2000)), max_size=60)


@settings(deadline=None)
@given(places, st.integers(1, 40))
def test_groups_are_what_overlaps(rows: list[tuple[str, int]], length: int) -> None:
    chrom = np.array([c for c, _ in rows], dtype=str)
    start = np.array([s for _, s in rows], np.int64)
    groups = overlap_groups(chrom, start, length)
    order = sorted(range(len(rows)), key=lambda i: rows[i])
    for i, j in pairwise(order):
        near = rows[i][0] == rows[j][0] and rows[j][1] - rows[i][1] < length
        assert (groups[i] == groups[j]) == near


links = st.lists(st.lists(st.integers(0, 9), min_size=8, max_size=8), max_size=3)


@settings(deadline=None)
@given(links)
def test_joined_is_connected_by_any_link(numbers: list[list[int]]) -> None:
    found = joined([np.array(x) for x in numbers], 8)
    pairs = np.array([(i, j) for x in numbers for i in range(8) for j in range(8) if x[i] == x[j]])
    expected = connected(np.arange(8), pairs.T if len(pairs) else np.zeros((2, 0), int))
    np.testing.assert_array_equal(found[:, None] == found, expected[:, None] == expected)
    for x in numbers:
        assert all(found[i] == found[j] for i in range(8) for j in range(8) if x[i] == x[j])
    if not numbers:
        assert found.tolist() == list(range(8))


def test_keys_of_both_strands() -> None:
    codes = np.array([[0, 1, 2, 2], [1, 1, 2, 3], [0, 1, 2, 2]], np.uint8)  # ACGG CCGT ACGG
    dna = PackedSequences.from_codes(codes)
    assert len(set(sequence_keys(dna).tolist())) == 1
    assert len(set(sequence_keys(dna, both_strands=False).tolist())) == 2
