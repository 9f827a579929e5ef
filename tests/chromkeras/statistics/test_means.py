import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from chromkeras.statistics.means import mean_defined, median_defined

VALUES = arrays(
    float, (4, 3), elements=st.one_of(st.floats(-1e6, 1e6), st.sampled_from([np.nan, np.inf]))
)

BOTH = pytest.mark.parametrize(
    ("over_defined", "of"), [(mean_defined, np.mean), (median_defined, np.median)]
)


@BOTH
@given(values=VALUES, axis=st.sampled_from([0, 1, -1, None]))
def test_is_over_what_is_finite(over_defined, of, values, axis):
    """One mean or median over each row or column, by hand."""
    groups = [values.ravel()] if axis is None else np.moveaxis(values, axis, -1)
    kept = [group[np.isfinite(group)] for group in groups]
    expected = [of(group) if len(group) else np.nan for group in kept]
    found = over_defined(values) if axis is None else over_defined(values, axis)
    np.testing.assert_allclose(np.atleast_1d(found), expected, rtol=1e-12, atol=1e-9)


@BOTH
def test_of_all_is_a_plain_number_and_keeps_numpys_rounding(over_defined, of):
    values = np.random.default_rng(0).random(1000)
    assert type(over_defined(values)) is float
    assert over_defined(values) == of(values)
    assert np.isnan(over_defined(np.empty(0)))
    assert over_defined(np.array([1, 2])) == 1.5


@BOTH
@pytest.mark.parametrize("axis", [0, 1])
def test_nothing_defined_is_not_a_number(over_defined, of, axis):
    assert np.isnan(over_defined(np.full((2, 2), np.nan), axis)).all()
    assert np.isnan(over_defined(np.empty((0, 2)), 0)).all()
