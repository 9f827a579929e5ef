"""What holds for every attribution method, over the table of methods."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers, ops

from chrominterpret.errors import InputError
from chrominterpret.methods.base.method import Method
from chrominterpret.methods.registry import (
    METHODS,
    applicable,
    attribute,
    find_method,
    method_options,
)
from chrominterpret.sequences import one_hot

pytestmark = pytest.mark.backend

LENGTH = 12
BACKEND = keras.backend.backend()
# the methods whose results are not contributions of observed bases against references
CONTRIBUTIONS = [name for name in METHODS.names() if "references" in method_options(name)]
COMPARED = [name for name in METHODS.names() if name != "in_silico_mutagenesis"]  # any numbers


def run(name, model, x, **options):
    if name == "shap" and BACKEND != "tensorflow":
        pytest.skip("shap explains Keras models on TensorFlow only")
    return attribute(name, model, x, **applicable(name, {"n_references": 4, "seed": 3} | options))


def sequences(n: int, seed: int = 0) -> np.ndarray:
    return one_hot(np.random.default_rng(seed).integers(0, 4, (n, LENGTH)))


def linear_model() -> tuple[keras.Model, np.ndarray]:
    x, dense = keras.Input((LENGTH, 4)), layers.Dense(2)
    model = keras.Model(x, dense(layers.Flatten()(x)))
    weights = np.random.default_rng(1).normal(size=(LENGTH * 4, 2)).astype(np.float32)
    dense.set_weights([weights, np.array([0.5, -1], np.float32)])
    return model, weights.T.reshape(2, 1, LENGTH, 4)


def small_model() -> keras.Model:
    keras.utils.set_random_seed(0)
    x = keras.Input((LENGTH, 4))
    h = layers.Conv1D(6, 3, activation="relu")(x)
    h = layers.Dense(5, activation="relu")(layers.Flatten()(layers.MaxPooling1D(2)(h)))
    return keras.Model(x, layers.Dense(3)(h))


@pytest.mark.parametrize("name", METHODS.names())
def test_a_linear_model_by_hand(name):
    model, w = linear_model()
    x, reference = sequences(3), sequences(1, seed=9)[0]
    result = run(name, model, x, references=reference)
    at_reference = (w * reference).sum(-1, keepdims=True)
    expected = {
        "gradient": np.broadcast_to(w, result.attributions.shape),
        "in_silico_mutagenesis": (w - w.mean(-1, keepdims=True)) * x,
    }.get(name, (w - at_reference) * x if name in CONTRIBUTIONS else w * x)
    np.testing.assert_allclose(result.attributions, expected, atol=2e-6)
    np.testing.assert_allclose(result.prediction.T, ops.convert_to_numpy(model(x)), atol=1e-5)
    assert result.target_names == ("0", "1")
    assert result.warnings == ()


@pytest.mark.parametrize("name", METHODS.names())
def test_hypothetical_contributions_are_the_observed_ones_at_observed_bases(name):
    x = sequences(2)
    result = run(name, small_model(), x, targets=[1], n_references=40)
    if result.hypothetical is None:
        assert name in ("gradient", "shap")
        return
    np.testing.assert_allclose(result.hypothetical * x, result.attributions, atol=1e-6)


@pytest.mark.parametrize("name", METHODS.names())
def test_batches_and_batch_mates_make_no_difference(name):
    model, x = small_model(), sequences(5)
    options = {"targets": {"0 − 2": {0: 1, 2: -1}}}
    whole = run(name, model, x, **options)
    for other in (
        run(name, model, x, batch_size=3, **options),
        run(name, model, x, memory=1e-9, **options),
    ):
        np.testing.assert_allclose(other.attributions, whole.attributions, atol=1e-5)
    alone = run(name, model, x[3:4], **options)
    np.testing.assert_allclose(alone.attributions, whole.attributions[:, 3:4], atol=1e-5)
    np.testing.assert_allclose(alone.prediction, whole.prediction[:, 3:4], atol=1e-5)


@pytest.mark.parametrize("name", METHODS.names())
def test_a_seed_gives_the_same_again_and_another_does_not(name):
    model, x = small_model(), sequences(2)
    first, again, other = (run(name, model, x, targets=0, seed=seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.attributions, again.attributions)
    assert np.array_equal(first.attributions, other.attributions) != (
        "seed" in method_options(name)
    )
    if "seed" in method_options(name):
        assert (first.seed, other.seed) == (5, 6)


@pytest.mark.parametrize("name", CONTRIBUTIONS)
def test_references_and_deltas_are_kept(name):
    model, x = small_model(), sequences(3)
    shuffled = run(name, model, x, targets=[0])
    assert shuffled.reference_codes.shape == (3, 4, LENGTH)
    assert shuffled.references is None
    assert shuffled.reference_kind == "dinucleotide_shuffle"
    shared = run(name, model, x, targets=[0], references="background")
    assert shared.references.shape[0] == 1
    np.testing.assert_allclose(shared.references[0, 0, 0], x.mean((0, 1)), atol=1e-6)
    assert shared.reference_codes is None
    given = sequences(6, seed=8).reshape(3, 2, LENGTH, 4)
    np.testing.assert_array_equal(run(name, model, x, references=given).references, given)
    for result in (shuffled, shared):
        assert result.delta.shape == result.relative_delta.shape
        assert result.delta.shape[:2] == (1, 3)


def two_inputs() -> keras.Model:
    keras.utils.set_random_seed(0)
    dna, bins = keras.Input((LENGTH, 4), name="dna"), keras.Input((10, 5), name="bins")
    h = layers.GlobalAveragePooling1D()(layers.Conv1D(6, 3, activation="softplus")(dna))
    b = layers.GlobalAveragePooling1D()(layers.Conv1D(6, 3, activation="softplus")(bins))
    h = layers.Multiply()([layers.Dense(4)(h), layers.Dense(4, activation="tanh")(b)])
    return keras.Model([dna, bins], layers.Dense(3, activation="sigmoid")(h))


@pytest.mark.parametrize("name", COMPARED)
@pytest.mark.parametrize("wrt", ["dna", "bins"])
def test_either_input_of_two(name, wrt):
    rng = np.random.default_rng(0)
    x = {"dna": sequences(3), "bins": rng.gamma(1, 2, (3, 10, 5)).astype(np.float32)}
    options = {"targets": {"0 − 1": {0: 1, 1: -1}, "0": {0: 1}, "1": {1: 1}}, "wrt": wrt}
    model = two_inputs()
    result = run(name, model, x, **options)
    assert result.attributions.shape == (3, *x[wrt].shape)
    assert np.abs(result.attributions[0]).max() > 1e-4
    contrast, first, second = result.attributions
    np.testing.assert_allclose(contrast, first - second, atol=1e-5)
    if name in ("integrated_gradients", "deep_lift_shap"):
        assert np.abs(result.delta).max() < 1e-5
    one = {key: value[1:2] for key, value in x.items()}
    alone = run(name, model, one, **options)
    np.testing.assert_allclose(alone.attributions, result.attributions[:, 1:2], atol=1e-5)
    if wrt == "bins":
        assert result.hypothetical is None
        assert result.reference_kind in (None, "zeros")


CHOICES = ["mean", "one", "several", "each"]
WITH_REFERENCES = [(name, choice) for name in CONTRIBUTIONS for choice in CHOICES]


@pytest.mark.parametrize(
    ("name", "references"), [(name, None) for name in COMPARED] + WITH_REFERENCES
)
def test_a_vector_input_by_hand(name, references):
    rng = np.random.default_rng(0)
    v, dense = keras.Input((7,)), layers.Dense(2)
    model = keras.Model(v, dense(v))
    weights = rng.normal(size=(7, 2)).astype(np.float32)
    dense.set_weights([weights, np.ones(2, np.float32)])
    x = rng.normal(size=(4, 7)).astype(np.float32)
    given = {
        "one": rng.normal(size=7),
        "several": rng.normal(size=(3, 7)),
        "each": rng.normal(size=(4, 3, 7)),
    }.get(references, references)
    # as many draws as there are references, so that expected gradients draw each of them once
    number = 3 if references in ("several", "each") else 1
    result = run(name, model, x, references=given, n_references=number)
    at_one = {None: 0, "mean": x.mean(0), "one": given}
    mean = at_one[references] if references in at_one else np.mean(given, axis=-2)
    change = 1 if name == "gradient" else x - (mean if name in CONTRIBUTIONS else 0)
    expected = np.broadcast_to(change * weights.T[:, None], (2, 4, 7))
    np.testing.assert_allclose(result.attributions, expected, atol=1e-5)
    assert result.hypothetical is None


@pytest.mark.parametrize("name", COMPARED)
def test_what_only_bases_have_is_refused_elsewhere(name):
    v = keras.Input((7,))
    model, x = keras.Model(v, layers.Dense(2)(v)), np.ones((2, 7), np.float32)
    if "gradient_correction" in method_options(name):
        with pytest.raises(ValueError, match="one-hot"):
            run(name, model, x, gradient_correction=True)
    if "references" in method_options(name):
        with pytest.raises(ValueError, match=r"zeros.*mean"):
            run(name, model, x, references="background")
        with pytest.raises(ValueError, match=r"shape \(7,\)"):
            run(name, model, x, references=np.ones((2, 3)))


@pytest.mark.parametrize("name", METHODS.names())
def test_bad_arguments(name):
    model, x = small_model(), sequences(2)
    with pytest.raises(ValueError, match="expected"):
        run(name, model, x[:, 1:])
    with pytest.raises(ValueError, match="wrt="):
        run(name, model, x, wrt="rna")
    with pytest.raises(ValueError, match="output="):
        run(name, model, x, output="probability")
    with pytest.raises(ValueError, match="target"):
        run(name, model, x, targets=["Glia"])
    with pytest.raises(ValueError, match="batch_size"):
        run(name, model, x, batch_size=0)
    with pytest.raises(ValueError, match="memory="):
        run(name, model, x, memory=0)


@pytest.mark.parametrize("name", METHODS.names())
def test_progress_ends_with_all(name):
    seen = []
    run(name, small_model(), sequences(3), batch_size=8, progress=lambda *p: seen.append(p))
    assert seen[-1] == (3, 3)
    assert [total for _, total in seen] == [3] * len(seen)
    assert sorted(seen) == seen


def test_names():
    with pytest.raises(InputError, match=r"unknown attribution method 'guided'.*gradient"):
        find_method("guided")
    assert [find_method(name).name for name in METHODS.names()] == list(METHODS.names())
    assert all(issubclass(find_method(name), Method) for name in METHODS.names())


def test_a_method_from_outside():
    @dataclass(frozen=True, kw_only=True, eq=False)
    class Doubled(find_method("gradient")):
        name = "doubled"
        factor: float = 2.0

        def run(self, explained):
            result = super().run(explained)
            return replace(result, attributions=self.factor * result.attributions)

    METHODS.register("doubled", SimpleNamespace(METHOD=Doubled))
    try:
        model, x = small_model(), sequences(2)
        found = attribute("doubled", model, x, **applicable("doubled", {"factor": 3, "seed": 1}))
        assert found.method == "doubled"
        once = attribute("gradient", model, x)
        np.testing.assert_allclose(found.attributions, 3 * once.attributions, rtol=1e-6)
    finally:
        METHODS.unregister("doubled")
    assert "doubled" not in METHODS.names()


def test_no_option_is_dropped_in_silence():
    model, x = small_model(), sequences(1)
    with pytest.raises(InputError, match=r"options among .*'n_steps'.*received \['n_step'\]"):
        attribute("integrated_gradients", model, x, n_step=3)
    with pytest.raises(InputError, match=r"received 'n_steps' of integrated_gradients$"):
        attribute("gradient", model, x, n_steps=3)
    takers = ", ".join(name for name in METHODS.names() if "references" in method_options(name))
    with pytest.raises(InputError, match=f"'references' of {takers}; 'seed' of "):
        attribute("gradient", model, x, references=None, seed=1)
    assert "references" not in method_options("gradient")
    assert {"references", "seed"} <= method_options("deep_lift_shap")


def test_one_set_of_options_for_several_methods():
    options = {"targets": [1], "seed": 5, "sigma": 0.1, "n_steps": 4}
    assert applicable("gradient", options) == {"targets": [1]}
    assert applicable("smooth_grad", options) == {"targets": [1], "seed": 5, "sigma": 0.1}
    with pytest.raises(InputError, match=r"received \['sigmas'\]"):
        applicable("gradient", {"sigmas": 1})


def test_none_stands_for_the_default():
    model, x = small_model(), sequences(1)
    found = attribute("smooth_grad", model, x, n_samples=None, seed=None, targets=[0])
    plain = attribute("smooth_grad", model, x, targets=[0])
    np.testing.assert_array_equal(found.attributions, plain.attributions)


def test_whole_numbers_are_no_input_to_attribute():
    codes = keras.Input((LENGTH,), dtype="int32", name="codes")
    h = layers.Flatten()(layers.Embedding(5, 3)(codes))
    model = keras.Model(codes, layers.Dense(2)(h))
    with pytest.raises(ValueError, match="floats"):
        attribute("gradient", model, np.ones((2, LENGTH), np.int32))


@pytest.mark.parametrize("value", [0, 1, 0.25, -1])
@pytest.mark.parametrize("name", METHODS.names())
def test_delta_is_that_of_the_attributions_where_there_are_ns(name, value):
    model, x = small_model(), sequences(2)
    x[0, 3:6] = value
    result = run(name, model, x)
    if result.hypothetical is not None:
        assert not result.attributions[:, 0, 3:6].any()
    if result.delta is None:
        return
    compared = one_hot(result.reference_codes)
    compared[0, :, 3:6] = value
    flat = model.predict(compared.reshape(-1, LENGTH, 4), verbose=0)
    difference = model.predict(x, verbose=0) - flat.reshape(*compared.shape[:2], -1).mean(1)
    missed = result.attributions.sum((2, 3)) - difference.T
    np.testing.assert_allclose(result.delta.mean(-1), missed, atol=1e-5)
    if name == "deep_lift_shap":
        assert np.abs(missed).max() < 1e-5
    uniform = run(name, model, x, references="uniform")
    missed = uniform.attributions.sum((2, 3)) - (
        uniform.prediction - model.predict(np.full((1, LENGTH, 4), 0.25), verbose=0).T
    )
    np.testing.assert_allclose(uniform.delta.mean(-1), missed, atol=1e-5)


def shaped_model(shape: tuple, usual: keras.Model) -> keras.Model:
    """Return a model of the same layers that takes its DNA in another shape."""
    x = keras.Input(shape, name="other_shape")
    h = layers.Permute((2, 1))(x) if shape == (4, LENGTH) else layers.Reshape((LENGTH, 4))(x)
    for layer in usual.layers[1:]:
        h = layer(h)
    return keras.Model(x, h)


@pytest.mark.parametrize("shape", [(4, LENGTH), (1, LENGTH, 4)])
@pytest.mark.parametrize("name", METHODS.names())
def test_dna_of_another_shape_is_attributed_as_usual(name, shape):
    usual, x = small_model(), sequences(2)
    model = shaped_model(shape, usual)
    given = x.swapaxes(1, 2) if shape[0] == 4 else x[:, None]
    options = {"references": "background"} if name in CONTRIBUTIONS else {}
    expected = run(name, usual, x, **options)
    for each in (given, x):
        found = run(name, model, each, **options)
        np.testing.assert_allclose(found.attributions, expected.attributions, atol=1e-5)
        assert found.reference_kind == expected.reference_kind


def test_heads_and_inputs_are_named_by_the_keys_of_the_model():
    x = keras.Input((LENGTH, 4), name="dna")
    h = layers.Flatten()(layers.Conv1D(3, 3, activation="relu")(x))
    heads = {"tissue": layers.Dense(2, name="b")(h), "age": layers.Dense(1, name="c")(h)}
    model = keras.Model({"dna": x}, heads)
    for key, name in (("tissue", "b"), ("age", "c")):
        found = run("gradient", model, {"dna": sequences(2)}, head=key, wrt="dna")
        expected = run("gradient", model, sequences(2), head=name)
        np.testing.assert_array_equal(found.attributions, expected.attributions)
        assert len(found.target_names) == heads[key].shape[-1]
    with pytest.raises(InputError, match="head="):
        run("gradient", model, sequences(2), head="sex")


def test_the_cost_of_many_outputs_is_said_where_all_are_taken(caplog):
    x = keras.Input((LENGTH, 4))
    model = keras.Model(x, layers.Dense(60)(layers.Flatten()(x)))
    run("gradient", model, sequences(2), targets=list(range(60)))
    assert not caplog.messages
    run("gradient", model, sequences(2))
    assert caplog.messages[0].startswith("gradient: all 60 outputs of 2 sequences are attributed")


def profile_model() -> tuple[keras.Model, keras.Model, keras.Model]:
    """Return a model of two tracks of 8 bins, and the same with bins averaged or side by side."""
    keras.utils.set_random_seed(0)
    x = keras.Input((LENGTH, 4))
    tracks = layers.Conv1D(2, 3)(layers.Conv1D(5, 3, activation="relu")(x))
    ends = (tracks, layers.GlobalAveragePooling1D()(tracks), layers.Flatten()(tracks))
    return tuple(keras.Model(x, end) for end in ends)


@pytest.mark.parametrize("name", METHODS.names())
def test_outputs_of_bins_and_tracks(name):
    (model, averaged, flat), x = profile_model(), sequences(3)
    options = {"references": "uniform"}
    names = ["plus", "minus"]
    targets = [("mean", "minus"), (5, "plus"), ("profile", 1)]
    found = run(name, model, x, targets=targets, task_names=names, batch_size=3, **options)
    assert found.target_names == ("minus, mean", "plus, bin 5", "minus, profile")
    for k, other, target in ((0, averaged, 1), (1, flat, 10)):
        expected = run(name, other, x, targets=[target], **options)
        np.testing.assert_allclose(found.attributions[k], expected.attributions[0], atol=1e-5)
        np.testing.assert_allclose(found.prediction[k], expected.prediction[0], atol=1e-5)
    y = model.predict(x, verbose=0)
    p = np.exp(y) / np.exp(y).sum(1, keepdims=True)
    np.testing.assert_allclose(
        found.prediction[2], (p * (y - y.mean(1, keepdims=True))).sum(1)[:, 1], atol=1e-5
    )
    # held constant, the softmax of each sequence is a contrast of bins
    for row in range(3):
        weights = np.zeros((1, 8, 2))
        weights[0, :, 1] = p[row, :, 1] - 1 / 8
        alone = run(name, flat, x[row : row + 1], targets=weights.reshape(1, 16), **options)
        np.testing.assert_allclose(
            found.attributions[2, row], alone.attributions[0, 0], atol=1e-5
        )  # fmt: skip
    if name == "deep_lift_shap":
        assert np.abs(found.relative_delta).max() < 1e-4


@pytest.mark.parametrize("name", METHODS.names())
def test_outputs_of_one_number(name):
    (_, averaged, _), x = profile_model(), sequences(2)
    model = keras.Model(averaged.input, averaged.output[:, 1])
    found = run(name, model, x, task_names=["peak"])
    assert found.target_names == ("peak",)
    expected = run(name, averaged, x, targets=[1])
    np.testing.assert_allclose(found.attributions, expected.attributions, atol=1e-5)


def test_a_profile_of_a_softmax_and_of_any_length():
    (model, _, _), x = profile_model(), sequences(2)
    soft = keras.Model(model.input, layers.Softmax(axis=1)(model.output))
    any_length = keras.Input((None, 4))
    h = any_length
    for layer in model.layers[1:]:
        h = layer(h)
    expected = run("gradient", model, x, targets="profile")
    for each in (soft, keras.Model(any_length, h)):
        found = run("gradient", each, x, targets="profile")
        np.testing.assert_allclose(found.attributions, expected.attributions, atol=1e-6)
        assert found.target_names == ("0, profile", "1, profile")
