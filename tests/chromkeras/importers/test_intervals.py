"""Windows that touch intervals, against every pair."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from chromkeras.importers.intervals import Intervals

rows = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 300)), max_size=30)
stretches = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 300), st.integers(0, 80)), max_size=12
)


@settings(deadline=None)
@given(rows, stretches, st.integers(1, 40))
def test_what_touches(windows, parts, length):
    chrom = np.array([c for c, _ in windows], dtype=str)
    start = np.array([s for _, s in windows], np.int64)
    where = np.array([c for c, _, _ in parts], dtype=str)
    first = np.array([s for _, s, _ in parts], np.int64)
    last = np.array([s + n for _, s, n in parts], np.int64)
    found = Intervals(where, first, last).touched(chrom, start, length)
    expected = [
        any(c == w and s < b and s + length > a for w, a, b in zip(where, first, last, strict=True))
        for c, s in windows
    ]
    assert found.tolist() == expected
