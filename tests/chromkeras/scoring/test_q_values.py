import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chromkeras.scoring.q_values import q_values, six_digits


@given(st.lists(st.floats(1e-30, 1), min_size=1, max_size=20))
def test_six_digits_are_those_of_text_and_survive_float32(values):
    found = six_digits(np.array(values))
    assert found.tolist() == [float(f"{value:.6g}") for value in found]
    assert np.allclose(found, values, rtol=6e-6)
    assert np.array_equal(six_digits(found.astype(np.float32)), found)


def test_q_of_each_column_alone():
    p = np.array([[0.01, 0.5], [0.02, np.nan], [0.9, 0.5]])
    q = q_values(p)
    assert np.allclose(q, [[0.03, 0.5], [0.03, np.nan], [0.9, 0.5]], equal_nan=True)
    assert q.dtype == np.float32
