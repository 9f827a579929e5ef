import numpy as np
import pytest

from chromkeras.comparison.core.figures import growth_curves
from chromkeras.cost import growth
from chromkeras.cost.dry_run import untrained_model
from chromkeras.cost.duration import training_work
from chromkeras.cost.growth import measure_growth, step_seconds, with_tasks
from chromkeras.cost.machine import Speed
from chromkeras.cost.operations import model_cost
from chromkeras.losses.registry import loss_names, of_loss
from chromkeras.problems.registry import find_problem
from chromkeras.registry import PROBLEMS
from chromkeras.sharing.task_groups import task_groups

TASKS = ["a", "b", "c", "d"]
INPUTS = {"dna": (200, 4)}
SPEED = Speed(flops=1e11, bandwidth=1e10)


def names_of_classes(problem):
    """Return the classes of labels 0, 1 and 2; none where a problem has no classes."""
    labels = np.arange(3)[:, None]
    return find_problem(problem).class_names(labels, np.ones(labels.shape, bool))


def test_counts_are_exact_and_beyond_the_measured_it_is_an_estimate(tiny_recipe, monkeypatch):
    monkeypatch.setattr(growth, "measure_speed", lambda: SPEED)
    monkeypatch.setattr(
        growth, "step_seconds", lambda recipes, *rest, **_: dict.fromkeys(recipes, 0.5)
    )
    recipe, heard = tiny_recipe("hard", "training.batch_size=4"), []
    found = measure_growth(
        {"hard": recipe}, INPUTS, problem="binary", measured=(2,), estimated=(7,), budget=0.01,
        progress=lambda done, total: heard.append((done, total)),
    )  # fmt: skip
    assert [(one.tasks, one.measured) for one in found] == [(2, True), (7, False)]
    for one in found:
        cost = model_cost(
            untrained_model(recipe, [str(i) for i in range(one.tasks)], INPUTS, problem="binary")
        )
        assert (one.parameters, one.training) == (cost.parameters, cost.training)
    work = [
        training_work(
            untrained_model(recipe, [str(i) for i in range(tasks)], INPUTS, problem="binary"), 4
        )
        for tasks in (2, 7)
    ]
    assert found[0].step == 0.5
    assert found[1].step == pytest.approx(0.5 * work[1].seconds(SPEED) / work[0].seconds(SPEED))
    assert heard == [(1, 2), (2, 2)]
    figure = growth_curves(found)
    assert [panel.get_xscale() for panel in figure.axes] == ["log"] * 3
    assert [panel.get_yscale() for panel in figure.axes] == ["log"] * 3
    hollow = figure.axes[0].lines[-1]
    assert list(hollow.get_xdata()) == [7]


def test_the_least_of_a_step_s_times_counts(tiny_recipe, monkeypatch):
    """By a clock that is faked: each step of "slow" takes 4 s, and "quick" once 3 s, else 2 s."""
    clock, calls = [0.0], []

    def a_step(recipe, count, inputs, *rest):
        def step():
            calls.append(recipe)
            late = recipe == "quick" and calls.count(recipe) == 3
            clock[0] += 4.0 if recipe == "slow" else 2.0 + late

        return step

    monkeypatch.setattr(growth, "_step", a_step)
    monkeypatch.setattr(growth.time, "perf_counter", lambda: clock[0])
    names = {name: name for name in ("slow", "quick")}
    assert step_seconds(names, 2, INPUTS, problem="binary", budget=1e9) == {
        "slow": 4.0,
        "quick": 2.0,
    }
    assert len(calls) == 2 * (2 + growth._MOST)
    calls.clear()
    step_seconds(names, 2, INPUTS, problem="binary", budget=0.0)
    assert len(calls) == 2 * (2 + growth._LEAST)


def test_a_step_that_would_take_too_long_is_estimated(tiny_recipe, monkeypatch):
    monkeypatch.setattr(growth, "LONGEST_STEP", 0.0)
    found = measure_growth(
        {"hard": tiny_recipe("hard")}, INPUTS, problem="binary", measured=(1,), estimated=()
    )
    assert [one.measured for one in found] == [False]


@pytest.mark.parametrize("loss", loss_names())
def test_a_step_has_the_loss_and_the_outputs_of_every_problem(loss, tiny_recipe, monkeypatch):
    problem, compiled, compile_model = of_loss(loss, "PROBLEM"), [], growth.compile_model

    def keep(model, optimizer, compiled_loss):
        compiled.append((model.output_shape[1:], compiled_loss.name))
        compile_model(model, optimizer, compiled_loss)

    monkeypatch.setattr(growth, "compile_model", keep)
    recipe = tiny_recipe("hard", "training.batch_size=4", f"training.loss={loss}")
    kind = {"problem": problem, "classes": names_of_classes(problem)}
    assert min(step_seconds({"hard": recipe}, 2, INPUTS, **kind, budget=0.0).values()) > 0
    units = find_problem(problem).units(kind["classes"])
    assert compiled == [((2,) if units == 1 else (2, units), loss)]


@pytest.mark.parametrize("problem", PROBLEMS.names())
def test_costs_are_those_of_the_problem(problem, tiny_recipe, monkeypatch):
    monkeypatch.setattr(growth, "step_seconds", lambda recipes, *a, **k: dict.fromkeys(recipes, 1))
    recipe, kind = tiny_recipe("hard"), {"problem": problem, "classes": names_of_classes(problem)}
    (found,) = measure_growth({"hard": recipe}, INPUTS, **kind, measured=(2,), estimated=())
    cost = model_cost(untrained_model(recipe, ["a", "b"], INPUTS, **kind))
    assert (found.parameters, found.training) == (cost.parameters, cost.training)


def test_a_loss_of_another_problem_is_refused(tiny_recipe):
    recipe = tiny_recipe("hard", "training.loss=mse")
    with pytest.raises(ValueError, match=r"training.loss: expected .* for a data set with the"):
        step_seconds({"hard": recipe}, 1, INPUTS, problem="binary", budget=0.0)


def test_recipes_forget_what_belongs_to_their_own_tasks(tiny_recipe):
    recipe = tiny_recipe(
        "hard", "sharing.depth=3", "sharing.grouped=6", "sharing.groups='x,y;z'",
        "transfer.init='m.keras'", "balance.technique='warm_start'", "balance.warm_task='x'",
    )  # fmt: skip
    found = with_tasks(recipe, TASKS)
    assert task_groups(found.sharing.groups, TASKS) == (0, 1, 0, 1)
    assert (found.transfer.init, found.balance.warm_task) == ("", "")
    assert task_groups(with_tasks(recipe, ["a"]).sharing.groups, ["a"]) == (0,)


def test_asked_clusters_keep_their_number(tiny_recipe):
    recipe = tiny_recipe(
        "hard", "sharing.depth=3", "sharing.grouped=6", "sharing.groups='labels:3'"
    )
    assert len(set(task_groups(with_tasks(recipe, TASKS).sharing.groups, TASKS))) == 3


def test_an_unknown_backend_is_refused(tiny_recipe, monkeypatch):
    monkeypatch.setattr(growth, "COEFFICIENTS", {"abacus": ()})
    with pytest.raises(ValueError, match="expected backend abacus, received"):
        measure_growth({"hard": tiny_recipe("hard")}, INPUTS, problem="binary")
