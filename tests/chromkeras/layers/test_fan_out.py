"""The fan-out in models that are trained, saved and attributed."""

from itertools import permutations, product

import keras
import numpy as np
import pytest
from keras import ops

from chrominterpret.methods.deep_lift_shap import deep_lift_shap
from chromkeras.layers.fan_out import FanOut
from chromkeras.layers.task_axis import JoinLogits, RepeatTasks, SplitTasks
from chromkeras.layers.task_conv1d import TaskConv1D
from chromkeras.layers.task_dense import TaskDense
from chromkeras.losses.task_loss import TaskLoss
from chromkeras.registry import CONFLICT_METHODS

pytestmark = pytest.mark.backend

TASKS = 3
# Every way in which each task can meet the others.
ORDERS = [np.array(rows) for rows in product(permutations(range(TASKS)), repeat=TASKS)]
RHO = [0.2, 0.5, 0.7]


def data(rows=12, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 5)).astype(np.float32)
    labels = rng.integers(-1, 2, (rows, TASKS)).astype(np.float32)
    return x, np.abs(labels), (labels >= 0).astype(np.float32)


def flat_model(fan_out):
    inputs = keras.Input((5,))
    x = keras.layers.Dense(4, activation="tanh", name="backbone")(inputs)
    x = fan_out(x)
    x = keras.layers.Activation("tanh")(TaskDense(TASKS, 3, same_start=True)(x))
    return keras.Model(inputs, JoinLogits(TASKS)(TaskDense(TASKS, 1, same_start=True)(x)))


def merged(name, rows):
    """Return every gradient the method may give for one row of gradients a task."""
    gram = (rows @ rows.T).astype(np.float32)
    method = CONFLICT_METHODS.get(name).coefficients
    if name != "pcgrad":
        return [ops.convert_to_numpy(method(gram)) @ rows]
    orders = [ops.convert_to_tensor(order, "int32") for order in ORDERS[::7]]
    return [ops.convert_to_numpy(method(gram, order)) @ rows for order in orders]


def nearest(result, choices):
    return min(choices, key=lambda choice: np.abs(choice - result).max())


def task_gradients(model, x, y, known, gradients):
    """Return the gradient of each task's loss by the backbone's features, (T, B, F)."""
    features = ops.convert_to_numpy(model.get_layer("backbone")(x))
    place = next(i for i, layer in enumerate(model.layers) if isinstance(layer, FanOut))

    def loss(features, task):
        stacked = ops.tile(ops.expand_dims(features, 0), (TASKS, 1, 1))
        for layer in model.layers[place + 1 :]:
            stacked = layer(stacked)
        alone = TaskLoss(positive_fraction=[RHO[task]])
        return alone(*(array[:, task : task + 1] for array in (y, stacked, known)))

    slopes = [gradients(lambda f, t=t: loss(f, t), features)[1][0] for t in range(TASKS)]
    return features, np.stack(slopes)


@pytest.mark.parametrize("name", CONFLICT_METHODS.names())
def test_fit_steps_along_the_merged_gradient(name, gradients):
    keras.utils.set_random_seed(1)
    model, (x, y, known) = flat_model(FanOut(TASKS, name)), data()
    y[:, 1], known[:, 1] = 1 - y[:, 0], known[:, 0]  # from one start the two tasks conflict
    features, slopes = task_gradients(model, x, y, known, gradients)
    before = model.get_layer("backbone").get_weights()[0]
    model.compile(keras.optimizers.SGD(1.0), TaskLoss(positive_fraction=RHO))
    model.fit(x, y, len(x), sample_weight=known, epochs=1, verbose=0)
    step = before - model.get_layer("backbone").get_weights()[0]
    flat = slopes.reshape(TASKS, -1)
    through = [x.T @ (m.reshape(features.shape) * (1 - features**2)) for m in merged(name, flat)]
    expected = nearest(step, through)
    np.testing.assert_allclose(step, expected, atol=2e-4 * np.abs(expected).max())
    if name != "sum":
        plain = x.T @ (slopes.sum(axis=0) * (1 - features**2))
        assert np.abs(step - plain).max() > 0.02 * np.abs(plain).max()


