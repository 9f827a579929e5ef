"""The mean of each block's activations beside the pooled ones."""

import keras
import numpy as np
import pytest

from chromkeras.sharing.builder import build_model
from chromkeras.sharing.freezing import frozen_layers
from chromkeras.sharing.plan import resolve_plan, sharing_plan
from chromkeras.sharing.transfer import transfer_weights

TASKS = ("task0", "task1", "task2")
SUMMARY = ("architecture.summary=true", "architecture.dropout=0.0")
PLANS = [
    ("hard",),
    ("single",),
    ("soft",),
    ("basset",),
    *(("hard", f"sharing.depth={d}") for d in (1, 3, 6, 8)),
    ("hard", "sharing.depth=3", "sharing.soft=7"),
    ("hard", "sharing.depth=2", "sharing.grouped=6", "sharing.groups=task1"),
    ("hard", "sharing.depth=0", "sharing.grouped=9", "sharing.groups=task1"),
    ("hard", "balance.conflict=pcgrad"),
    ("hard", "sharing.depth=4", "balance.conflict=mgda"),
]


def model_of(tiny_recipe, plan):
    keras.utils.set_random_seed(1)
    recipe = tiny_recipe(*plan, *SUMMARY)
    return build_model(resolve_plan(recipe, TASKS, {"dna": (300, 4)}, problem="binary")), recipe


def one_hot(rows=5):
    return np.eye(4, dtype=np.float32)[np.random.default_rng(0).integers(0, 4, (rows, 300))]


@pytest.mark.parametrize("plan", PLANS, ids="-".join)
def test_every_plan_equals_the_hard_model_it_starts_from(plan, tiny_recipe):
    source, _ = model_of(tiny_recipe, ("hard",))
    target, _ = model_of(tiny_recipe, plan)
    one = "task0" if plan[0] == "basset" else ""
    transfer_weights(source, TASKS, target, TASKS, task=one)
    expected = source.predict(one_hot(), verbose=0)
    expected = expected[:, [0, 0, 0]] if one else expected
    np.testing.assert_allclose(target.predict(one_hot(), verbose=0), expected, atol=1e-5)


def test_the_dense_layers_read_the_mean_over_positions(tiny_recipe):
    model, recipe = model_of(tiny_recipe, ("hard",))
    names = ("activation_1", "activation_2", "activation_3", "features")
    inner = keras.Model(model.inputs, [model.get_layer(name).output for name in names])
    *blocks, features = inner.predict(one_hot(), verbose=0)
    means = np.concatenate([block.mean(axis=1) for block in blocks], axis=1)
    scale = np.sqrt(1 + model.get_layer("summary_1").epsilon)
    assert means.shape[1] == sum(recipe.architecture.filters)
    np.testing.assert_allclose(features[:, -means.shape[1] :], means / scale, rtol=1e-4, atol=1e-5)


def test_a_summary_is_frozen_with_its_pool_and_shared_as_its_block(tiny_recipe):
    recipe = tiny_recipe("hard", *SUMMARY, "transfer.freeze=3", "sharing.depth=3")
    assert frozen_layers(recipe) == ("conv_1", "norm_1", "summary_1")
    model = build_model(resolve_plan(recipe, TASKS, {"dna": (300, 4)}, problem="binary"))
    assert sharing_plan(recipe)[4] == "own"
    assert model.get_layer("summary_1").gamma.shape == (6,)
    assert model.get_layer("summary_2").gamma.shape == (3 * 5,)
