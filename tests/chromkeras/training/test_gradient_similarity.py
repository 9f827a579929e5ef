from dataclasses import replace

import keras
import numpy as np
import pytest

from chromkeras.data.batches import Batches
from chromkeras.losses.task_loss import TaskLoss
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan
from chromkeras.training.gradient_similarity import _mean_cosine, gradient_similarity
from chromkeras.training.groups import resolve_groups

TINY = ("training.batch_size=16", "training.learning_rate=0.01")


def opposed(dataset):
    """Task 1 says what task 0 says, tasks 2 and 3 the opposite."""
    first = dataset.labels[:, 0]
    labels = np.stack([first, first, 1 - first, 1 - first], axis=1).astype(np.int8)
    return replace(dataset, labels=labels, known=None)


def test_symmetric_and_repeatable(tiny_dataset, tiny_recipe):
    dataset = opposed(tiny_dataset(rows=128, tasks=4))
    found = gradient_similarity(tiny_recipe("single", *TINY), dataset, steps=4, probes=2)
    np.testing.assert_allclose(found, found.T, atol=1e-12)
    np.testing.assert_allclose(np.diag(found), 1.0)
    again = gradient_similarity(tiny_recipe("single", *TINY), dataset, steps=4, probes=2)
    np.testing.assert_array_equal(found, again)


def with_equal_heads(recipe, tasks):
    model = build_model(resolve_plan(recipe, tasks, {"dna": (300, 4)}, problem="binary"))
    for layer in model.layers:
        if hasattr(layer, "tasks") and layer.weights:
            for weight in layer.weights:
                value = keras.ops.convert_to_numpy(weight)
                weight.assign(np.repeat(value[:1], len(tasks), axis=0))
    return model


@pytest.mark.backend
@pytest.mark.parametrize(("summary", "features"), [("false", "flatten"), ("true", "features")])
def test_the_cosines_are_those_of_each_task_s_own_gradient(
    summary, features, tiny_dataset, tiny_recipe, gradients
):
    dataset = tiny_dataset(rows=64, tasks=3)
    recipe = tiny_recipe("hard", "architecture.dropout=0.0", f"architecture.summary={summary}")
    keras.utils.set_random_seed(6)
    model = build_model(resolve_plan(recipe, dataset.tasks, {"dna": (300, 4)}, problem="binary"))
    loss = TaskLoss(positive_fraction=[0.3, 0.5, 0.6])
    batches = Batches(dataset, dataset.rows("train"), batch_size=16, seed=0)
    found = _mean_cosine(model, batches, loss, probes=2)
    expected = []
    after = model.layers[model.layers.index(model.get_layer(features)) + 1 :]
    for index in range(2):
        x, y, known = batches[index]
        backbone = keras.Function(model.inputs, [model.get_layer(features).output])
        z = keras.ops.convert_to_numpy(backbone([x])[0])
        slopes = []
        for task in range(3):
            only = np.zeros_like(known)
            only[:, task] = known[:, task]

            def of_one(z, y=y, only=only):
                for layer in after:
                    z = layer(z)
                return loss(y, z, only)

            slopes.append(gradients(of_one, z)[1][0].ravel())
        unit = np.array([s / np.linalg.norm(s) for s in slopes], np.float64)
        expected.append(unit @ unit.T)
    np.testing.assert_allclose(found, np.mean(expected, axis=0), atol=1e-5)


@pytest.mark.backend
def test_signs_with_equal_heads(tiny_dataset, tiny_recipe):
    dataset = opposed(tiny_dataset(rows=64, tasks=4))
    recipe = tiny_recipe("hard", "architecture.dropout=0.0")
    model = with_equal_heads(recipe, dataset.tasks)
    batches = Batches(dataset, dataset.rows("train"), batch_size=32, seed=0)
    found = _mean_cosine(model, batches, TaskLoss("plain"), probes=1)
    assert found[0, 1] == pytest.approx(1, abs=1e-5)
    assert found[2, 3] == pytest.approx(1, abs=1e-5)
    assert found[0, 2] < 0.1


def test_a_task_without_known_labels_has_no_gradient(tiny_dataset, tiny_recipe):
    dataset = tiny_dataset(rows=64, tasks=3)
    known = dataset.known.copy()
    known[:, 1] = False
    model = build_model(
        resolve_plan(tiny_recipe("hard"), dataset.tasks, {"dna": (300, 4)}, problem="binary")
    )
    batches = Batches(replace(dataset, known=known), np.arange(32), batch_size=16, seed=0)
    found = _mean_cosine(model, batches, TaskLoss("plain"), probes=2)
    np.testing.assert_array_equal(found[1], 0)


def test_gradients_become_groups(tiny_dataset, tiny_recipe):
    dataset = tiny_dataset(rows=96, tasks=3)
    recipe = tiny_recipe("single", "sharing.grouped=9", "sharing.groups=gradients:2", *TINY)
    made = resolve_groups(recipe, dataset)
    assert made.sharing.groups.count(";") == 1
    assert sorted(made.sharing.groups.replace(";", ",").split(",")) == sorted(dataset.tasks)
    assert (
        build_model(resolve_plan(made, dataset.tasks, {"dna": (300, 4)}, problem="binary"))
        .get_layer("conv_1")
        .tasks
        == 2
    )
