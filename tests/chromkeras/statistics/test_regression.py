import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

from chromkeras.statistics import regression

ORACLES = {
    "pearson": lambda y, f: pearsonr(y, f).statistic,
    "spearman": lambda y, f: spearmanr(y, f).statistic,
    "r_squared": r2_score,
    "mean_absolute_error": mean_absolute_error,
    "mean_squared_error": mean_squared_error,
}
CORRELATIONS = ("pearson", "spearman")


@pytest.fixture(params=ORACLES)
def name(request):
    return request.param


@pytest.fixture
def figure(name):
    return getattr(regression, name)


def draw(rows=80, tasks=4, seed=0):
    rng = np.random.default_rng(seed)
    y = np.round(rng.normal(size=(rows, tasks)), 1)
    f = np.round(y * 0.7 + rng.normal(size=y.shape), 1) * 3 + 1
    y[rng.random(y.shape) < 0.3] = np.nan
    return y.astype(np.float32), f.astype(np.float32)


def test_equals_scipy_and_scikit_learn(name, figure):
    y, f = draw()
    for task, value in enumerate(figure(y, f)):
        known = ~np.isnan(y[:, task])
        expected = ORACLES[name](y[known, task].astype(float), f[known, task].astype(float))
        assert value == pytest.approx(expected, rel=1e-9)


def test_predictions_of_unknown_values_count_nothing(figure):
    y, f = draw()
    other = np.where(np.isnan(y), 1e30, f)
    np.testing.assert_array_equal(figure(y, f), figure(y, other))


def test_no_known_value_is_not_a_number(figure):
    y, f = draw()
    y[:, 1] = np.nan
    assert np.isnan(figure(y, f)).tolist() == [False, True, False, False]
    assert np.isnan(figure(y[:0], f[:0])).all()


def test_too_few_or_equal_values_have_no_correlation(name, figure):
    y, f = np.array([[3.0, 1.0, 1.0]]), np.array([[3.0, 2.0, 0.0]])
    assert np.isnan(figure(y, f)).all() == (name in (*CORRELATIONS, "r_squared"))
    values, constant = np.array([[1.0], [2.0], [4.0]]), np.full((3, 1), 2.0)
    assert np.isnan(figure(constant, values))[0] == (name in (*CORRELATIONS, "r_squared"))
    assert np.isnan(figure(values, constant))[0] == (name in CORRELATIONS)


def test_one_task_does_not_touch_another(figure):
    y, f = draw()
    alone = [figure(y[:, [t]], f[:, [t]])[0] for t in range(4)]
    np.testing.assert_array_equal(figure(y, f), alone)


@given(
    scale=st.sampled_from([1e-200, 1e-30, 1.0, 1e30, 1e200]),
    y=arrays(float, 12, elements=st.integers(-50, 50).map(float)),
    f=arrays(float, 12, elements=st.integers(-50, 50).map(float)),
)
@settings(deadline=None)
def test_correlations_see_neither_scale_nor_offset(scale, y, f):
    for name in CORRELATIONS:
        figure = getattr(regression, name)
        plain = figure(y[:, None], f[:, None])
        np.testing.assert_allclose(figure(y[:, None] * scale, 3 - f[:, None]), -plain, atol=1e-9)
        assert np.isnan(plain).all() or abs(plain[0]) <= 1


def test_by_hand():
    y, f = np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [2.0], [6.0]])
    assert regression.r_squared(y, f)[0] == pytest.approx(1 - 9 / 2)
    assert regression.mean_absolute_error(y, f)[0] == 1
    assert regression.mean_squared_error(y, f)[0] == 3
    assert regression.spearman(y, f)[0] == pytest.approx(1)
    assert regression.pearson(y, f)[0] == pytest.approx(5 / np.sqrt(2 * 14))


def test_infinite_predictions_have_no_pearson_and_shapes_must_fit(figure):
    y, f = draw()
    f[~np.isnan(y[:, 0]), 0] = np.inf
    assert np.isnan(regression.pearson(y, f)).tolist() == [True, False, False, False]
    with pytest.raises(ValueError, match=r"received \(80, 4\) and \(80, 3\)"):
        figure(y, f[:, :3])
