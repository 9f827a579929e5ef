"""What every problem must do, over the registry."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.image import imread

from chromkeras.errors import InputError
from chromkeras.losses.registry import loss_names, of_loss
from chromkeras.problems.problem import LINKS, varying
from chromkeras.problems.registry import find_problem
from chromkeras.registry import PROBLEMS

ROWS, TASKS = 8, 3


@pytest.fixture(params=PROBLEMS.names())
def problem(request):
    return find_problem(request.param)


@pytest.fixture
def dataset(problem, make_dataset):
    return make_dataset(problem.name)


def test_a_problem_says_what_others_ask_of_it(problem, dataset, outputs_of):
    figures = problem.figures(dataset.values(slice(None)), outputs_of(dataset, 1.0))
    assert {c.figure for table in problem.tables for c in table.columns} <= set(figures)
    assert problem.counts <= set(figures)
    assert problem.score in {c.figure for c in problem.tables[0].columns}
    assert problem.score_title in {c.heading for c in problem.tables[0].columns}
    assert all(values.shape == (TASKS,) for values in figures.values())
    assert find_problem(problem.name) is problem


def test_every_problem_has_losses_and_every_loss_a_problem(problem):
    assert problem.default_loss in loss_names(problem.name)
    assert all(of_loss(name, "LINK") in LINKS for name in loss_names(problem.name))
    assert {of_loss(name, "PROBLEM") for name in loss_names()} <= set(PROBLEMS.names())


def test_a_better_model_scores_higher(problem, dataset, outputs_of):
    values = dataset.values(slice(None))
    scores = [problem.scores(values, outputs_of(dataset, noise)) for noise in (0.0, 1.0, 3.0)]
    np.testing.assert_allclose(scores[0], 1.0)
    assert (scores[0] > scores[1]).all()
    assert (scores[1] > scores[2]).all()


def test_the_score_is_one_of_the_figures(problem, dataset, outputs_of):
    values, outputs = dataset.values(slice(None)), outputs_of(dataset, 1.0)
    figures = problem.figures(values, outputs)
    np.testing.assert_array_equal(figures[problem.score], problem.scores(values, outputs))
    np.testing.assert_array_equal(figures["known"], dataset.known.sum(axis=0))


@pytest.mark.parametrize("name", PROBLEMS.names())
def test_what_stands_in_unknown_places_changes_nothing(name, make_dataset, outputs_of):
    problem = find_problem(name)
    floats = make_dataset(name).labels.dtype.kind == "f"
    places = st.integers(0, 3)
    junk = np.array([-1, 3, np.nan, np.inf] if floats else [-1, 0, 1, 3])

    @settings(max_examples=40, deadline=None)
    @given(
        known=arrays(bool, (ROWS, TASKS)),
        other=arrays(np.int8, (ROWS, TASKS), elements=places),
    )
    def changes_nothing(known, other):
        first = make_dataset(name, rows=ROWS, known=known)
        labels = np.where(known, first.labels, junk[other])
        second = make_dataset(name, rows=ROWS, known=known, labels=labels)
        outputs = outputs_of(first, 1.0)
        wide = known if outputs.ndim == 2 else known[..., None]
        strange = np.where(wide, outputs, 1e6).astype(np.float32)
        expected = problem.figures(first.values(slice(None)), outputs)
        found = problem.figures(second.values(slice(None)), strange)
        for figure, values in expected.items():
            np.testing.assert_array_equal(found[figure], values, err_msg=figure)

    changes_nothing()


@pytest.mark.parametrize("name", PROBLEMS.names())
def test_masked_is_absent(name, make_dataset, outputs_of):
    """At any mask, each task's figures are those of its known rows alone."""
    problem = find_problem(name)

    @settings(max_examples=40, deadline=None)
    @given(known=arrays(bool, (ROWS, TASKS)))
    def is_absent(known):
        dataset = make_dataset(name, rows=ROWS, known=known)
        values, outputs = dataset.values(slice(None)), outputs_of(dataset, 1.0)
        whole = problem.figures(values, outputs)
        for task in np.flatnonzero(known.any(axis=0)):
            rows = known[:, task]
            part = problem.figures(values[rows], outputs[rows])
            for figure, expected in part.items():
                np.testing.assert_allclose(
                    whole[figure][task], expected[task], rtol=1e-9, atol=1e-12, err_msg=figure
                )

    is_absent()


def test_strata_are_sets_of_rows(problem, dataset):
    rows = dataset.rows("test")
    strata = problem.strata(dataset, rows)
    assert list(strata) == list(problem.strata_titles)
    assert next(iter(strata)) == "all"
    assert strata["all"].all()
    np.testing.assert_array_equal(strata["elements"], dataset.kind[rows] == "element")
    assert all(mask.shape == rows.shape and mask.dtype == bool for mask in strata.values())


def test_training_needs_something_to_learn_from(problem, make_dataset):
    dataset = make_dataset(problem.name)
    problem.check_training(dataset)
    train = dataset.rows("train")
    known = dataset.known.copy()
    known[train, 1] = False
    with pytest.raises(InputError, match="task 'nerve' has no known label among the 60 train rows"):
        problem.check_training(make_dataset(problem.name, known=known))
    labels = dataset.labels.copy()
    labels[train, 2] = 1
    with pytest.raises(InputError, match=r"task 'muscle' has only .* among the 60 train rows"):
        problem.check_training(make_dataset(problem.name, labels=labels))
    with pytest.raises(InputError, match="the train split has no rows"):
        problem.check_training(make_dataset(problem.name, split=np.full(120, "test")))


