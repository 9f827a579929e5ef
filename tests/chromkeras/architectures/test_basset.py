import keras
import numpy as np
import pytest

from chromkeras.architectures.basset import MOMENTUM, build
from chromkeras.backend.operations import compile_model
from chromkeras.losses.task_losses import TaskCrossentropy
from chromkeras.recipe.reading import make_recipe

TASKS = ("a", "b", "c")
RHO = [0.3, 0.5, 0.6]


def test_the_poster_s_table():
    model = build(make_recipe("basset"), TASKS, 600)
    shapes = {layer.name: layer.output.shape[1:] for layer in model.layers}
    table = {
        "conv_1": (582, 300), "pool_1": (146, 300), "conv_2": (136, 200), "pool_2": (34, 200),
        "conv_3": (28, 200), "pool_3": (7, 200), "dense_10": (1000,), "dense_11": (1000,),
    }  # fmt: skip
    assert {name: shapes[name] for name in table} == table
    published = build(make_recipe("basset", size="published"), TASKS, 600)
    assert published.get_layer("flatten").output.shape == (None, 2000)


def test_tied_weights_of_one_task():
    model = build(make_recipe("soft"), ("a", "b"), 600)
    tied = sum(w.shape[1] for layer in model.get_layer("sharing_penalty")._tied.layers
               for w in layer.stacked_weights())  # fmt: skip
    assert tied == 19 * 4 * 300 + 11 * 300 * 200 + 7 * 200 * 200 + 2 * (300 + 200 + 200)


@pytest.mark.parametrize("depth", range(12))
def test_any_depth_of_sharing(depth, tiny_recipe):
    for soft in (0, 11):
        recipe = tiny_recipe("hard", f"sharing.depth={depth}", f"sharing.soft={soft}")
        model = build(recipe, TASKS, 300)
        assert model.output_shape == (None, 3)
        per_task = sum(w.shape[0] == 3 or w.shape[0] % 3 == 0 for w in model.trainable_weights)
        assert per_task >= 2


def test_bad_columns_are_refused(tiny_recipe):
    with pytest.raises(ValueError, match="too short for this column"):
        build(tiny_recipe(), TASKS, 100)
    with pytest.raises(ValueError, match=r"sharing.depth: expected 0 to 11 .* received 12"):
        build(tiny_recipe("hard", "sharing.depth=12"), TASKS, 300)


def plain_network(column):
    """One task's network from Keras's own layers only."""
    x = dna = keras.Input((300, 4))
    for filters, width, pool in zip(column.filters, column.widths, column.pools, strict=True):
        x = keras.layers.Conv1D(filters, width, use_bias=False)(x)
        x = keras.layers.BatchNormalization(momentum=MOMENTUM)(x)
        x = keras.layers.ReLU()(x)
        x = keras.layers.MaxPooling1D(pool, padding="same")(x)
    x = keras.layers.Flatten()(x)
    for units in column.dense:
        x = keras.layers.Dense(units, activation="relu")(x)
    return keras.Model(dna, keras.layers.Dense(1)(x))


def slices(model, task):
    """One task's weights, in the order and shapes of a network of its own."""
    rows = [w.reshape(len(TASKS), -1)[task] for w in model.get_weights()]
    return rows


def fit(model, rho, x, y):
    compile_model(model, keras.optimizers.Adam(1e-3), TaskCrossentropy(rho))
    for start in range(0, len(x), 8):
        model.train_on_batch(x[start : start + 8], y[start : start + 8])


def batches(steps=20):
    rng = np.random.default_rng(0)
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (8 * steps, 300))]
    return x, rng.integers(-1, 2, (8 * steps, len(TASKS))).astype(np.float32)


@pytest.mark.parametrize(("kind", "strength"), [("single", 0.0), ("soft", 0.0)])
def test_stacked_networks_are_separate_trainings(kind, strength, tiny_recipe):
    recipe = tiny_recipe(kind, "architecture.dropout=0", f"sharing.strength={strength}")
    keras.utils.set_random_seed(1)
    model = build(recipe, TASKS, 300)
    alone = [plain_network(recipe.architecture) for _ in TASKS]
    for task, net in enumerate(alone):
        rows = slices(model, task)
        net.set_weights([r.reshape(w.shape) for r, w in zip(rows, net.weights, strict=True)])
    x, y = batches()
    fit(model, RHO, x, y)
    for task, net in enumerate(alone):
        fit(net, RHO[task : task + 1], x, y[:, task : task + 1])
        for ours, theirs in zip(slices(model, task), net.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs.ravel(), atol=1e-5)
