"""Every way of sharing the layers of Basset: shared, by groups of tasks, soft-shared, own."""

import itertools

import keras
import numpy as np
import pytest

from chrominterpret.methods.deep_lift_shap import check_supported, deep_lift_shap
from chromkeras.backend.operations import compile_model
from chromkeras.cost.operations import model_cost
from chromkeras.data.known import from_flagged
from chromkeras.layers.task_layer import TaskLayer
from chromkeras.losses.task_loss import TaskLoss
from chromkeras.recipe.reading import make_recipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import GROUPED, SHARED, SOFT, resolve_plan, sharing_plan

TASKS = ("a", "b", "c")
LENGTH = 30
LAYERS = ("conv_1", "norm_1", "", "conv_2", "norm_2", "", "dense_7", "logits")
# Weights of one network's layers: 5 x 4 x 3 and 3 x 3 x 2 kernels; 4 of batch norm a channel;
# 30 - 4 = 26 positions, pooled to 13, convolved to 11, pooled to 6, so 12 features.
COUNTS = (60, 12, 0, 18, 8, 0, 13 * 5, 6)
LAST = len(COUNTS)
COMBINATIONS = [
    (depth, grouped, soft)
    for depth, grouped, soft in itertools.product(range(LAST), repeat=3)
    if (grouped == 0 or grouped > depth) and (soft == 0 or soft > max(depth, grouped))
]


def recipe(depth=0, grouped=0, soft=0, *settings, groups="a,c;b"):
    return make_recipe(
        "single",
        settings=(
            "architecture.filters=[3, 2]",
            "architecture.widths=[5, 3]",
            "architecture.pools=[2, 2]",
            "architecture.dense=[5]",
            "architecture.dropout=0",
            f"sharing.depth={depth}",
            f"sharing.grouped={grouped}",
            f"sharing.soft={soft}",
            *((f"sharing.groups={groups}",) if grouped else ()),
            *settings,
        ),
    )


def networks(mode):
    return {SHARED: 1, GROUPED: 2}.get(mode, 3)


@pytest.mark.slow
@pytest.mark.parametrize("depth", range(LAST))
def test_every_combination_has_its_layers_and_weights(depth):
    for _, grouped, soft in (c for c in COMBINATIONS if c[0] == depth):
        made = recipe(depth, grouped, soft)
        plan, model = (
            sharing_plan(made),
            build_model(resolve_plan(made, TASKS, {"dna": (LENGTH, 4)}, problem="binary")),
        )
        assert model.output_shape == (None, 3)
        by_hand = sum(networks(m) * n for m, n in zip(plan.modes, COUNTS, strict=True))
        assert model.count_params() == by_hand
        tied = {n for n, mode in zip(LAYERS, plan.modes, strict=True) if n and mode == SOFT}
        names = {layer.name for layer in model.layers}
        assert ("sharing_penalty" in names) == plan.has_soft
        if plan.has_soft:
            assert set(model.get_layer("sharing_penalty").layer_distances()) == tied
        for name, mode in zip(LAYERS, plan.modes, strict=True):
            if name:
                layer = model.get_layer(name)
                assert isinstance(layer, TaskLayer) == (mode != SHARED)
                assert getattr(layer, "tasks", 1) == networks(mode)
        check_supported(model)


def random_weights(model, *, equal):
    """Fill a model with random weights, those of all tasks equal or not."""
    rng = np.random.default_rng(0)
    for layer in model.layers:
        for weight in layer.weights:
            rows = layer.tasks if isinstance(layer, TaskLayer) else 1
            value = rng.uniform(0.1, 1, weight.shape).reshape(rows, -1)
            value = np.repeat(value[:1], rows, axis=0) if equal else value
            weight.assign(value.reshape(weight.shape))


def sequences(n=6):
    return np.eye(4, dtype=np.float32)[np.random.default_rng(1).integers(0, 4, (n, LENGTH))]


def logits(model):
    return keras.ops.convert_to_numpy(model(sequences()))


@pytest.mark.parametrize(("depth", "grouped", "soft"), COMBINATIONS[::5])
def test_equal_weights_give_equal_predictions(depth, grouped, soft):
    model = build_model(
        resolve_plan(recipe(depth, grouped, soft), TASKS, {"dna": (LENGTH, 4)}, problem="binary")
    )
    random_weights(model, equal=True)
    predicted = logits(model)
    np.testing.assert_allclose(predicted, predicted[:, :1].repeat(3, axis=1), rtol=1e-5)
    assert predicted.std(axis=0).min() > 0
    random_weights(model, equal=False)
    assert np.ptp(logits(model), axis=1).min() > 1e-3


def copy_weights(source, target):
    """Set a model's weights from those of one that holds as many or fewer networks."""
    for layer in (layer for layer in target.layers if layer.weights):
        for weight, value in zip(layer.weights, source.get_layer(layer.name).weights, strict=True):
            value = keras.ops.convert_to_numpy(value)
            weight.assign(value.reshape(weight.shape))


