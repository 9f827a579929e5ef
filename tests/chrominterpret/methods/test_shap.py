"""shap behind our arguments: agreement with our own methods, other inputs, failures."""

import inspect
import warnings

import keras
import numpy as np
import pytest
from keras import layers, ops

from chrominterpret.methods.deep_lift_shap import deep_lift_shap
from chrominterpret.methods.expected_gradients import expected_gradients
from chrominterpret.methods.gradient import gradient
from chrominterpret.methods.shap import shap_attribution
from chrominterpret.sequences import one_hot

pytestmark = pytest.mark.backend

LENGTH = 16


def sequences(n: int, seed: int = 0) -> np.ndarray:
    return one_hot(np.random.default_rng(seed).integers(0, 4, (n, LENGTH)))


def relu_model(ending=lambda h: layers.Dense(2, activation="sigmoid")(h)) -> keras.Model:
    keras.utils.set_random_seed(0)
    x = keras.Input((LENGTH, 4))
    h = layers.Conv1D(6, 5, activation="relu")(x)
    h = layers.Dense(8, activation="relu")(layers.Flatten()(layers.MaxPooling1D(2)(h)))
    return keras.Model(x, ending(h))


@pytest.fixture
def tensorflow():
    if keras.backend.backend() != "tensorflow":
        pytest.skip("shap explains Keras models on TensorFlow only")


def test_another_backend_is_refused():
    if keras.backend.backend() == "tensorflow":
        pytest.skip("this backend has shap")
    with pytest.raises(ValueError, match="TensorFlow backend"):
        shap_attribution(relu_model(), sequences(1))


@pytest.mark.usefixtures("tensorflow")
@pytest.mark.parametrize("output", ["logit", "as is"])
@pytest.mark.parametrize(
    "ending",
    [
        lambda h: layers.Dense(2, activation="sigmoid")(h),
        lambda h: layers.Activation("sigmoid")(layers.Dense(2)(h)),
        lambda h: ops.sigmoid(layers.Dense(2)(h)),
    ],
)
def test_deep_explainer_agrees_with_deep_lift(output, ending):
    model, x = relu_model(ending), sequences(2)
    x[0, 3:5] = 0
    options = {"targets": {"0 − 1": {0: 1, 1: -1}}, "n_references": 4, "output": output}
    found, ours = shap_attribution(model, x, **options), deep_lift_shap(model, x, **options)
    assert np.abs(ours.attributions).max() > 1e-3
    np.testing.assert_allclose(found.attributions, ours.attributions, atol=1e-5)
    np.testing.assert_allclose(found.prediction, ours.prediction, atol=1e-5)
    np.testing.assert_array_equal(found.reference_codes, ours.reference_codes)
    assert found.relative_delta.max() < 1e-4
    assert (found.method, found.output, found.warnings) == ("shap deep", output, ())


@pytest.mark.usefixtures("tensorflow")
@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_names_and_precision_of_the_layers_are_free(policy):
    keras.utils.set_random_seed(0)
    inner_input = keras.Input((12, 6))
    h = layers.Dense(3, activation="relu", name="dense", dtype=policy)(
        layers.Flatten()(inner_input)
    )
    inner = keras.Model(inner_input, h)
    x = keras.Input((LENGTH, 4), name="weighted")
    h = inner(layers.Conv1D(6, 5, activation="relu", name="walk", dtype=policy)(x))
    model = keras.Model(x, layers.Dense(2, activation="sigmoid", name="dense", dtype=policy)(h))
    found = shap_attribution(model, sequences(2), n_references=3)
    ours = deep_lift_shap(model, sequences(2), n_references=3)
    np.testing.assert_allclose(found.attributions, ours.attributions, atol=1e-5)


@pytest.mark.usefixtures("tensorflow")
def test_gradient_explainer_goes_with_expected_gradients():
    model, x, pool = relu_model(), sequences(1), sequences(8, seed=4)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    found = shap_attribution(model, x, engine="gradient", references=pool)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    ours = expected_gradients(model, x, references=pool, n_references=800)
    a, b = found.attributions.ravel(), ours.attributions.ravel()
    assert np.corrcoef(a, b)[0, 1] > 0.95


@pytest.mark.usefixtures("tensorflow")
def test_what_shap_cannot_do_is_one_line():
    model = relu_model(lambda h: layers.Dense(1)(layers.LeakyReLU()(h)))
    with pytest.raises(ValueError, match="that shap can explain") as error:
        shap_attribution(model, sequences(1), n_references=2)
    assert "\n" not in str(error.value)
    # a failure inside shap leaves gradients as they were
    assert np.isfinite(gradient(model, sequences(1)).attributions).all()
    with pytest.raises(ValueError, match="engine="):
        shap_attribution(model, sequences(1), engine="kernel")


@pytest.mark.usefixtures("tensorflow")
def test_tensorflow_s_private_function_that_shap_replaces_is_put_back():
    """``execute.record_gradient`` is private API that `chrominterpret.methods.shap` relies on."""
    from tensorflow.python.eager import execute

    record = execute.record_gradient
    names = list(inspect.signature(record).parameters)
    assert [name.removeprefix("unused_") for name in names] == [
        "op_name",
        "inputs",
        "attrs",
        "outputs",
    ]
    model = relu_model(lambda h: layers.Dense(1)(layers.LeakyReLU()(h)))
    with pytest.raises(ValueError, match="that shap can explain"):
        shap_attribution(model, sequences(1), n_references=2)
    assert execute.record_gradient is record


@pytest.mark.usefixtures("tensorflow")
def test_a_silent_error_shows_in_the_delta_and_others_warnings_come_through(caplog):
    model = relu_model(lambda h: layers.Dense(1)(layers.Activation("silu")(layers.Dense(9)(h))))
    result = shap_attribution(model, 1.0 * sequences(2), n_references=4)
    assert "contributions miss the difference" in caplog.text
    assert len(result.warnings) == 1
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        shap_attribution(relu_model(), sequences(1), n_references=2, progress=_warning)
    assert [str(w.message) for w in seen] == ["mine"]


def _warning(done: int, total: int) -> None:
    warnings.warn("mine", stacklevel=2)
