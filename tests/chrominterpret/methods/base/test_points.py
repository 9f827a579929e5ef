"""Sums of gradients over points, cut into calls of any size."""

import keras
import numpy as np
import pytest
from keras import ops

from chrominterpret.methods.base.explained import explained_model
from chrominterpret.methods.base.points import outputs_at, summed_gradients

pytestmark = pytest.mark.backend


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 100])
def test_cubes_by_hand(size):
    # y = c Σ z³ with the context c: gradient 3 c z²
    z, c = keras.Input((2,), name="z"), keras.Input((1,), name="c")
    model = keras.Model([z, c], c * ops.sum(z**3, axis=-1, keepdims=True))
    rng = np.random.default_rng(0)
    x, context = rng.random((3, 2), np.float32), rng.random((3, 1), np.float32)
    explained = explained_model(model, {"z": x, "c": context}, wrt="z")
    points, weights = rng.random((4, 5, 2), np.float32), rng.random((4, 5), np.float32)
    owners = np.array([0, 2, 2, 1])
    summed = summed_gradients(explained, 6, 5, size)
    found = summed(lambda u, s: points[u, s], weights, owners)
    expected = 3 * context[owners] * (weights[..., None] * points**2).sum(1)
    np.testing.assert_allclose(found, expected[None], rtol=1e-5)
    values = outputs_at(explained, 4, size)(points[:, 0], owners)
    np.testing.assert_allclose(
        values[0], context[owners, 0] * (points[:, 0] ** 3).sum(1), rtol=1e-5
    )
