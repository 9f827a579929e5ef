"""Recurrent layers, integrated along the path from reference to sequence."""

import keras
import numpy as np
import pytest
from keras import layers

from chrominterpret.deep_lift import check_supported, deep_lift_shap
from chrominterpret.references import one_hot

pytestmark = pytest.mark.backend

LENGTH = 48
RECURRENT = {
    "lstm": lambda: layers.LSTM(4),
    "gru": lambda: layers.GRU(3, return_sequences=True),
}


def model_with(layer: layers.Layer) -> keras.Model:
    keras.utils.set_random_seed(0)
    x = keras.Input((LENGTH, 4))
    h = layers.Conv1D(6, 7, activation="relu", bias_initializer="ones")(x)
    h = layers.Flatten()(layer(layers.MaxPooling1D(8)(h)))
    return keras.Model(x, layers.Dense(2)(layers.Dense(5, activation="relu")(h)))


@pytest.mark.parametrize("kind", RECURRENT)
def test_recurrent_layers_on_request(kind):
    model = model_with(RECURRENT[kind]())
    x = one_hot(np.random.default_rng(0).integers(0, 4, (2, LENGTH)))
    with pytest.raises(ValueError, match=r"LSTM|GRU"):
        check_supported(model)
    result = deep_lift_shap(model, x, n_references=2, integrate=True)
    assert np.abs(result.attributions).max() > 1e-3
    assert result.relative_delta.max() <= 1e-4
    assert result.warnings == ()
    y = keras.ops.convert_to_numpy(model(x)).T
    np.testing.assert_allclose(result.prediction, y, atol=1e-5)
