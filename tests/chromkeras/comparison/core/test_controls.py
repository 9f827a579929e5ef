import random

import keras
import numpy as np
import pytest

from chromkeras.comparison.core.controls import (
    check_models,
    relation,
    tasks_of_both,
    untrained_copy,
)
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan


def test_an_untrained_copy_has_the_recipe_and_the_weights_of_its_seed(make_model, plan, x):
    model = make_model(plan)
    copies = [untrained_copy(model, seed=seed) for seed in (5, 5, 6)]
    assert copies[0].name == f"{model.name} (untrained)"
    assert (copies[0].recipe, copies[0].tasks) == (model.recipe, model.tasks)
    assert copies[0].network is copies[1].network
    one, other = (copies[i].network.predict(x, verbose=0) for i in (0, 2))
    assert np.abs(one - other).max() > 1e-4


def test_an_untrained_copy_is_what_its_seed_gives_and_leaves_the_caller_alone(make_model, x):
    model = make_model()
    random.seed(3)
    expected = random.random()
    random.seed(3)
    copy = untrained_copy(model, seed=5)
    assert random.random() == expected
    keras.utils.set_random_seed(5)
    plan = resolve_plan(model.recipe, model.tasks, {"dna": (300, 4)}, problem="binary")
    for ours, usual in zip(
        copy.network.get_weights(), build_model(plan).get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, usual)


def test_two_seeds_are_told_from_two_models(make_model):
    hard = make_model()
    assert relation(hard, make_model(seed=1)) == "two seeds"
    assert relation(hard, make_model("single")) == "models"
    assert relation(hard, make_model(tasks=("task0", "task1"), seed=1)) == "models"


def test_common_tasks_are_in_the_first_order():
    assert tasks_of_both(("a", "b", "c"), ("c", "x", "a")) == ("a", "c")
    with pytest.raises(ValueError, match="a task in common, received a, b and c, d"):
        tasks_of_both(("a", "b"), ("c", "d"))


def test_other_sequences_are_refused(make_model, x):
    with pytest.raises(ValueError, match=r"shape \(n, 300, 4\), received \(24, 200, 4\)"):
        check_models([make_model()], {"dna": x[:, :200]})
    with pytest.raises(ValueError, match=r"received \(0, 300, 4\)"):
        check_models([make_model()], {"dna": x[:0]})
