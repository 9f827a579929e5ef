"""No method runs where walking the graph is not the model."""

import keras
import numpy as np
import pytest
from keras import layers

from chrominterpret.errors import InputError
from chrominterpret.methods.base import method as base
from chrominterpret.methods.base.agreement import check_agreement
from chrominterpret.methods.base.explained import explained_model
from chrominterpret.methods.registry import METHODS, applicable, attribute, find_method
from chrominterpret.sequences import one_hot

pytestmark = pytest.mark.backend

LENGTH = 12
X = one_hot(np.random.default_rng(0).integers(0, 4, (3, LENGTH)))


class Unlike(layers.Layer):
    """A layer that does something else at each call."""

    attribution_rule = "linear"

    def __init__(self, **options):
        super().__init__(**options)
        self.calls = 0

    def call(self, x):
        self.calls += 1
        return x * float(self.calls)


def unlike_model() -> keras.Model:
    x = keras.Input((LENGTH, 4))
    h = layers.Conv1D(3, 3, name="before")(x)
    inner_input = keras.Input((10, 3))
    inner = keras.Model(
        inner_input, layers.ReLU()(Unlike(name="unlike")(inner_input)), name="inner"
    )
    return keras.Model(x, layers.Dense(1, name="after")(layers.Flatten()(inner(h))))


@pytest.mark.parametrize("name", METHODS.names())
def test_a_walk_that_differs_is_an_error_that_names_the_first_layer(name):
    if name == "shap" and keras.backend.backend() != "tensorflow":
        pytest.skip("shap explains Keras models on TensorFlow only")
    with pytest.raises(InputError, match="part at 'unlike' of class Unlike"):
        attribute(name, unlike_model(), X, **applicable(name, {"n_references": 2}))


def test_a_model_that_is_explained_again_is_checked_once(monkeypatch):
    checked = []
    monkeypatch.setattr(base, "check_agreement", lambda explained: checked.append(explained.model))
    models = [
        keras.Sequential([keras.Input((LENGTH, 4)), layers.Flatten(), layers.Dense(1)])
        for _ in range(2)
    ]
    method = find_method("gradient")()
    for model in (models[0], models[1], models[0], models[1]):
        method(model, X)
    assert checked == models


def test_layers_called_in_training_mode_are_compared_as_predict_runs_them():
    x = keras.Input((LENGTH, 4))
    h = layers.Dropout(0.5)(layers.Conv1D(3, 3)(x), training=True)
    model = keras.Model(x, layers.Dense(1)(layers.Flatten()(h)))
    check_agreement(explained_model(model, X))


@pytest.mark.parametrize(
    "ending",
    [
        lambda h: layers.Dense(3, activation="sigmoid")(h),
        lambda h: layers.Softmax()(layers.Dense(3)(h)),
        lambda h: layers.Reshape((3,))(keras.ops.sigmoid(layers.Dense(3)(h))),
        lambda h: layers.Dense(3)(h),
    ],
)
def test_final_activations_are_part_of_what_is_compared(ending):
    keras.utils.set_random_seed(0)
    x = keras.Input((LENGTH, 4), name="dna")
    model = keras.Model({"dna": x}, ending(layers.Flatten()(layers.Conv1D(3, 3)(x))))
    explained = explained_model(model, X)
    check_agreement(explained)
    predictions = explained.predictions(keras.ops.convert_to_tensor(X), ())
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(predictions),
        keras.ops.convert_to_numpy(model({"dna": X})),
        rtol=1e-5,
        atol=1e-7,
    )


def test_a_prediction_of_nan_is_what_the_model_gives():
    model = keras.Sequential([keras.Input((LENGTH, 4)), layers.Flatten(), layers.Dense(1)])
    model.layers[-1].set_weights([np.full((LENGTH * 4, 1), np.nan), np.zeros(1)])
    check_agreement(explained_model(model, X))
