import keras
import numpy as np
import pytest

from chromkeras.layers.task_batch_normalization import TaskBatchNormalization

pytestmark = pytest.mark.backend


def test_training_equals_keras_batch_normalisation(gradients):
    rng = np.random.default_rng(0)
    x = rng.normal(3, 2, size=(5, 7, 6)).astype(np.float32)
    weight = rng.normal(size=x.shape).astype(np.float32)
    layers = [
        TaskBatchNormalization(3, momentum=0.7),
        keras.layers.BatchNormalization(momentum=0.7),
    ]
    slopes = []
    for layer in layers:
        layer.build(x.shape)
        for place, variable in enumerate(layer.trainable_variables):
            variable.assign(np.arange(1, 7) / (place + 1))
    for layer in layers:
        _, (slope,) = gradients(
            lambda x, layer=layer: (
                keras.ops.sum(layer(x, training=True) * weight)
                if keras.backend.backend() == "tensorflow"
                else keras.ops.sum(layer(x, training=False) * weight)
            ),
            x,
        )
        slopes.append(slope)
    np.testing.assert_allclose(*slopes, atol=1e-4)
    for layer in layers:
        layer(x, training=True)
    for ours, theirs in zip(*(layer.get_weights() for layer in layers), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    outputs = [keras.ops.convert_to_numpy(layer(x, training=True)) for layer in layers]
    np.testing.assert_allclose(*outputs, atol=1e-5)


def test_frozen_or_at_inference_it_keeps_its_statistics():
    layer = TaskBatchNormalization(2)
    x = np.random.default_rng(0).normal(size=(3, 4, 4)).astype(np.float32)
    layer(x)
    before = layer.get_weights()
    layer(x, training=False)
    layer.trainable = False
    layer(x, training=True)
    for one, other in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_bfloat16_has_float32_statistics():
    x = np.random.default_rng(0).normal(3.0, 2.0, (8, 20, 6)).astype(np.float32)
    whole, low = TaskBatchNormalization(3), TaskBatchNormalization(3, dtype="mixed_bfloat16")
    exact, rough = (keras.ops.cast(layer(x, training=True), "float32") for layer in (whole, low))
    assert low.compute_dtype == "bfloat16"
    assert str(low.moving_mean.dtype) == "float32"
    np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (exact, rough)), atol=0.03)
    moving = [keras.ops.convert_to_numpy(layer.moving_mean) for layer in (whole, low)]
    np.testing.assert_allclose(*moving, rtol=1e-2, atol=1e-4)


def test_on_a_leading_axis_each_task_is_normalised_as_by_a_layer_of_its_own(gradients):
    tasks, rows, features = 3, 8, 5
    rng = np.random.default_rng(0)
    scale = np.array([1.0, 5.0, 0.2])[:, None, None]
    x = (rng.normal(1, 2, size=(tasks, rows, features)) * scale).astype(np.float32)
    weight = rng.normal(size=x.shape).astype(np.float32)
    together = TaskBatchNormalization(tasks, leading=True, momentum=0.7)
    apart = [keras.layers.BatchNormalization(momentum=0.7) for _ in range(tasks)]
    together.build(x.shape)
    values = [rng.uniform(0.5, 2, size=(tasks, features)) for _ in together.weights]
    together.set_weights([value.ravel() for value in values])
    for task, layer in enumerate(apart):
        layer.build(x[task].shape)
        layer.set_weights([value[task] for value in values])

    def weighted(layer, weight, training):
        """Return a function to differentiate; it leaves the moving statistics alone."""

        def total(x):
            with keras.StatelessScope():
                return keras.ops.sum(layer(x, training=training) * weight)

        return total

    for training in (False, True):
        out, (slope,) = gradients(weighted(together, weight, training), x)
        pairs = [
            gradients(weighted(layer, weight[task], training), x[task])
            for task, layer in enumerate(apart)
        ]
        np.testing.assert_allclose(out, sum(value for value, _ in pairs), rtol=1e-4)
        np.testing.assert_allclose(slope, np.stack([s for _, (s,) in pairs]), atol=1e-4)
        outputs = np.stack([
            keras.ops.convert_to_numpy(layer(x[task], training=training))
            for task, layer in enumerate(apart)
        ])  # fmt: skip
        received = keras.ops.convert_to_numpy(together(x, training=training))
        np.testing.assert_allclose(received, outputs, atol=1e-5)
    for place, ours in enumerate(together.get_weights()):
        theirs = np.stack([layer.get_weights()[place] for layer in apart])
        np.testing.assert_allclose(ours.reshape(tasks, features), theirs, rtol=1e-5)
