"""Base codes to outputs, on every backend."""

import keras
import numpy as np
import pytest

from chromkeras.scoring.forward import Forward

pytestmark = pytest.mark.backend
LENGTH = 12


@pytest.fixture(scope="module")
def networks():
    found = []
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        dna = keras.Input((LENGTH, 4), name="dna")
        x = keras.layers.Conv1D(3, 5, activation="relu")(dna)
        found.append(keras.Model({"dna": dna}, keras.layers.Dense(2)(keras.layers.Flatten()(x))))
    return found


@pytest.fixture(scope="module")
def codes():
    return np.random.default_rng(0).integers(0, 5, (11, LENGTH)).astype(np.uint8)


@pytest.mark.parametrize("both_strands", [True, False])
def test_outputs_are_those_of_one_hot(both_strands, networks, codes):
    forward = Forward(networks, LENGTH, both_strands=both_strands, batch_size=4)
    x = np.vstack([np.eye(4), np.zeros((1, 4))])[codes].astype(np.float32)
    found = forward(codes)
    assert found.shape == (2, 11, 2)
    for outputs, network in zip(found, networks, strict=True):
        expected = np.asarray(network({"dna": x}))
        if both_strands:
            turned = np.ascontiguousarray(x[:, ::-1, ::-1])
            expected = 0.5 * (expected + np.asarray(network({"dna": turned})))
        np.testing.assert_allclose(outputs, expected, atol=1e-5)


def test_a_row_does_not_depend_on_how_many_there_are(networks, codes):
    forward = Forward(networks, LENGTH, batch_size=4)
    whole = forward(codes)
    for count in (0, 1, 4, 5):
        np.testing.assert_array_equal(forward(codes[:count]), whole[:, :count])
