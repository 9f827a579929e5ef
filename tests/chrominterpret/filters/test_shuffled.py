import keras
import numpy as np
import pytest

from chrominterpret.filters.correlation import head_of
from chrominterpret.filters.first_layer import find_first_layer
from chrominterpret.filters.shuffled import shuffled_head

pytestmark = pytest.mark.backend


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(3)
    given = keras.Input((30, 4))
    hidden = keras.layers.Conv1D(5, 7, name="first", bias_initializer="ones")(given)
    hidden = keras.layers.ReLU()(keras.layers.BatchNormalization()(hidden))
    return keras.Model(given, keras.layers.Dense(1)(keras.layers.Flatten()(hidden)))


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return np.eye(4, dtype=np.float32)[np.random.default_rng(0).integers(0, 4, (6, 30))]


def test_each_filter_keeps_its_weights_in_another_order(model, x):
    layer = find_first_layer(model)
    before = [np.asarray(w) for w in model.get_weights()]
    # On one base everywhere, the order of the positions makes no difference.
    same = np.tile(np.eye(4, dtype=np.float32)[:, None], (1, 30, 1))
    plain, shuffled = head_of(layer), shuffled_head(layer, seed=1)
    np.testing.assert_allclose(shuffled(same), plain(same), atol=1e-5)
    assert np.abs(shuffled(x) - plain(x)).max() > 0.1
    np.testing.assert_array_equal(shuffled(x), shuffled_head(layer, seed=1)(x))
    assert np.abs(shuffled(x) - shuffled_head(layer, seed=2)(x)).max() > 0.1
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_a_frozen_layer_is_shuffled_too(model, x):
    layer = find_first_layer(model)
    expected = shuffled_head(layer, seed=1)(x)
    model.get_layer("first").trainable = False
    try:
        np.testing.assert_allclose(shuffled_head(layer, seed=1)(x), expected, atol=1e-6)
    finally:
        model.get_layer("first").trainable = True