def test_validation_needs_one_task_with_a_score(problem, make_dataset, outputs_of):
    labels = make_dataset(problem.name).labels.copy()
    labels[:, 1:] = 1
    dataset = make_dataset(problem.name, labels=labels)
    rows = dataset.rows("valid")
    problem.check_validation(dataset, rows)
    scores = problem.scores(dataset.values(rows), outputs_of(dataset, 1.0)[rows])
    assert np.isnan(scores).tolist() == [False, True, True]
    labels[:, 0] = 0
    with pytest.raises(InputError, match=f"no task has {problem.two_values} among the 30"):
        problem.check_validation(make_dataset(problem.name, labels=labels), rows)
    with pytest.raises(InputError, match="the validation split is empty"):
        problem.check_validation(dataset, rows[:0])


def test_labels_that_were_written_are_read_again(problem, dataset):
    raw = dataset.values(slice(None))
    for array in (raw, raw.astype(np.float64)):
        labels, known, _ = problem.read_labels(array, "y", classes=dataset.classes)
        np.testing.assert_array_equal(labels, dataset.labels)
        np.testing.assert_array_equal(known, dataset.known)
        problem.check(labels, known, dataset.tasks, dataset.classes)
    labels, known, _ = problem.read_labels(
        np.where(dataset.known, dataset.labels, 0), "y", known=dataset.known
    )
    np.testing.assert_array_equal(labels, dataset.labels)
    np.testing.assert_array_equal(known, dataset.known)
    column, known, _ = problem.read_labels(raw[:, 0], "y")
    np.testing.assert_array_equal(column, dataset.labels[:, :1])
    assert problem.class_names(dataset.labels, dataset.known, dataset.classes) == dataset.classes


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.int64, np.float16, np.float64])
def test_number_types_that_hold_legal_labels_are_read(problem, dtype):
    raw = np.array([[0, 1], [1, 0]]).astype(dtype)
    labels, known, notes = problem.read_labels(raw, "y")
    np.testing.assert_array_equal(labels, [[0, 1], [1, 0]])
    assert known.all()
    assert all(note.startswith("labels: ") for note in notes)


@pytest.mark.parametrize(
    ("raw", "mask", "message"),
    [
        (np.array([["a"]]), None, r"numeric labels of shape \(rows, tasks\), received \(1, 1\)"),
        (np.zeros((2, 2, 2)), None, r"received \(2, 2, 2\), float64"),
        (np.zeros((0, 2)), None, r"received \(0, 2\)"),
        (np.array([[np.inf]]), None, "received inf in row 0, column 0"),
        (np.eye(2), np.ones((2, 1), bool), r"mask of known labels of shape \(2, 2\), bool"),
        (np.eye(2), np.ones((2, 2)), r"received \(2, 2\), float64"),
    ],
)
def test_what_cannot_be_labels_is_refused(problem, raw, mask, message):
    with pytest.raises(InputError, match=message):
        problem.read_labels(raw, "y", known=mask)


def test_predictions_and_units(problem, dataset, outputs_of):
    outputs = outputs_of(dataset, 1.0)
    predicted = problem.predictions(outputs)
    assert predicted.shape == outputs.shape
    assert predicted.dtype == np.float64
    units = problem.units(dataset)
    assert outputs.shape[2:] == ((units,) if units > 1 else ())
    assert problem.units(dataset.classes) == units


def test_rows_that_stand_out(problem, dataset, outputs_of):
    rows = np.arange(len(dataset))
    found, outputs = problem.positive_rows(dataset, rows), outputs_of(dataset)
    np.testing.assert_array_equal(found, problem.positive(dataset.values(rows)))
    np.testing.assert_array_equal(problem.positive_rows(dataset, rows[:9]), found[:9])
    assert not found[~dataset.known].any()
    np.testing.assert_array_equal(found, problem.called(outputs, dataset) & dataset.known)
    ranking = problem.ranking(outputs)
    for t in range(TASKS):
        known = dataset.known[:, t]
        assert ranking[known & found[:, t], t].min() > ranking[known & ~found[:, t], t].max()


def test_pictures_are_written(problem, dataset, outputs_of, tmp_path):
    rows = dataset.rows("test")
    pictures = problem.draw(outputs_of(dataset, 1.0)[rows], dataset, rows, tmp_path / "new")
    assert pictures
    assert sorted((tmp_path / "new").iterdir()) == sorted(pictures)
    assert all(imread(picture).std() > 0.01 for picture in pictures)


def test_thresholds_are_for_problems_that_call_rows(problem, dataset):
    usual = problem.thresholds(None, dataset)
    if any(table.threshold for table in problem.tables):
        np.testing.assert_array_equal(usual.probability, 0.5)
        return
    assert usual is None
    with pytest.raises(InputError, match=f"no threshold for problem '{problem.name}'"):
        problem.thresholds(0.5, dataset)


def test_varying_by_hand():
    nan = np.nan
    values = np.array([[1, 2, nan, nan, 0], [1, 1, 3, nan, -1], [1, nan, nan, nan, nan]])
    assert varying(values).tolist() == [False, True, False, False, True]
    assert varying(values[:0]).tolist() == [False] * 5


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match=r"unknown problem 'class'; did you mean classes\?"):
        find_problem("class")
