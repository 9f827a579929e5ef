"""Every registered layer, found by itself: round trip, shape, and a plain reference."""

import importlib
import inspect
import pkgutil

import keras
import numpy as np
import pytest

import chromkeras.layers
from chromkeras.layers.dynamic_weights import DynamicWeights
from chromkeras.layers.fan_out import FanOut
from chromkeras.layers.gapped_kmer_scores import GappedKmerScores
from chromkeras.layers.grad_norm import GradNorm
from chromkeras.layers.kmer_counts import KmerCounts, LogCounts
from chromkeras.layers.other_strand import OtherStrand
from chromkeras.layers.run_card import RunCard
from chromkeras.layers.sharing_penalty import SharingPenalty
from chromkeras.layers.take_rows import TakeRows
from chromkeras.layers.task_axis import (
    JoinLogits,
    RepeatTasks,
    SplitTasks,
    SpreadChannels,
    SpreadFeatures,
)
from chromkeras.layers.task_batch_normalization import TaskBatchNormalization
from chromkeras.layers.task_conv1d import TaskConv1D
from chromkeras.layers.task_dense import TaskDense
from chromkeras.layers.task_layer import PerTask, TaskLayer
from chromkeras.layers.task_weights import TaskWeights
from chromkeras.layers.uncertainty_weights import UncertaintyWeights
from chromkeras.recipe.reading import recipe_choices

pytestmark = pytest.mark.backend

EXAMPLES = {
    TaskConv1D: [
        ({"tasks": 3, "filters": 2, "kernel_size": 4}, (9, 5)),
        ({"tasks": 3, "filters": 2, "kernel_size": 4, "stacked": True, "padding": "same"}, (9, 6)),
        ({"tasks": 2, "filters": 3, "kernel_size": 1, "use_bias": True, "soft": True}, (5, 4)),
    ],
    TaskDense: [
        ({"tasks": 3, "units": 2}, (5,)),
        ({"tasks": 2, "units": 4, "use_bias": False, "soft": True}, (3,)),
        ({"tasks": 2, "units": 4, "same_start": True, "kernel_initializer": "he_normal"}, (3,)),
    ],
    TaskBatchNormalization: [
        ({"tasks": 3, "soft": True, "momentum": 0.7}, (9, 6)),
        ({"tasks": 3, "leading": True}, (3, None, 5)),
    ],
    RepeatTasks: [({"tasks": 3}, (9, 5))],
    SpreadChannels: [({"groups": [1, 0, 1]}, (9, 6)), ({"groups": [0, 0]}, (9, 5))],
    SpreadFeatures: [({"groups": [1, 0, 1]}, (2, None, 5))],
    SplitTasks: [({"tasks": 3}, (9, 6))],
    JoinLogits: [({"tasks": 3}, (3, None, 1))],
    SharingPenalty: [({"strength": 0.5, "p": 1.0}, (4,))],
    FanOut: [
        ({"tasks": 3, "method": "pcgrad", "seed": 4}, (5,)),
        ({"tasks": 3, "method": "cagrad", "options": {"c": 0.4}}, (9, 5)),
    ],
    TaskWeights: [({"tasks": 3}, (3,))],
    UncertaintyWeights: [({"tasks": 3}, (3,))],
    DynamicWeights: [({"tasks": 3}, (3,))],
    GradNorm: [
        ({"tasks": 3, "alpha": 0.5}, (3, None, 5)),
        ({"tasks": 3, "on_channels": True}, (9, 6)),
    ],
    KmerCounts: [({"k": 2}, (9, 16)), ({"k": 1}, (5, 4))],
    LogCounts: [({}, (5,))],
    GappedKmerScores: [({"tasks": 3, "length": 4, "informative": 2}, (9, 4))],
    OtherStrand: [({"complement": True}, (9, 4)), ({"complement": False}, (9, 2))],
    TakeRows: [({}, [(5,), ()]), ({"axis": 1}, [(3, None, 5), ()])],
    RunCard: [({"tasks": ["a", "b"], "recipe": {"plan": "hard"}, "scores": {"x": [1]}}, (2,))],
}


def registered():
    found = set()
    for module in pkgutil.iter_modules(chromkeras.layers.__path__):
        members = vars(importlib.import_module(f"chromkeras.layers.{module.name}")).values()
        found |= {
            m
            for m in members
            if inspect.isclass(m)
            and issubclass(m, keras.layers.Layer)
            and m.__module__.startswith("chromkeras")
            and not m.__name__.startswith("_")
        }
    return found


def test_every_layer_has_an_example():
    assert registered() == set(EXAMPLES)


def cases():
    return [(layer, config, shape) for layer, runs in EXAMPLES.items() for config, shape in runs]


def example_input(shape):
    """Return a Keras input and seven rows for it; without further axes they are row numbers."""
    batch_shape = shape if None in shape else (None, *shape)
    if not shape:
        numbers = np.arange(7, dtype=np.int32)[::-1]
        return keras.Input(batch_shape=batch_shape, dtype="int32"), numbers
    x = np.random.default_rng(0).normal(size=[n or 7 for n in batch_shape]).astype(np.float32)
    return keras.Input(batch_shape=batch_shape), x


@pytest.mark.parametrize(("layer", "config", "shape"), cases())
def test_round_trip(layer, config, shape, tmp_path):
    inputs, x = zip(*map(example_input, shape if isinstance(shape, list) else [shape]), strict=True)
    inputs, x = (inputs, x) if isinstance(shape, list) else (inputs[0], x[0])
    outputs = layer(**config)(inputs)
    model = keras.Model(inputs, outputs)
    for weight in model.weights:
        weight.assign(np.random.default_rng(1).uniform(0.5, 1, weight.shape))
    expected = keras.ops.convert_to_numpy(model(x))
    assert expected.shape == tuple(7 if n is None else n for n in outputs.shape)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(again(x)), expected)
    arguments = set(inspect.signature(layer.__init__).parameters) - {"self", "kwargs"}
    assert arguments <= set(again.layers[-1].get_config())