@pytest.mark.parametrize("name", CONFLICT_METHODS.names())
def test_side_by_side_channels_merge_as_stacked_features(name, gradients):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(4, 6, 2)).astype(np.float32)
    weight = rng.normal(size=(4, 6, TASKS * 2)).astype(np.float32)
    layer = FanOut(TASKS, name, seed=1)
    _, (slope,) = gradients(lambda x: ops.sum(layer(x, training=True) * weight), x)
    rows = weight.reshape(4, 6, TASKS, 2).transpose(2, 0, 1, 3).reshape(TASKS, -1)
    expected = nearest(slope, [m.reshape(x.shape) for m in merged(name, rows)])
    np.testing.assert_allclose(slope, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("shape", [(7, 5), (7, 6, 5)])
def test_it_is_a_plain_repeat_forward_and_at_inference(shape, gradients):
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    layer = FanOut(TASKS, "mgda")
    expected = np.stack([x] * TASKS) if len(shape) == 2 else RepeatTasks(TASKS)(x)
    for training in (True, False):
        out = ops.convert_to_numpy(layer(x, training=training))
        np.testing.assert_array_equal(out, ops.convert_to_numpy(expected))
    weight = np.random.default_rng(1).normal(size=expected.shape).astype(np.float32)
    _, (slope,) = gradients(lambda x: ops.sum(layer(x) * weight), x)
    apart = weight if len(shape) == 2 else np.stack(np.split(weight, TASKS, axis=-1))
    np.testing.assert_allclose(slope, apart.sum(axis=0), rtol=1e-4, atol=1e-5)


def test_a_task_without_known_labels_leaves_the_weights_finite():
    for name in CONFLICT_METHODS.names():
        model, (x, y, known) = flat_model(FanOut(TASKS, name)), data()
        known[:, 1] = 0
        known[6:] = 0
        model.compile("adam", TaskLoss(positive_fraction=RHO))
        model.fit(x, y, 6, sample_weight=known, shuffle=False, epochs=1, verbose=0)
        assert all(np.isfinite(w).all() for w in model.get_weights())


def test_one_seed_one_result():
    x, y, known = data(rows=32)
    results = []
    for _ in range(2):
        keras.utils.set_random_seed(4)
        model = flat_model(FanOut(TASKS, "pcgrad"))
        model.compile("adam", TaskLoss(positive_fraction=RHO))
        model.fit(x, y, 16, sample_weight=known, epochs=2, verbose=0)
        results.append(model.get_weights())
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


def test_low_precision_features_get_gradients_of_their_own_type():
    with_policy = {"dtype": "mixed_bfloat16"}
    inputs = keras.Input((5,))
    x = keras.layers.Dense(4, **with_policy)(inputs)
    x = FanOut(TASKS, "pcgrad", **with_policy)(x)
    model = keras.Model(inputs, JoinLogits(TASKS)(TaskDense(TASKS, 1, **with_policy)(x)))
    model.compile("adam", TaskLoss(positive_fraction=RHO))
    x, y, known = data()
    history = model.fit(x, y, sample_weight=known, epochs=2, verbose=0).history["loss"]
    assert np.isfinite(history).all()


def test_many_tasks_fit():
    tasks, x = 164, data(rows=8)[0]
    y = np.random.default_rng(1).integers(0, 2, (8, tasks)).astype(np.float32)
    for name in ("pcgrad", "cagrad"):
        inputs = keras.Input((5,))
        h = FanOut(tasks, name)(keras.layers.Dense(6, name="backbone")(inputs))
        model = keras.Model(inputs, JoinLogits(tasks)(TaskDense(tasks, 1)(h)))
        model.compile(keras.optimizers.SGD(0.01), TaskLoss("plain"))
        before = model.get_layer("backbone").get_weights()[0]
        model.fit(x, y, epochs=1, verbose=0)
        after = model.get_layer("backbone").get_weights()[0]
        assert np.isfinite(after).all()
        assert np.abs(after - before).max() > 1e-6


def hard_model(fans_out):
    """Return a tiny hard-shared model whose tasks part twice over, flat or on channels."""
    dna = keras.Input((40, 4))
    x = keras.layers.MaxPooling1D(4)(keras.layers.Conv1D(4, 5, activation="relu")(dna))
    if fans_out == "flat":
        x = FanOut(TASKS, "cagrad")(keras.layers.Flatten()(x))
    elif fans_out == "channels":
        x = FanOut(TASKS, "pcgrad")(x)
        x = TaskConv1D(TASKS, 3, 2, stacked=True, use_bias=True)(x)
        x = SplitTasks(TASKS)(x)
    else:
        x = keras.layers.Flatten()(x)
    x = keras.layers.Activation("relu")(TaskDense(TASKS, 3)(x))
    return keras.Model(dna, JoinLogits(TASKS)(TaskDense(TASKS, 1)(x)))


def one_hot(rows):
    return np.eye(4, dtype=np.float32)[np.random.default_rng(0).integers(0, 4, (rows, 40))]


@pytest.mark.parametrize("fans_out", ["flat", "channels"])
def test_a_saved_model_is_attributed(fans_out, tmp_path):
    model, x = hard_model(fans_out), one_hot(3)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    result = deep_lift_shap(again, x, references="uniform")
    outputs = again.predict(x, verbose=0)
    reference = again.predict(np.full((1, 40, 4), 0.25, np.float32), verbose=0)
    totals = result.attributions.sum(axis=(2, 3))
    np.testing.assert_allclose(totals, (outputs - reference).T, atol=1e-5)
    assert np.abs(totals).max() > 0.01


def test_attributions_are_those_of_the_model_without_it():
    x = one_hot(3)
    with_it, without = hard_model("flat"), hard_model(None)
    without.set_weights(with_it.get_weights())
    results = [deep_lift_shap(m, x, references="uniform") for m in (with_it, without)]
    np.testing.assert_allclose(*(r.attributions for r in results), atol=1e-6)


def test_options_reach_the_method_and_others_are_refused(gradients):
    x = np.ones((2, 3), np.float32)
    weight = np.random.default_rng(0).normal(size=(TASKS, 2, 3)).astype(np.float32)
    layer = FanOut.from_config(FanOut(TASKS, "cagrad", options={"c": 0.0}).get_config())
    _, (slope,) = gradients(lambda x: ops.sum(layer(x, training=True) * weight), x)
    np.testing.assert_allclose(slope, weight.sum(axis=0), rtol=1e-4)
    with pytest.raises(ValueError, match=r"pcgrad: expected options of \[\], received \['c'\]"):
        FanOut(TASKS, "pcgrad", options={"c": 0.4})
    with pytest.raises(ValueError, match="unknown conflict method 'none'"):
        FanOut(TASKS, "none")
