import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from chromkeras.errors import InputError
from chromkeras.statistics.across_tasks import gini, pearson_across, spearman_across

ORACLES = {pearson_across: pearsonr, spearman_across: spearmanr}


def draw(rows=60, tasks=6):
    rng = np.random.default_rng(0)
    y = np.round(rng.gamma(1.0, size=(rows, tasks)), 1)
    f = np.round(y + rng.normal(size=y.shape), 1)
    y[rng.random(y.shape) < 0.3] = np.nan
    return y.astype(np.float32), f.astype(np.float32)


@pytest.mark.parametrize("figure", ORACLES)
def test_equals_scipy_on_the_known_tasks_of_each_row(figure):
    y, f = draw()
    defined = 0
    for row, found in enumerate(figure(y, f)):
        known = ~np.isnan(y[row])
        a, b = y[row, known].astype(float), f[row, known].astype(float)
        if len(a) < 3 or a.min() == a.max() or b.min() == b.max():
            assert np.isnan(found)
            continue
        defined += 1
        assert found == pytest.approx(ORACLES[figure](a, b).statistic, abs=1e-9)
    assert defined > 40


@pytest.mark.parametrize("figure", ORACLES)
def test_what_is_unknown_counts_nothing(figure):
    y, f = draw()
    np.testing.assert_array_equal(figure(y, f), figure(y, np.where(np.isnan(y), 1e30, f)))
    assert figure(y[:0], f[:0]).shape == (0,)
    with pytest.raises(InputError, match="one shape"):
        figure(y, f[:, :2])


@pytest.mark.parametrize("figure", ORACLES)
def test_no_size_is_too_large_or_too_small(figure):
    y, f = np.array([[1.0, 2.0, 4.0]]), np.array([[2.0, 1.0, 3.0]])
    expected = figure(y, f)
    for factor in (1e-150, 1e150):
        np.testing.assert_allclose(figure(y * factor, f * factor), expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([2.0, 2.0, 2.0], 0.0),
        ([0.0, 0.0, 0.0, 7.0], 0.75),
        ([1.0, 3.0], 0.25),
        ([3.0, np.nan, 1.0], 0.25),
        ([0.0, 0.0], np.nan),
        ([np.nan, np.nan], np.nan),
    ],
)
def test_gini_by_hand(row, expected):
    np.testing.assert_allclose(gini(np.array([row])), [expected])


def test_gini_is_the_mean_difference_over_twice_the_mean():
    x = np.random.default_rng(0).gamma(1.0, size=(5, 7))
    differences = np.abs(x[:, :, None] - x[:, None]).mean(axis=(1, 2))
    np.testing.assert_allclose(gini(x), differences / (2 * x.mean(axis=1)))
