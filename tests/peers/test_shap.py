"""DeepSHAP against ``shap.DeepExplainer`` on the layers that both know."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers

from chrominterpret.methods.deep_lift_shap import deep_lift_shap
from chrominterpret.sequences import one_hot

LENGTH = 60


def basset(h):
    for filters, width in ((8, 7), (6, 5)):
        h = layers.BatchNormalization()(layers.Conv1D(filters, width, padding="same")(h))
        h = layers.MaxPooling1D(3, padding="same")(layers.Activation("relu")(h))
    h = layers.Dropout(0.3)(layers.Dense(9, activation="relu")(layers.Flatten()(h)))
    return layers.Dense(2)(h)


def activations(h):
    h = layers.Activation("elu")(layers.Conv1D(6, 5)(h))
    h = layers.Activation("sigmoid")(layers.Conv1D(6, 5)(layers.AveragePooling1D(3)(h)))
    return layers.Dense(2)(layers.Activation("tanh")(layers.Dense(5)(layers.Flatten()(h))))


def branches(h):
    one = layers.Conv1D(6, 5, activation="relu", padding="same")(h)
    other = layers.Conv1D(6, 9, activation="softplus", padding="same")(h)
    h = layers.Concatenate()([one, layers.Add()([one, other])])
    return layers.Dense(2)(layers.Flatten()(h))


def average(h):
    h = layers.ReLU()(layers.Conv1D(6, 5)(h))
    return layers.Dense(2)(layers.GlobalAveragePooling1D()(h))


@pytest.mark.parametrize("builder", [basset, activations, branches, average])
def test_agrees_with_shap(builder):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("shap.DeepExplainer of a Keras model needs TensorFlow")
    keras.utils.set_random_seed(0)
    x = keras.Input((LENGTH, 4))
    model = keras.Model(x, builder(x))
    rng = np.random.default_rng(0)
    sequences, references = (one_hot(rng.integers(0, 4, (n, LENGTH))) for n in (3, 5))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

        expected = shap.DeepExplainer(model, references).shap_values(sequences)
    result = deep_lift_shap(model, sequences, references=references)
    found = np.moveaxis(result.attributions, 0, -1)
    # shap spreads a column's contribution over its four entries; ours stands at the observed base.
    expected = expected.sum(2, keepdims=True) * sequences[..., None]
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(found, expected, atol=1e-5)
