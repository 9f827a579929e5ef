import keras
import numpy as np
import pytest

from chromkeras.backend.operations import compile_model
from chromkeras.losses.task_loss import TaskLoss
from chromkeras.recipe.reading import make_recipe
from chromkeras.sharing.builder import MOMENTUM, build_model
from chromkeras.sharing.plan import resolve_plan

TASKS = ("a", "b", "c")
RHO = [0.3, 0.5, 0.6]


def test_the_poster_s_table():
    model = build_model(
        resolve_plan(make_recipe("basset"), TASKS, {"dna": (600, 4)}, problem="binary")
    )
    shapes = {layer.name: layer.output.shape[1:] for layer in model.layers}
    table = {
        "conv_1": (582, 300), "pool_1": (146, 300), "conv_2": (136, 200), "pool_2": (34, 200),
        "conv_3": (28, 200), "pool_3": (7, 200), "dense_10": (1000,), "dense_11": (1000,),
    }  # fmt: skip
    assert {name: shapes[name] for name in table} == table
    published = build_model(
        resolve_plan(
            make_recipe("basset", size="published"), TASKS, {"dna": (600, 4)}, problem="binary"
        )
    )
    assert published.get_layer("flatten").output.shape == (None, 2000)


def test_tied_weights_of_one_task():
    model = build_model(
        resolve_plan(make_recipe("soft"), ("a", "b"), {"dna": (600, 4)}, problem="binary")
    )
    tied = sum(w.shape[1] for layer in model.get_layer("sharing_penalty")._tied.layers
               for w in layer.stacked_weights())  # fmt: skip
    assert tied == 19 * 4 * 300 + 11 * 300 * 200 + 7 * 200 * 200 + 2 * (300 + 200 + 200)


def test_bad_sizes_are_refused(tiny_recipe):
    with pytest.raises(ValueError, match="too short for this architecture"):
        build_model(resolve_plan(tiny_recipe(), TASKS, {"dna": (100, 4)}, problem="binary"))
    with pytest.raises(ValueError, match=r"sharing.depth: expected 0 to 11 .* received 12"):
        build_model(
            resolve_plan(
                tiny_recipe("hard", "sharing.depth=12"), TASKS, {"dna": (300, 4)}, problem="binary"
            )
        )


def plain_network(architecture):
    """One task's network from Keras's own layers only."""
    x = dna = keras.Input((300, 4))
    for filters, width, pool in zip(
        architecture.filters, architecture.widths, architecture.pools, strict=True
    ):
        x = keras.layers.Conv1D(filters, width, use_bias=False)(x)
        x = keras.layers.BatchNormalization(momentum=MOMENTUM)(x)
        x = keras.layers.ReLU()(x)
        x = keras.layers.MaxPooling1D(pool, padding="same")(x)
    x = keras.layers.Flatten()(x)
    for units in architecture.dense:
        x = keras.layers.Dense(units, activation="relu")(x)
    return keras.Model(dna, keras.layers.Dense(1)(x))


def slices(model, task):
    """One task's weights, in the order and shapes of a network of its own."""
    rows = [w.reshape(len(TASKS), -1)[task] for w in model.get_weights()]
    return rows


def fit(model, rho, *data):
    compile_model(model, keras.optimizers.Adam(1e-3), TaskLoss(positive_fraction=rho))
    for start in range(0, len(data[0]), 8):
        model.train_on_batch(*(array[start : start + 8] for array in data))


def batches(steps=20):
    rng = np.random.default_rng(0)
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (8 * steps, 300))]
    labels = rng.integers(-1, 2, (8 * steps, len(TASKS))).astype(np.float32)
    return x, np.abs(labels), (labels >= 0).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "strength"), [("single", 0.0), ("soft", 0.0)])
def test_stacked_networks_are_separate_trainings(kind, strength, tiny_recipe):
    recipe = tiny_recipe(kind, "architecture.dropout=0", f"sharing.strength={strength}")
    keras.utils.set_random_seed(1)
    model = build_model(resolve_plan(recipe, TASKS, {"dna": (300, 4)}, problem="binary"))
    alone = [plain_network(recipe.architecture) for _ in TASKS]
    for task, net in enumerate(alone):
        rows = slices(model, task)
        net.set_weights([r.reshape(w.shape) for r, w in zip(rows, net.weights, strict=True)])
    x, y, known = batches()
    fit(model, RHO, x, y, known)
    for task, net in enumerate(alone):
        fit(net, RHO[task : task + 1], x, y[:, task : task + 1], known[:, task : task + 1])
        for ours, theirs in zip(slices(model, task), net.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs.ravel(), atol=1e-5)
