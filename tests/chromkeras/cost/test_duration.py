import math
from dataclasses import astuple

import pytest

from chromkeras.cost.dry_run import untrained_model
from chromkeras.cost.duration import Work, epoch_seconds, prediction_work, training_work
from chromkeras.cost.machine import Speed
from chromkeras.cost.operations import model_cost
from chromkeras.recipe.reading import make_recipe

pytestmark = pytest.mark.backend
SPEED = Speed(flops=1e11, bandwidth=1e10)


def test_all_operations_are_some_layer_s():
    model = untrained_model(
        make_recipe("hard", size="small"), ["a", "b"], {"dna": (300, 4)}, problem="binary"
    )
    cost, step, row = model_cost(model), training_work(model, 8), prediction_work(model)
    assert step.convolutions + step.dense == 8 * cost.training
    assert row.convolutions + row.dense == 2 * cost.forward
    assert step.weights == 4 * sum(math.prod(v.shape) for v in model.trainable_variables)


def test_terms_are_work_over_speed():
    assert Work(2e11, 3e11, 4e10, 5e10).terms(SPEED) == (2.0, 3.0, 4.0, 5.0)
    twice = Speed(flops=2e11, bandwidth=2e10)
    work = Work(*[1e10] * len(astuple(Work(0, 0, 0, 0))))
    assert work.seconds(twice) == pytest.approx(work.seconds(SPEED) / 2)


def test_an_epoch_goes_with_its_rows():
    recipe = make_recipe("single", size="small")
    model = untrained_model(recipe, ["a"], {"dna": (300, 4)}, problem="binary")
    once = epoch_seconds(model, recipe.training, rows=100, validated=10, speed=SPEED)
    more = epoch_seconds(model, recipe.training, rows=300, validated=20, speed=SPEED)
    assert more == pytest.approx((3 * once[0], 2 * once[1]))
    step = training_work(model, recipe.training.batch_size).seconds(SPEED)
    assert once[0] == pytest.approx(100 / recipe.training.batch_size * step)
    assert once[1] == pytest.approx(10 * prediction_work(model).seconds(SPEED))


def test_the_penalty_s_two_products_count_once_a_step():
    soft, single = (
        training_work(
            untrained_model(
                make_recipe(plan), ["a", "b", "c"], {"dna": (600, 4)}, problem="binary"
            ),
            8,
        )
        for plan in ("soft", "single")
    )
    backbone = 962_800 + 1_400
    assert soft.dense - single.dense == 2 * 2 * 3 * 3 * backbone
    assert soft.convolutions == single.convolutions
