"""What every loss must do, over the registry."""

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from chromkeras.errors import InputError
from chromkeras.layers.task_weights import TaskWeights
from chromkeras.losses.registry import loss_names, of_loss
from chromkeras.losses.task_loss import TaskLoss, make_loss

pytestmark = pytest.mark.backend

ROWS, TASKS = 5, 2
JUNK = (np.nan, np.inf, -np.inf, -1.0, 1e30, 7.5)


@pytest.fixture(params=loss_names())
def name(request):
    return request.param


@pytest.fixture
def problem(name):
    return of_loss(name, "PROBLEM")


@pytest.fixture
def loss(name, problem, labelled):
    return make_loss(name, labelled(problem))


def test_equals_plain_numpy(name, problem, loss, draw, reference):
    y, output, known = draw(problem)
    expected = reference(name, y, output, known, **loss.constants)
    assert float(loss(y, output, known)) == pytest.approx(expected, rel=1e-5)
    everything = reference(name, y, output, np.ones_like(known), **loss.constants)
    assert float(loss(y, output)) == pytest.approx(everything, rel=1e-5)


def test_sums_and_counts_are_those_of_each_task(name, problem, loss, draw, reference):
    y, output, known = draw(problem)
    sums, counts = (keras.ops.convert_to_numpy(v) for v in loss.sums(y, output, known))
    np.testing.assert_array_equal(counts, known.sum(axis=0))
    assert float((sums / counts).sum()) == pytest.approx(
        reference(name, y, output, known, **loss.constants), rel=1e-5
    )


def test_numerical_gradient(name, problem, loss, draw, reference, gradients):
    y, output, known = draw(problem)
    value, (slope,) = gradients(lambda f: loss(y, f, known), output)
    assert value == pytest.approx(float(loss(y, output, known)), rel=1e-6)
    for place in np.ndindex(output.shape):
        step = np.zeros(output.shape)
        step[place] = 1e-5
        ends = [
            reference(name, y, output + sign * step, known, **loss.constants) for sign in (1, -1)
        ]
        assert slope[place] == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-5)


def test_a_task_without_a_known_label_adds_nothing(name, problem, loss, draw, reference):
    y, output, known = draw(problem)
    known[:, 1] = False
    expected = reference(name, y, output, known, **loss.constants)
    assert float(loss(y, output, known)) == pytest.approx(expected, rel=1e-5)
    assert float(loss(y, output, np.zeros_like(known))) == 0.0


class HeldWeights(TaskWeights):
    """Weights of two tasks, and a penalty of those that have a known label."""

    def task_weights(self):
        return keras.ops.convert_to_tensor([0.5, 3.0])

    def penalty(self, present):
        return keras.ops.sum(keras.ops.where(present, 1.0, 0.0))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", loss_names())
def test_masked_is_absent(name, weighted, draw, labelled, gradients, is_coupled):
    """At any mask, each task's value and gradient are those of its known labels alone."""
    if is_coupled(name):
        pytest.skip("the tasks of a row see each other; see the next test")
    loss = make_loss(name, labelled(of_loss(name, "PROBLEM")))
    y, output, _ = draw(of_loss(name, "PROBLEM"), rows=ROWS)
    layer = HeldWeights(TASKS)
    shown = loss.weighted_by(layer) if weighted else loss
    weights = np.asarray(layer.task_weights()) if weighted else np.ones(TASKS)

    @settings(max_examples=40, deadline=None)
    @given(known=arrays(bool, (ROWS, TASKS)))
    def is_absent(known):
        value, (slope,) = gradients(lambda f: shown(y, f, known), output)
        alone = 0.0
        for task in range(TASKS):
            rows = np.flatnonzero(known[:, task])
            assert not slope[~known[:, task], task].any()
            if len(rows):
                other = np.zeros((len(rows), TASKS), bool)
                other[:, task] = True
                part, (expected,) = gradients(
                    lambda f, rows=rows, other=other: loss(y[rows], f, other), output[rows]
                )
                alone += part
                np.testing.assert_allclose(
                    slope[rows, task], weights[task] * expected[:, task], rtol=1e-4, atol=1e-6
                )
        # terms of about 1 may cancel, whose last digits in float32 then stay
        assert value == pytest.approx(alone, rel=1e-5, abs=1e-6)

    is_absent()