def trained(model, steps=4):
    compile_model(model, keras.optimizers.Adam(1e-2), TaskLoss("plain"))
    rng = np.random.default_rng(2)
    for _ in range(steps):
        flagged = rng.integers(-1, 2, (8, 3))
        model.train_on_batch(sequences(8), *from_flagged(flagged))
    return logits(model)


@pytest.mark.parametrize("depth", [2, 4, 7])
def test_one_group_is_sharing_by_all(depth):
    one = build_model(
        resolve_plan(
            recipe(0, depth, groups="a,b,c"), TASKS, {"dna": (LENGTH, 4)}, problem="binary"
        )
    )
    hard = build_model(resolve_plan(recipe(depth), TASKS, {"dna": (LENGTH, 4)}, problem="binary"))
    copy_weights(hard, one)
    np.testing.assert_allclose(trained(one), trained(hard), atol=2e-4)


@pytest.mark.backend
@pytest.mark.parametrize(("depth", "groups"), [(0, "a;b;c"), (1, "a;b"), (5, "a;b")])
def test_a_group_for_every_task_is_each_its_own(depth, groups):
    each = build_model(
        resolve_plan(
            recipe(depth, LAST - 1, groups=groups), TASKS, {"dna": (LENGTH, 4)}, problem="binary"
        )
    )
    own = build_model(resolve_plan(recipe(depth), TASKS, {"dna": (LENGTH, 4)}, problem="binary"))
    copy_weights(own, each)
    np.testing.assert_allclose(trained(each), trained(own), atol=2e-4)


@pytest.mark.backend
def test_groups_in_any_order_reach_their_tasks():
    model = build_model(
        resolve_plan(recipe(0, 6, groups="c;a,b"), TASKS, {"dna": (LENGTH, 4)}, problem="binary")
    )
    random_weights(model, equal=True)
    before = logits(model)
    kernel = model.get_layer("conv_1").kernel
    changed = keras.ops.convert_to_numpy(kernel).copy()
    changed[0] += np.random.default_rng(3).normal(size=changed[0].shape)
    kernel.assign(changed)
    moved = np.abs(logits(model) - before).max(axis=0)
    assert moved[2] > 1e-3
    np.testing.assert_array_equal(moved[:2], 0)


@pytest.mark.parametrize("grouped", [2, 6, 7])
def test_deep_lift_passes_where_groups_part(grouped):
    model = build_model(
        resolve_plan(recipe(0, grouped), TASKS, {"dna": (LENGTH, 4)}, problem="binary")
    )
    random_weights(model, equal=False)
    result = deep_lift_shap(model, sequences(2), n_references=3, seed=0)
    assert result.attributions.shape == (3, 2, LENGTH, 4)
    assert result.relative_delta.max() < 1e-4


@pytest.mark.parametrize("grouped", [1, 4, 7])
def test_a_grouped_model_survives_saving(grouped, tmp_path):
    model = build_model(
        resolve_plan(recipe(0, grouped, LAST - 1), TASKS, {"dna": (LENGTH, 4)}, problem="binary")
    )
    random_weights(model, equal=False)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras", compile=False)
    np.testing.assert_array_equal(logits(again), logits(model))


def test_a_grouped_layer_costs_its_groups():
    grouped = model_cost(
        build_model(resolve_plan(recipe(0, 6), TASKS, {"dna": (LENGTH, 4)}, problem="binary"))
    )
    first, second = 2 * 26 * 60, 2 * 11 * 18
    head = 2 * (12 * 5 + 5)
    assert grouped.forward == 2 * (first + second) + 3 * head


def test_groups_must_fit_the_tasks():
    with pytest.raises(ValueError, match=r"unknown task in sharing\.groups: 'c'"):
        build_model(resolve_plan(recipe(0, 3), ("a", "b"), {"dna": (LENGTH, 4)}, problem="binary"))
    with pytest.raises(ValueError, match="must be resolved with the data first"):
        build_model(
            resolve_plan(
                recipe(0, 3, groups="labels:2"), TASKS, {"dna": (LENGTH, 4)}, problem="binary"
            )
        )


@pytest.mark.parametrize("name", ["he_uniform", "orthogonal"])
def test_the_initializer_draws_every_kernel(name):
    made = recipe(1, 4, 0, f"architecture.initializer={name}")
    model = build_model(resolve_plan(made, TASKS, {"dna": (LENGTH, 4)}, problem="binary"))
    configs = {layer.name: layer.get_config().get("kernel_initializer") for layer in model.layers}
    drawn = {key: keras.initializers.get(config) for key, config in configs.items() if config}
    assert {type(found) for found in drawn.values()} == {type(keras.initializers.get(name))}
    assert set(drawn) == {key for key in LAYERS if key and not key.startswith("norm")}


def test_same_start_gives_every_task_one_draw():
    for flag in ("true", "false"):
        made = recipe(0, 0, 3, f"sharing.same_start={flag}")
        predicted = logits(
            build_model(resolve_plan(made, TASKS, {"dna": (LENGTH, 4)}, problem="binary"))
        )
        assert (np.ptp(predicted, axis=1).max() < 1e-6) == (flag == "true")
