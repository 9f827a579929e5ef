import numpy as np
import pytest
from scipy.stats import pearsonr

from chromkeras.errors import InputError
from chromkeras.problems.regression import PROBLEM

# not below 0, so that every loss takes them
DRAWS = {"regression": lambda rng, shape: rng.gamma(1.0, size=shape).astype(np.float32)}
OUTPUTS = {"regression": lambda labels: labels}


def test_minus_one_is_a_value_and_said_where_it_may_be_meant_as_unknown():
    labels, known, notes = PROBLEM.read_labels(np.array([[2.5, -1], [np.nan, 0]]), "y")
    np.testing.assert_array_equal(labels, [[2.5, -1], [0, 0]])
    np.testing.assert_array_equal(known, [[True, True], [False, True]])
    assert labels.dtype == np.float32
    assert notes == ("labels: -1 is read as a value; mark unknown labels by NaN",)
    assert PROBLEM.read_labels(np.array([[-1, -0.5, 3]]), "y")[2] == ()


@pytest.mark.parametrize(
    ("raw", "notes"),
    [
        (np.array([[0.25, 2.0**60]]), ()),
        (np.array([[0.1, 3]]), ("labels: float64 rounded to float32, about 7 digits",)),
        (np.array([[65535, 0]], np.uint16), ()),
        (np.array([[2**24 + 1, 0]]), ("labels: int64 rounded to float32, about 7 digits",)),
        (np.array([[True, False]]), ("labels: bool read as the values 1 and 0",)),
    ],
)
def test_what_is_done_with_number_types_is_said(raw, notes):
    assert PROBLEM.read_labels(raw, "y")[2] == notes


def test_values_too_large_for_float32_are_refused():
    with pytest.raises(InputError, match=r"expected finite float32 values, received 1e\+39"):
        PROBLEM.read_labels(np.array([[1e39]]), "y")
    _, known, _ = PROBLEM.read_labels(np.array([[1e39, 1.0]]), "y", known=np.array([[False, True]]))
    np.testing.assert_array_equal(known, [[False, True]])


def test_log_rates_are_scored_as_rates():
    rng = np.random.default_rng(0)
    values = rng.poisson(3, (50, 1)).astype(np.float32)
    outputs = (np.log1p(values) + rng.normal(size=(50, 1))).astype(np.float32)
    expected = pearsonr(values[:, 0], np.exp(outputs[:, 0].astype(float))).statistic
    assert PROBLEM.scores(values, outputs, "exp")[0] == pytest.approx(expected)
    assert PROBLEM.figures(values, outputs, link="exp")["pearson"][0] == pytest.approx(expected)
    assert PROBLEM.scores(values, outputs)[0] != pytest.approx(expected)
    np.testing.assert_array_equal(PROBLEM.predictions(outputs), outputs)


@pytest.mark.parametrize(
    ("outputs", "link", "message"),
    [
        (np.zeros((1, 1)), "log", "unknown link 'log'"),
        (np.full((1, 1), 800.0), "exp", "expected log rates below 709, received 800"),
    ],
)
def test_what_cannot_be_predictions_is_refused(outputs, link, message):
    with pytest.raises(InputError, match=message):
        PROBLEM.predictions(outputs, link)


def test_rows_stand_out_above_the_median_of_their_task(make_dataset):
    labels = np.zeros((5, 3), np.float32)
    labels[:, 0] = (1, 2, 3, 4, 100)
    dataset = make_dataset(
        "regression",
        labels=labels,
        known=np.ones((5, 3), bool),
        split=np.full(5, "test"),
        kind=None,
    )
    found = PROBLEM.positive_rows(dataset, np.array([4, 2, 3]))
    np.testing.assert_array_equal(found[:, 0], [True, False, True])
    assert not found[:, 1:].any()
    np.testing.assert_array_equal(PROBLEM.positive(labels[3:])[:, 0], [False, True])
    called = PROBLEM.called(np.log(np.array([[2.9, 1, 1], [3.1, 1, 1]])), dataset, "exp")
    np.testing.assert_array_equal(called[:, 0], [False, True])


def test_rows_across_tasks(make_dataset):
    rng = np.random.default_rng(0)
    values = rng.gamma(1.0, size=(30, 3)).astype(np.float32) + np.array([0, 1, 2], np.float32)
    values[4, 0] = np.nan
    outputs = (np.nan_to_num(values) + rng.normal(size=values.shape)).astype(np.float32)
    found = PROBLEM.row_figures(values, np.log(np.abs(outputs)), "exp")
    assert set(found) >= {column.figure for column in PROBLEM.row_columns}
    for row in (0, 7):
        expected = pearsonr(values[row], np.abs(outputs[row])).statistic
        assert found["pearson"][row] == pytest.approx(expected, abs=1e-5)
        means = np.nanmean(values, axis=0)
        expected = pearsonr(values[row], means).statistic
        assert found["pearson_of_means"][row] == pytest.approx(expected, abs=1e-5)
    assert np.isnan(found["spearman"]).tolist() == [row == 4 for row in range(30)]
    assert PROBLEM.row_figures(values[:, :2], outputs[:, :2]) == {}


def test_specific_elements_are_high_in_few_tasks(make_dataset):
    labels = np.ones((40, 3), np.float32)
    labels[:, 2] = 100  # the scale of a task makes no row specific
    labels[:4, 0] = 20
    labels[4, 1] = 20
    kind = np.where(np.arange(40) == 4, "background", "element")
    known = np.ones(labels.shape, bool)
    dataset = make_dataset(
        "regression", labels=labels, known=known, split=np.full(40, "test"), kind=kind
    )
    rows = np.array([39, 4, 3, 0])
    specific = PROBLEM.strata(dataset, rows)["specific"]
    assert specific.tolist() == [False, False, True, True]
    known[3] = [True, True, False]
    fewer = make_dataset(
        "regression", labels=labels, known=known, split=np.full(40, "test"), kind=kind
    )
    assert PROBLEM.strata(fewer, rows)["specific"].tolist() == [False, False, False, True]


def test_no_elements_are_specific_where_values_are_negative_or_tasks_few(make_dataset):
    labels = np.ones((40, 3), np.float32)
    labels[:20] = np.arange(3)
    of = {"known": np.ones(labels.shape, bool), "split": np.full(40, "test"), "kind": None}
    whole = make_dataset("regression", labels=labels, **of)
    rows = np.arange(40)
    assert list(PROBLEM.strata(whole, rows)) == ["all", "elements", "specific"]
    assert list(PROBLEM.strata(whole.select_tasks(whole.tasks[:2]), rows)) == ["all", "elements"]
    below = make_dataset("regression", labels=labels - 1, **of)
    assert list(PROBLEM.strata(below, rows)) == ["all", "elements"]
