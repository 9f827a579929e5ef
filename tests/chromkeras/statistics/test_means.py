import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from chromkeras.statistics.means import mean_defined

VALUES = arrays(
    float, (4, 3), elements=st.one_of(st.floats(-1e6, 1e6), st.sampled_from([np.nan, np.inf]))
)


@given(values=VALUES, axis=st.sampled_from([0, 1, -1, None]))
def test_is_the_mean_of_what_is_finite(values, axis):
    """One mean over each row or column, by hand."""
    groups = [values.ravel()] if axis is None else np.moveaxis(values, axis, -1)
    kept = [group[np.isfinite(group)] for group in groups]
    expected = [group.mean() if len(group) else np.nan for group in kept]
    found = np.atleast_1d(mean_defined(values, axis) if axis is not None else mean_defined(values))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-9)


def test_of_all_is_a_plain_number_and_keeps_numpys_rounding():
    values = np.random.default_rng(0).random(1000)
    assert type(mean_defined(values)) is float
    assert mean_defined(values) == values.mean()
    assert np.isnan(mean_defined(np.empty(0)))
    assert mean_defined(np.array([1, 2])) == 1.5


@pytest.mark.parametrize("axis", [0, 1])
def test_nothing_defined_is_not_a_number(axis):
    assert np.isnan(mean_defined(np.full((2, 2), np.nan), axis)).all()
