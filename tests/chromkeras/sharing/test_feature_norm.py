"""Batch norm on features: shared, or stacked, as one batch norm for each task or group."""

from dataclasses import dataclass
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from chrominterpret.methods.in_silico_mutagenesis import in_silico_mutagenesis
from chromkeras.architectures import options as common
from chromkeras.recipe.reading import make_recipe
from chromkeras.registry import ARCHITECTURES
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.model_layers import layer_rows
from chromkeras.sharing.plan import resolve_plan

TASKS, FEATURES, UNITS = ("a", "b", "c"), 5, 4
PLANS = {
    "basset": (),
    "single": (),
    "soft": ("sharing.soft=2",),
    "hard": ("sharing.depth=1",),  # the tasks part between the dense layer and its norm
    "grouped": ("sharing.grouped=2", "sharing.depth=0", "sharing.groups=a,c;b"),
}


@dataclass(frozen=True)
class Options(common.Options):
    name: str = "dense_norm"


def build_dense(options, inputs, lay):
    """Lay a dense layer on a dense input."""
    return lay.outputs(lay.activation(lay.batch_norm(lay.dense(inputs["cell"], UNITS)), "relu"))


def build_on_dna(options, inputs, lay):
    """Lay a norm between a convolution's features and the outputs."""
    x = lay.activation(lay.batch_norm(lay.conv1d(inputs["dna"], 3, 5)), "relu")
    x = lay.dense(lay.max_pool(x, 4), UNITS)
    return lay.outputs(lay.activation(lay.batch_norm(x), "relu"))


@pytest.fixture(autouse=True)
def architectures():
    members = {"dense_norm": (("cell",), build_dense), "dna_norm": (("dna",), build_on_dna)}
    for name, (inputs, build) in members.items():
        member = SimpleNamespace(Options=Options, INPUTS=inputs, SIZES={}, build=build)
        ARCHITECTURES.register(name, member)
    yield
    for name in members:
        ARCHITECTURES.unregister(name)


def model_of(plan, architecture="dense_norm", shapes=None):
    """Return a model whose weights are all random, and none are negative."""
    name = "hard" if plan == "grouped" else plan
    recipe = make_recipe(name, settings=(f"architecture.name={architecture}", *PLANS[plan]))
    model = build_model(
        resolve_plan(recipe, TASKS, shapes or {"cell": (FEATURES,)}, problem="binary")
    )
    random = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(random.uniform(0.5, 1.5, weight.shape))
    return model


def values(rows, task):
    """Return the weights that a task reads of a layer, in the order of Keras."""
    shapes = rows.shapes
    return [
        keras.ops.convert_to_numpy(weight).reshape(len(rows.readers), *shapes[name])[
            rows.row_of(task)
        ]
        if rows.stacked
        else keras.ops.convert_to_numpy(weight)
        for name, weight in rows.weights.items()
    ]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("plan", PLANS)
def test_every_plan_equals_a_network_for_each_task(plan, training):
    model = model_of(plan)
    x = np.random.default_rng(1).normal(size=(16, FEATURES)).astype(np.float32)
    held = layer_rows(model)
    expected = []
    for task in TASKS:
        dense, norm = keras.layers.Dense(UNITS), keras.layers.BatchNormalization()
        output = keras.layers.Dense(1)
        inputs = keras.Input((FEATURES,))
        alone = keras.Model(inputs, output(keras.ops.relu(norm(dense(inputs)))))
        for name, layer in (("dense_1", dense), ("norm_1", norm), ("logits", output)):
            layer.set_weights(values(held[name], task))
        expected.append(keras.ops.convert_to_numpy(alone(x, training=training))[:, 0])
    received = keras.ops.convert_to_numpy(model(x, training=training))
    np.testing.assert_allclose(received, np.stack(expected, axis=1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("plan", ["single", "basset"])
def test_mutants_are_scored_as_by_plain_predictions(plan):
    model = model_of(plan, "dna_norm", {"dna": (24, 4)})
    x = np.eye(4, dtype=np.float32)[np.random.default_rng(0).integers(0, 4, (1, 24))]
    found = in_silico_mutagenesis(model, x).multipliers[:, 0]
    places = np.arange(24 * 4)
    mutants = np.repeat(x, len(places), axis=0)
    mutants[places, places // 4] = np.eye(4)[places % 4]
    outputs, usual = (model.predict(some, verbose=0) for some in (mutants, x))
    expected = (outputs - usual).T.reshape(len(TASKS), 24, 4)
    assert np.ptp(expected) > 0.01
    np.testing.assert_allclose(found, expected, atol=1e-4)
