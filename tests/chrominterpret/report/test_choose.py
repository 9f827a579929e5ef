"""Which of many sequences are looked at."""

import numpy as np

from chrominterpret.report.choose import in_turns, particular, spread_out


def test_places_are_spread_out():
    np.testing.assert_array_equal(spread_out(9, 3), [0, 4, 8])
    np.testing.assert_array_equal(spread_out(3, 9), [0, 1, 2])
    assert len(set(spread_out(1000, 256))) == 256


def test_what_stands_out_in_one_target_comes_first():
    values = np.array([[0.0, 0, 0, 4, 4], [0, 1, 2, 400, 0]])
    first, second = particular(values)
    assert first[0] == 4  # the fourth is as high in the other
    assert second[0] == 3
    np.testing.assert_array_equal(in_turns([first, second], 2), [4, 3])
    assert len(in_turns([first, second], 9)) == 5
    np.testing.assert_array_equal(particular(np.array([[1.0, 3, 2]]))[0], [1, 2, 0])
    np.testing.assert_array_equal(particular(np.zeros((2, 3)))[0], [0, 1, 2])