@pytest.mark.parametrize("name", loss_names())
def test_an_unknown_label_of_a_row_is_a_task_that_is_not_there(name, draw, labelled, gradients):
    """At any mask, each row's value and gradient are those of its known labels alone."""
    problem = of_loss(name, "PROBLEM")
    y, output, _ = draw(problem, rows=ROWS)
    loss = make_loss(name, labelled(problem))

    def of_known(row, tasks):
        constants = {key: np.array(each)[tasks] for key, each in loss.constants.items()}
        alone = TaskLoss(name, **constants)
        return gradients(lambda f: alone(y[[row]][:, tasks], f), output[[row]][:, tasks])

    @settings(max_examples=8, deadline=None)
    @given(known=arrays(bool, (ROWS, TASKS)))
    def is_not_there(known):
        sums, _ = loss.sums(y, output, known)
        total = 0.0
        for row in range(ROWS):
            tasks = np.flatnonzero(known[row])
            one = known & (np.arange(ROWS) == row)[:, None]
            _, (slope,) = gradients(lambda f, one=one: loss(y, f, one), output)
            if len(tasks):
                value, (expected,) = of_known(row, tasks)
                total += value
                np.testing.assert_allclose(slope[row, tasks], expected[0], rtol=1e-4, atol=1e-6)
            assert not slope[~one].any()
        assert float(keras.ops.sum(sums)) == pytest.approx(total, rel=1e-5, abs=1e-6)

    is_not_there()


@pytest.mark.parametrize("name", loss_names())
def test_what_stands_in_unknown_places_changes_nothing(name, draw, labelled, gradients):
    problem = of_loss(name, "PROBLEM")
    loss = make_loss(name, labelled(problem))
    y, output, _ = draw(problem, rows=ROWS)
    masks = arrays(bool, (ROWS, TASKS))
    junk = arrays(np.float32, (ROWS, TASKS), elements=st.sampled_from(JUNK))
    strange = arrays(np.float32, output.shape, elements=st.sampled_from((-1e30, 1e4, 0.0)))

    @settings(max_examples=40, deadline=None)
    @given(known=masks, label=junk, shown=strange)
    def changes_nothing(known, label, shown):
        wide = known if output.ndim == 2 else known[..., None]
        clean = np.where(known, y, 0).astype(np.float32)
        expected = gradients(lambda f: loss(clean, f, known), np.where(wide, output, 0.0))
        found = gradients(
            lambda f: loss(np.where(known, y, label), f, known), np.where(wide, output, shown)
        )
        assert found[0] == expected[0]
        np.testing.assert_array_equal(found[1][0], expected[1][0])
        assert np.isfinite(found[1][0]).all()
        assert not found[1][0][~known].any()

    changes_nothing()


def test_round_trip(problem, loss, draw):
    y, output, known = draw(problem)
    config = json.loads(json.dumps(keras.losses.serialize(loss)))
    again = keras.losses.deserialize(config)
    assert again.get_config() == loss.get_config()
    assert float(again(y, output, known)) == float(loss(y, output, known))


def test_a_step_against_the_gradient_lowers_the_loss(problem, loss, draw, gradients):
    y, output, known = draw(problem)
    value, (slope,) = gradients(lambda f: loss(y, f, known), output)
    assert float(loss(y, output - 0.1 * slope, known)) < value


def test_names_of_a_problem_are_those_that_say_so():
    problems = {of_loss(name, "PROBLEM") for name in loss_names()}
    parts = [loss_names(problem) for problem in sorted(problems)]
    assert sorted(name for part in parts for name in part) == sorted(loss_names())
    assert all(of_loss(name, "LINK") in ("identity", "exp") for name in loss_names())
    assert loss_names("no such problem") == ()


def test_a_loss_for_another_problem_is_refused():
    with pytest.raises(InputError, match=r"expected plain or rebalanced .* received mse"):
        make_loss("mse", SimpleNamespace(problem="binary"))


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match=r"unknown loss 'poison'; did you mean poisson or plain\?"):
        make_loss("poison", SimpleNamespace(problem="regression"))
