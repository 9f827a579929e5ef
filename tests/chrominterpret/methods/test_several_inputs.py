"""Models that read DNA and a signal, (N, S) or (N, B, S): every method on either input."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from chrominterpret.errors import InputError
from chrominterpret.methods.deep_lift_shap import deep_lift_shap
from chrominterpret.methods.gradient import gradient
from chrominterpret.methods.in_silico_mutagenesis import in_silico_mutagenesis
from chrominterpret.methods.registry import METHODS, applicable, attribute, method_options
from chrominterpret.sequences import one_hot

pytestmark = pytest.mark.backend

LENGTH = 12
SHAPES = {"2-D": (7,), "3-D": (5, 3)}
ON_NUMBERS = [name for name in METHODS.names() if name != "in_silico_mutagenesis"]
COMPARING = [name for name in METHODS.names() if "references" in method_options(name)]


def run(name, model, x, **options):
    if name == "shap" and keras.backend.backend() != "tensorflow":
        pytest.skip("shap explains Keras models on TensorFlow only")
    return attribute(name, model, x, **applicable(name, {"n_references": 3, "seed": 1} | options))


def arrays(shape: tuple, n: int = 3) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    signal = rng.gamma(2, 1, (n, *shape)).astype(np.float32)
    return {"dna": one_hot(rng.integers(0, 4, (n, LENGTH))), "signal": signal}


def linear_model(shape: tuple) -> tuple[keras.Model, dict[str, np.ndarray]]:
    """Return y = w·dna + v·signal + 1 and the weights of each input, shaped like it."""
    dna, signal = keras.Input((LENGTH, 4), name="dna"), keras.Input(shape, name="signal")
    flat = layers.Concatenate()([layers.Flatten()(dna), layers.Flatten()(signal)])
    dense = layers.Dense(1)
    model = keras.Model([dna, signal], dense(flat))
    weights = np.random.default_rng(1).normal(size=(LENGTH * 4 + int(np.prod(shape)), 1))
    dense.set_weights([weights, np.ones(1)])
    w, v = np.split(weights[:, 0], [LENGTH * 4])
    return model, {"dna": w.reshape(LENGTH, 4), "signal": v.reshape(shape)}


def gated_model(shape: tuple) -> keras.Model:
    """Return a model whose two towers multiply, curved in both."""
    keras.utils.set_random_seed(0)
    dna, signal = keras.Input((LENGTH, 4), name="dna"), keras.Input(shape, name="signal")
    h = layers.MaxPooling1D(2)(layers.Conv1D(6, 3, activation="relu")(dna))
    h = layers.Dense(4, activation="softplus")(layers.Flatten()(h))
    s = layers.Dense(4, activation="tanh")(layers.Flatten()(signal))
    return keras.Model([dna, signal], layers.Dense(2)(layers.Multiply()([h, s])))


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("wrt", ["dna", "signal"])
@pytest.mark.parametrize("name", METHODS.names())
def test_a_linear_model_by_hand(name, wrt, kind):
    model, weights = linear_model(SHAPES[kind])
    x = arrays(SHAPES[kind])
    if name == "in_silico_mutagenesis" and wrt == "signal":
        with pytest.raises(InputError, match=r"expected one-hot DNA \(N, L, 4\), received numbers"):
            run(name, model, x, wrt=wrt)
        return
    references = one_hot(np.arange(LENGTH) % 4) if wrt == "dna" else np.full(SHAPES[kind], 0.5)
    result = run(name, model, x, wrt=wrt, references=references)
    w, own = weights[wrt], x[wrt]
    if wrt == "dna":
        contributions = (w - (w * references).sum(-1, keepdims=True)) * own
    else:
        contributions = w * (own - references)
    expected = {
        "gradient": np.broadcast_to(w, own.shape),
        "in_silico_mutagenesis": (w - w.mean(-1, keepdims=True)) * own if wrt == "dna" else None,
    }.get(name, contributions if name in COMPARING else w * own)
    np.testing.assert_allclose(result.attributions[0], expected, atol=1e-5)
    prediction = sum((weights[key] * x[key]).reshape(3, -1).sum(1) for key in x) + 1
    np.testing.assert_allclose(result.prediction[0], prediction, rtol=1e-5)
    assert result.warnings == ()


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("references", [None, "zeros", "mean", "given", "each"])
def test_deep_lift_is_complete_for_the_signal(kind, references):
    shape = SHAPES[kind]
    model, x = gated_model(shape), arrays(shape)
    rng = np.random.default_rng(2)
    given = {
        "given": rng.normal(size=(4, *shape)).astype(np.float32),
        "each": rng.normal(size=(3, 2, *shape)).astype(np.float32),
    }.get(references, references)
    result = deep_lift_shap(model, x, wrt="signal", references=given)
    compared = {
        "mean": x["signal"].mean(0)[None, None],
        "given": np.broadcast_to(given, (3, 4, *shape)) if references == "given" else None,
        "each": given,
    }.get(references, np.zeros((1, 1, *shape), np.float32))
    compared = np.broadcast_to(compared, (3, *compared.shape[1:]))
    difference = ops.convert_to_numpy(model(x)) - np.mean(
        [
            ops.convert_to_numpy(model({"dna": x["dna"], "signal": compared[:, r]}))
            for r in range(compared.shape[1])
        ],
        axis=0,
    )
    axes = tuple(range(2, 2 + len(shape)))
    np.testing.assert_allclose(result.attributions.sum(axes), difference.T, atol=1e-5)
    assert np.abs(result.delta).max() < 1e-5
    assert result.reference_kind == {None: "zeros", "each": "given"}.get(references, references)
    assert result.hypothetical is None


@pytest.mark.parametrize("kind", SHAPES)
def test_deep_lift_is_complete_for_the_dna_at_its_own_signal(kind):
    model, x = gated_model(SHAPES[kind]), arrays(SHAPES[kind])
    result = deep_lift_shap(model, x, wrt="dna", n_references=3)
    compared = one_hot(result.reference_codes)
    at_references = [
        ops.convert_to_numpy(model({"dna": compared[:, r], "signal": x["signal"]}))
        for r in range(3)
    ]
    difference = ops.convert_to_numpy(model(x)) - np.mean(at_references, axis=0)
    np.testing.assert_allclose(result.attributions.sum((2, 3)), difference.T, atol=1e-5)


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("wrt", ["dna", "signal"])
def test_gradients_are_finite_differences(wrt, kind):
    model, x = gated_model(SHAPES[kind]), arrays(SHAPES[kind])
    found = gradient(model, x, wrt=wrt, targets=[1]).attributions[0]
    assert found.shape == x[wrt].shape
    step = 1e-2
    for place in zip(*np.unravel_index([0, 5, 2], x[wrt].shape[1:]), strict=True):
        moved = [{**x, wrt: x[wrt].copy()} for _ in range(2)]
        for sign, each in zip((1, -1), moved, strict=True):
            each[wrt][(slice(None), *place)] += sign * step
        above, below = (ops.convert_to_numpy(model(each))[:, 1] for each in moved)
        expected = (above - below) / (2 * step)
        np.testing.assert_allclose(found[(slice(None), *place)], expected, rtol=0.05, atol=2e-3)


@pytest.mark.parametrize("kind", SHAPES)
def test_mutants_keep_the_signal_of_their_sequence(kind):
    model, x = gated_model(SHAPES[kind]), arrays(SHAPES[kind])
    result = in_silico_mutagenesis(model, x, wrt="dna")
    usual = ops.convert_to_numpy(model(x)).T
    for position, base in ((0, 2), (7, 0), (LENGTH - 1, 3)):
        mutant = x["dna"].copy()
        mutant[:, position] = np.eye(4)[base]
        y = ops.convert_to_numpy(model({**x, "dna": mutant})).T
        np.testing.assert_allclose(result.multipliers[:, :, position, base], y - usual, atol=1e-5)


@pytest.mark.parametrize("name", ON_NUMBERS)
def test_batch_mates_make_no_difference_to_the_signal(name):
    model, x = gated_model((7,)), arrays((7,))
    whole = run(name, model, x, wrt="signal")
    alone = run(name, model, {key: value[1:2] for key, value in x.items()}, wrt="signal")
    np.testing.assert_allclose(alone.attributions, whole.attributions[:, 1:2], atol=1e-5)


def test_the_only_dna_input_is_chosen_and_others_are_checked():
    model, x = gated_model((7,)), arrays((7,))
    chosen = gradient(model, x)
    np.testing.assert_array_equal(chosen.attributions, gradient(model, x, wrt="dna").attributions)
    in_order = gradient(model, [x["dna"], x["signal"]])
    np.testing.assert_array_equal(in_order.attributions, chosen.attributions)
    with pytest.raises(InputError, match=r"shape \(None, 7\) as 'signal', received \(3, 6\)"):
        gradient(model, {**x, "signal": x["signal"][:, :6]})
    with pytest.raises(InputError, match=r"inputs \['dna', 'signal'\], received \['dna'\]"):
        gradient(model, {"dna": x["dna"]})
    for kind in ("background", "dinucleotide_shuffle"):
        with pytest.raises(InputError, match=r"\('zeros', 'mean'\) or an array"):
            deep_lift_shap(model, x, wrt="signal", references=kind)
