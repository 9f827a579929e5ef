import math

import pytest

from chromkeras.comparison.costs.model_costs import model_costs, training_time
from chromkeras.cost.operations import model_cost
from chromkeras.model_file.beside import history_path
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

HISTORY = """epoch,seconds,loss,val_auroc
1,20,1.0,0.7
2,10,0.9,0.9
3,14,0.8,
4,12,0.7,0.8
"""


def test_times_by_hand(tmp_path):
    file = tmp_path / "model.history.csv"
    file.write_text(HISTORY)
    time = training_time(file)
    assert (time.epochs, time.best_epoch, time.epoch, time.to_best) == (4, 2, 13, 30)


def test_no_history_is_not_a_number(tmp_path):
    time = training_time(tmp_path / "none.csv")
    assert all(math.isnan(value) for value in vars(time).values())


def test_without_validation_there_is_no_best_epoch(tmp_path):
    file = tmp_path / "model.history.csv"
    file.write_text("epoch,seconds\n1,5\n")
    time = training_time(file)
    assert time.epoch == 5
    assert math.isnan(time.best_epoch)


def test_another_table_is_refused(tmp_path):
    file = tmp_path / "model.history.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="expected columns epoch and seconds"):
        training_time(file)


def test_costs_are_those_of_the_model(tiny_recipe, tmp_path):
    recipe = tiny_recipe("hard")
    model = build_model(resolve_plan(recipe, ["a", "b"], {"dna": (300, 4)}, problem="binary"))
    path = tmp_path / "hard.keras"
    history_path(path).write_text(HISTORY)
    found, cost = model_costs(model, recipe, path), model_cost(model)
    assert (found.parameters, found.forward, found.training) == (
        cost.parameters, cost.forward, cost.training,
    )  # fmt: skip
    assert found.memory > 4 * 3 * sum(v.numpy().size for v in model.trainable_variables)
    assert found.time.to_best == 30