@pytest.mark.parametrize("stacked", [False, True])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_task_conv1d_is_one_conv1d_per_task(stacked, padding):
    layer = TaskConv1D(3, 2, 4, stacked=stacked, padding=padding, use_bias=True)
    x = np.random.default_rng(0).normal(size=(2, 9, 15)).astype(np.float32)
    out = keras.ops.convert_to_numpy(layer(x))
    layer.bias.assign(np.arange(6).reshape(3, 2))
    out = keras.ops.convert_to_numpy(layer(x))
    for task in range(3):
        plain = keras.layers.Conv1D(2, 4, padding=padding)
        own = x[..., task * 5 : task * 5 + 5] if stacked else x
        plain.build(own.shape)
        plain.set_weights([w[task] for w in layer.get_weights()])
        expected = keras.ops.convert_to_numpy(plain(own))
        np.testing.assert_allclose(out[..., 2 * task : 2 * task + 2], expected, atol=1e-5)


@pytest.mark.parametrize("stacked", [False, True])
def test_task_dense_is_one_dense_per_task(stacked):
    layer = TaskDense(3, 2)
    x = np.random.default_rng(0).normal(size=(3, 4, 5) if stacked else (4, 5)).astype(np.float32)
    layer(x)
    layer.bias.assign(np.arange(6).reshape(3, 2))
    out = keras.ops.convert_to_numpy(layer(x))
    kernel, bias = layer.get_weights()
    for task in range(3):
        own = x[task] if stacked else x
        np.testing.assert_allclose(out[task], own @ kernel[task] + bias[task], atol=1e-5)


def test_split_tasks_keeps_each_task_apart():
    x = np.arange(2 * 3 * 4).reshape(2, 3, 4).astype(np.float32)
    out = keras.ops.convert_to_numpy(SplitTasks(2)(x))
    np.testing.assert_array_equal(out[1], x[..., 2:].reshape(2, 6))


def test_per_task_draws_differ_and_keep_one_network_s_scale():
    draw = PerTask("glorot_uniform", seed=3)((5, 19, 4, 300))
    draw = keras.ops.convert_to_numpy(draw)
    limit = np.sqrt(6 / (19 * 4 + 19 * 300))
    assert limit * 0.99 < np.abs(draw).max() <= limit
    assert np.unique(draw.reshape(5, -1), axis=0).shape[0] == 5


@pytest.mark.parametrize("name", recipe_choices("architecture.initializer"))
def test_per_task_same_start_repeats_one_draw(name):
    draw = keras.ops.convert_to_numpy(PerTask(name, seed=3, same=True)((4, 5, 4, 6)))
    first = keras.ops.convert_to_numpy(PerTask(name, seed=3)((4, 5, 4, 6)))
    for task in range(4):
        np.testing.assert_array_equal(draw[task], first[0])
    assert np.unique(first.reshape(4, -1), axis=0).shape[0] == 4
    again = PerTask.from_config(PerTask(name, seed=3, same=True).get_config())
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(again((4, 5, 4, 6))), draw)


def test_task_layers_start_the_same_when_asked():
    for layer in (TaskConv1D(3, 2, 4, same_start=True), TaskDense(3, 2, same_start=True)):
        layer(np.zeros((1, 9, 6) if isinstance(layer, TaskConv1D) else (1, 6), np.float32))
        kernel = layer.get_weights()[0]
        assert (kernel == kernel[:1]).all()
        assert kernel.std() > 0


def test_spread_gives_each_task_what_its_group_has():
    x = np.arange(2 * 3 * 4).reshape(2, 3, 4).astype(np.float32)
    channels = keras.ops.convert_to_numpy(SpreadChannels((1, 0, 1))(x))
    np.testing.assert_array_equal(channels, x[..., [2, 3, 0, 1, 2, 3]])
    features = keras.ops.convert_to_numpy(SpreadFeatures((1, 0, 1))(x))
    np.testing.assert_array_equal(features, x[[1, 0, 1]])
    alone = keras.ops.convert_to_numpy(SpreadChannels((0, 0, 0))(x))
    np.testing.assert_array_equal(alone, keras.ops.convert_to_numpy(RepeatTasks(3)(x)))
    with pytest.raises(ValueError, match="groups 0 to G - 1, each with a task"):
        SpreadChannels((0, 2))


def test_gradients_of_a_group_s_tasks_add_up(gradients):
    x = np.ones((2, 3, 4), np.float32)
    weight = np.arange(3 * 3 * 4).reshape(3, 3, 4).astype(np.float32)
    layer = SpreadFeatures((1, 0, 1))
    _, (slope,) = gradients(lambda x: keras.ops.sum(layer(x) * weight), x)
    np.testing.assert_allclose(slope, [weight[1], weight[0] + weight[2]])


def test_stacked_channels_must_divide():
    with pytest.raises(ValueError, match="3 equal groups, received 5"):
        TaskConv1D(3, 2, 4, stacked=True)(np.zeros((1, 9, 5), np.float32))


def test_task_layers_have_one_row_a_task():
    for layer in (TaskConv1D(3, 2, 4), TaskBatchNormalization(3)):
        assert isinstance(layer, TaskLayer)
        layer(np.zeros((1, 9, 6), np.float32))
        assert {w.shape[0] for w in layer.stacked_weights()} == {3}
