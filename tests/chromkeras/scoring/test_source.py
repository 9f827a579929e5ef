"""Windows of sequences of any length."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chromkeras.scoring.source import Fit, Tiling, ahead, window


@given(st.integers(-50, 50), st.integers(0, 90), st.integers(1, 30), st.integers(0, 12))
def test_windows_cover_a_sequence(start, size, length, stride):
    starts = Tiling(length, stride).starts(start, start + size)
    if not stride or size <= length:
        assert len(starts) == 1
        middle = starts[0] + length // 2
        assert middle == (start + start + size) // 2
        return
    assert starts[0] == start
    assert starts[-1] + length >= start + size  # the last base is read
    assert starts[-1] + length - stride < start + size  # and no window more than that takes
    assert set(np.diff(starts)) <= {stride}


@given(
    st.integers(-50, 50), st.integers(0, 90), st.integers(1, 30), st.integers(0, 12),
    st.integers(1, 60),
)  # fmt: skip
def test_windows_past_an_end_are_counted(start, size, length, stride, there):
    starts = Tiling(length, stride).starts(start, start + size)
    fit = Fit()
    fit.add(starts, (start, start + size), (0, there), length)
    assert fit.padded == sum(k < 0 or k + length > there for k in starts)
    assert fit.windows == len(starts)
    assert fit.cut == (len(starts) == 1 and size > length)


@given(st.lists(st.integers(0, 4), max_size=20), st.integers(-30, 30), st.integers(1, 25))
def test_a_window_has_n_beyond_the_ends(codes, start, length):
    codes = np.array(codes, np.uint8)
    expected = [codes[k] if 0 <= k < len(codes) else 4 for k in range(start, start + length)]
    assert window(codes, start, length).tolist() == expected


def test_items_are_made_ahead_and_errors_come_through():
    assert list(ahead(range(5))) == [0, 1, 2, 3, 4]

    def broken():
        yield 1
        raise ValueError("late")

    found = ahead(broken())
    assert next(found) == 1
    with pytest.raises(ValueError, match="late"):
        next(found)
