import pytest

from chromkeras.comparison.core.figures import growth_curves
from chromkeras.cost import growth
from chromkeras.cost.dry_run import untrained_model
from chromkeras.cost.duration import training_work
from chromkeras.cost.growth import measure_growth, step_seconds, with_tasks
from chromkeras.cost.machine import Speed
from chromkeras.cost.operations import model_cost
from chromkeras.sharing.task_groups import task_groups

TASKS = ["a", "b", "c", "d"]
INPUTS = {"dna": (200, 4)}
SPEED = Speed(flops=1e11, bandwidth=1e10)


def test_counts_are_exact_and_beyond_the_measured_it_is_an_estimate(tiny_recipe, monkeypatch):
    monkeypatch.setattr(growth, "measure_speed", lambda: SPEED)
    monkeypatch.setattr(
        growth, "step_seconds", lambda recipes, *rest, **_: dict.fromkeys(recipes, 0.5)
    )
    recipe, heard = tiny_recipe("hard", "training.batch_size=4"), []
    found = measure_growth(
        {"hard": recipe}, INPUTS, measured=(2,), estimated=(7,), budget=0.01,
        progress=lambda done, total: heard.append((done, total)),
    )  # fmt: skip
    assert [(one.tasks, one.measured) for one in found] == [(2, True), (7, False)]
    for one in found:
        cost = model_cost(untrained_model(recipe, [str(i) for i in range(one.tasks)], INPUTS))
        assert (one.parameters, one.training) == (cost.parameters, cost.training)
    work = [
        training_work(untrained_model(recipe, [str(i) for i in range(tasks)], INPUTS), 4)
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

    def a_step(recipe, count, inputs):
        def step():
            calls.append(recipe)
            late = recipe == "quick" and calls.count(recipe) == 3
            clock[0] += 4.0 if recipe == "slow" else 2.0 + late

        return step

    monkeypatch.setattr(growth, "_step", a_step)
    monkeypatch.setattr(growth.time, "perf_counter", lambda: clock[0])
    names = {name: name for name in ("slow", "quick")}
    assert step_seconds(names, 2, INPUTS, budget=1e9) == {"slow": 4.0, "quick": 2.0}
    assert len(calls) == 2 * (2 + growth._MOST)
    calls.clear()
    step_seconds(names, 2, INPUTS, budget=0.0)
    assert len(calls) == 2 * (2 + growth._LEAST)


def test_a_step_that_would_take_too_long_is_estimated(tiny_recipe, monkeypatch):
    monkeypatch.setattr(growth, "LONGEST_STEP", 0.0)
    found = measure_growth({"hard": tiny_recipe("hard")}, INPUTS, measured=(1,), estimated=())
    assert [one.measured for one in found] == [False]


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
        measure_growth({"hard": tiny_recipe("hard")}, INPUTS)
