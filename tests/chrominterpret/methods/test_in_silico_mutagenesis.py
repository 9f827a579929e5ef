"""Every mutant against a loop over whole sequences, on many graphs; what falls back; by hand."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers, ops

from chrominterpret.methods.in_silico_mutagenesis import in_silico_mutagenesis
from chrominterpret.sequences import one_hot

pytestmark = pytest.mark.backend

LENGTH = 41


def sequences(n: int = 1, seed: int = 0, length: int = LENGTH) -> np.ndarray:
    return one_hot(np.random.default_rng(seed).integers(0, 4, (n, length)))


def randomised(model: keras.Model, seed: int = 1) -> keras.Model:
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        shape = tuple(variable.shape)
        if "variance" in variable.path or "gamma" in variable.path:
            variable.assign(rng.uniform(0.5, 2, shape))
        else:
            variable.assign(rng.normal(0, 1 / np.sqrt(max(np.prod(shape[:-1]), 4)), shape))
    return model


def all_mutants(x: np.ndarray) -> np.ndarray:
    """Return (L, 4, L, 4): each base at each position."""
    length = len(x)
    mutants = np.tile(x, (length, 4, 1, 1))
    for p in range(length):
        mutants[p, :, p] = np.eye(4)
    return mutants


def naive(model: keras.Model, x: np.ndarray, *context: np.ndarray) -> np.ndarray:
    """Return the outputs (T, N, L, 4)."""
    found = []
    for i, sequence in enumerate(x):
        rows = all_mutants(sequence).reshape(-1, *sequence.shape)
        others = [np.repeat(c[i : i + 1], len(rows), axis=0) for c in context]
        y = ops.convert_to_numpy(model([rows, *others] if others else rows))
        found.append(y.T.reshape(-1, *sequence.shape))
    return np.stack(found, axis=1)


def check(model: keras.Model, x: np.ndarray, *context: np.ndarray, fallback: str = "") -> None:
    given_x = [x, *context] if context else x
    result = in_silico_mutagenesis(model, given_x, output="as is", batch_size=64, wrt="dna")
    y = naive(model, x, *context)
    usual = ops.convert_to_numpy(model(given_x)).T
    assert np.abs(y - usual[..., None, None]).max() > 1e-3
    np.testing.assert_allclose(result.multipliers, y - usual[..., None, None], atol=1e-5)
    np.testing.assert_allclose(result.hypothetical, y - y.mean(-1, keepdims=True), atol=1e-5)
    np.testing.assert_allclose(result.attributions, result.hypothetical * x, atol=1e-7)
    np.testing.assert_allclose(result.prediction, usual, rtol=1e-4, atol=1e-5)
    assert len(result.warnings) == bool(fallback)
    assert fallback in "".join(result.warnings)


@keras.saving.register_keras_serializable(package="tests")
class OwnConvolution(layers.Layer):
    """A convolution with attributes of its own, declared."""

    window_rule = "window"

    def __init__(self, **options):
        super().__init__(**options)
        self.kernel_size, self.padding = 5, "same"

    def build(self, shape):
        self.w = self.add_weight(shape=(5, shape[-1], 6), name="w")

    def call(self, h):
        return ops.conv(h, self.w, padding=self.padding)


class Shifted(OwnConvolution):
    """Does not keep to what it declares."""

    def call(self, h):
        return ops.conv(h, self.w, padding="same")


def basset(x):
    h = x
    for filters, width in ((8, 9), (7, 5), (6, 3)):
        h = layers.Conv1D(filters, width, padding="same", use_bias=False)(h)
        h = layers.Activation("relu")(layers.BatchNormalization()(h))
        h = layers.MaxPooling1D(2, padding="same")(h)
    return layers.Dropout(0.3)(layers.Dense(9, activation="relu")(layers.Flatten()(h)))


def valid(x):
    h = layers.MaxPooling1D(3)(layers.Conv1D(7, 6, activation="exponential")(x))
    return layers.Flatten()(layers.LeakyReLU()(layers.Conv1D(5, 4, strides=2)(h)))


def dilated_residual(x):
    h = layers.Conv1D(6, 7, padding="same", activation="relu")(x)
    for rate in (2, 4):
        branch = layers.Conv1D(6, 3, padding="same", dilation_rate=rate, activation="gelu")(h)
        h = layers.Add()([h, branch])
    return layers.GlobalAveragePooling1D()(layers.Cropping1D((3, 5))(h))


def cropped_residual(x):
    h = layers.Conv1D(6, 7)(x)
    branch = layers.Conv1D(6, 3, dilation_rate=3)(h)
    return layers.Flatten()(ops.relu(layers.Cropping1D(3)(h) + 0.5 * branch))


def causal(x):
    h = layers.Conv1D(6, 4, padding="causal", dilation_rate=2, activation="elu")(x)
    return layers.GlobalMaxPooling1D(keepdims=False)(h)


def average_pools(x):
    h = layers.AveragePooling1D(5, strides=2, padding="valid")(layers.Conv1D(6, 4)(x))
    h = layers.Softmax()(layers.LayerNormalization()(layers.Dense(5, activation="tanh")(h)))
    return layers.Flatten()(layers.AveragePooling1D(3)(h))


def negative_padding_of_pools(x):
    h = layers.Conv1D(6, 4, padding="same", bias_initializer="ones")(x)
    h = layers.MaxPooling1D(5, strides=3, padding="same")(-1.0 - layers.ReLU()(h))
    return layers.Flatten()(layers.ZeroPadding1D((2, 1))(h))


def separable(x):
    h = layers.SeparableConv1D(6, 5, padding="same")(x)
    return layers.Flatten()(layers.DepthwiseConv1D(3, strides=2, depth_multiplier=2)(h))


def branches(x):
    one, other = (layers.Conv1D(6, width, padding="same")(x) for width in (3, 9))
    h = layers.Concatenate()([one, other, ops.maximum(one, other), one * ops.sigmoid(other)])
    h = layers.PReLU(shared_axes=[1], alpha_initializer="ones")(layers.MaxPooling1D(2)(h))
    return layers.Flatten()(layers.Subtract()([h, layers.Conv1D(24, 1)(h)]))


def summary(x):
    """The last activations and the mean of each block's, side by side."""
    means, h = [], x
    for _ in range(2):
        h = layers.Conv1D(6, 5, padding="same", activation="relu")(h)
        mean = layers.GlobalAveragePooling1D(keepdims=True)(h)
        means.append(layers.Flatten()(layers.BatchNormalization()(mean)))
        h = layers.MaxPooling1D(3, padding="same")(h)
    return layers.Concatenate()([layers.Flatten()(h), *means])


def both_strands(x):
    conv = layers.Conv1D(6, 5, activation="relu")
    forward, backward = conv(x), ops.flip(conv(ops.flip(x, axis=(1, 2))), axis=1)
    return ops.max(ops.maximum(forward, backward), axis=1)


def nested(x):
    h = inner_input = keras.Input((LENGTH, 4))
    h = layers.MaxPooling1D(2)(layers.Conv1D(6, 5, activation="relu")(h))
    ending = keras.Sequential([keras.Input((18, 6)), layers.Conv1D(5, 3), layers.Flatten()])
    return ending(keras.Model(inner_input, h)(x))


def declared(x):
    return ops.mean(ops.tanh(OwnConvolution()(layers.SpatialDropout1D(0.1)(x))), axis=1)


BUILDERS = [
    basset,
    valid,
    dilated_residual,
    cropped_residual,
    causal,
    average_pools,
    negative_padding_of_pools,
    separable,
    branches,
    summary,
    both_strands,
    nested,
    declared,
]


def built(builder) -> keras.Model:
    keras.utils.set_random_seed(0)
    x = keras.Input((LENGTH, 4), name="dna")
    return randomised(keras.Model(x, layers.Dense(2)(builder(x))))


def test_half_precision_before_a_convolution_in_single_costs_nothing():
    dna = keras.Input((LENGTH, 4), name="dna")
    h = layers.Conv1D(6, 9, padding="same", activation="relu", dtype="mixed_bfloat16")(dna)
    h = layers.Flatten()(layers.Conv1D(5, 11, padding="same", dtype="float32")(h))
    model = randomised(keras.Model(dna, layers.Dense(2, dtype="float32")(h)))
    found, plain = (in_silico_mutagenesis(model, sequences(), windowed=w) for w in (True, False))
    np.testing.assert_allclose(found.multipliers, plain.multipliers, atol=1e-5)


@pytest.mark.parametrize("builder", BUILDERS)
def test_windows_are_exact(builder):
    check(built(builder), sequences())


def recurrent(x):
    h = layers.Conv1D(6, 5, activation="relu")(x)
    return layers.SimpleRNN(4, unroll=True)(layers.MaxPooling1D(6)(h))


def recurrent_first(x):
    return layers.Flatten()(layers.Conv1D(3, 5)(layers.Dense(3)(ops.cumsum(x, axis=1))))


def squeeze_and_excite(x):
    h = layers.Conv1D(6, 5)(x)
    gate = layers.Dense(6, activation="sigmoid")(layers.GlobalAveragePooling1D(keepdims=True)(h))
    return layers.Flatten()(layers.Multiply()([h, gate]))


def two_dimensional(x):
    h = layers.Conv2D(3, (5, 4), activation="relu")(layers.Reshape((LENGTH, 4, 1))(x))
    return layers.Flatten()(h)


def own_slope_at_each_position(x):
    return layers.Flatten()(layers.PReLU(alpha_initializer="ones")(layers.Conv1D(6, 5)(x)))


def normed_over_positions(x):
    return layers.Flatten()(layers.LayerNormalization(axis=[1, 2])(layers.Conv1D(6, 5)(x)))


def one_position(x):
    return layers.Conv1D(6, 5)(x)[:, 20]


@pytest.mark.parametrize(
    ("builder", "named"),
    [
        (recurrent, "SimpleRNN"),
        (recurrent_first, "Cumsum"),
        (squeeze_and_excite, "Multiply"),
        (two_dimensional, "Reshape"),
        (own_slope_at_each_position, "PReLU"),
        (normed_over_positions, "LayerNormalization"),
        (one_position, "GetItem"),
    ],
)
def test_what_runs_in_full_says_so(builder, named):
    check(built(builder), sequences(), fallback=named)


@st.composite
def blocks(draw):
    """Sizes of a convolution and of the pool after it."""
    sizes = [draw(st.integers(1, most)) for most in (7, 3, 3, 4, 4)]
    paddings = [draw(st.sampled_from(["same", "valid"])) for _ in range(2)]
    return *sizes, *paddings, draw(st.booleans()), draw(st.booleans())


def stack(x, sizes):
    """Build as many blocks as leave some positions."""
    h = x
    for size, stride, rate, pool, pool_stride, padding, pool_padding, strided, mean in sizes:
        if max((size - 1) * rate + 1, pool) > h.shape[1]:
            break
        options = {"strides": stride} if strided else {"dilation_rate": rate}
        h = layers.Conv1D(5, size, padding=padding, activation="relu", **options)(h)
        kind = layers.AveragePooling1D if mean else layers.MaxPooling1D
        if pool <= h.shape[1] and not (mean and keras.backend.backend() == "torch"):
            h = kind(pool, strides=pool_stride, padding=pool_padding)(h)
    return layers.Flatten()(h)


@settings(max_examples=6, deadline=None)
@given(st.lists(blocks(), min_size=1, max_size=3))
def test_random_stacks(sizes):
    model, x = built(lambda x: stack(x, sizes)), sequences()
    result = in_silico_mutagenesis(model, x, output="as is")
    y = naive(model, x)
    np.testing.assert_allclose(result.hypothetical, y - y.mean(-1, keepdims=True), atol=1e-5)
    assert result.warnings == ()


def test_a_linear_model_by_hand():
    x = keras.Input((2, 4))
    dense = layers.Dense(1)
    model = keras.Model(x, dense(layers.Flatten()(x)))
    dense.set_weights([np.array([[1.0], [2], [3], [6], [0], [4], [0], [0]]), np.array([5.0])])
    result = in_silico_mutagenesis(model, one_hot([[3, 1]]))
    np.testing.assert_allclose(result.prediction, [[15]])
    np.testing.assert_allclose(result.multipliers[0, 0], [[-5, -4, -3, 0], [-4, 0, -4, -4]])
    np.testing.assert_allclose(result.hypothetical[0, 0], [[-2, -1, 0, 3], [-1, 3, -1, -1]])
    np.testing.assert_allclose(result.attributions[0, 0], [[0, 0, 0, 3], [0, 3, 0, 0]])
    assert result.method == "in_silico_mutagenesis"


def test_the_plain_way_agrees():
    model, x = built(basset), sequences(2)
    windows = in_silico_mutagenesis(model, x)
    plain = in_silico_mutagenesis(model, x, windowed=False)
    np.testing.assert_allclose(windows.multipliers, plain.multipliers, atol=1e-6)


def test_columns_of_zeros():
    x = sequences(2)
    x[1, 7:20] = 0
    model = built(basset)
    check(model, x)
    result = in_silico_mutagenesis(model, x)
    assert np.abs(result.multipliers[0, 1, 7:20]).min(axis=-1).max() > 0
    np.testing.assert_array_equal(result.attributions[:, 1, 7:20], 0)


def test_other_inputs_of_the_model():
    dna, marks = keras.Input((LENGTH, 4), name="dna"), keras.Input((5,), name="marks")
    state = layers.LayerNormalization()(marks)
    scale = layers.Reshape((1, 6))(layers.Dense(6)(state))
    h = layers.Conv1D(6, 5, activation="relu")(dna) * scale
    h = layers.Flatten()(layers.MaxPooling1D(4)(h))
    model = keras.Model([dna, marks], layers.Dense(2)(layers.Concatenate()([h, state])))
    marks = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    check(randomised(model), sequences(3), marks)
    shape = keras.Input((37, 6), name="shape")
    h = layers.Add()([layers.Conv1D(6, 5)(dna), shape])
    model = keras.Model([dna, shape], layers.Dense(2)(layers.Flatten()(h)))
    check(randomised(model), sequences(1), np.ones((1, 37, 6), np.float32), fallback="Add")


def test_targets_logits_batches_and_progress():
    x = keras.Input((LENGTH, 4))
    model = randomised(keras.Model(x, layers.Dense(3, activation="sigmoid")(basset(x))))
    seen = []
    contrast = {"a − c": {"a": 1, "c": -1}}
    found = in_silico_mutagenesis(
        model,
        sequences(2),
        targets=contrast,
        task_names=["a", "b", "c"],
        batch_size=50,
        progress=lambda *p: seen.append(p),
    )
    every = in_silico_mutagenesis(model, sequences(2), task_names=["a", "b", "c"])
    assert (found.target_names, found.output) == (("a − c",), "logit")
    difference = every.attributions[0] - every.attributions[2]
    np.testing.assert_allclose(found.attributions[0], difference, atol=1e-5)
    assert seen == [(1, 2), (2, 2)]
    y = ops.convert_to_numpy(model(sequences(2))).T
    np.testing.assert_allclose(1 / (1 + np.exp(-every.prediction)), y, rtol=1e-4)
    alone = in_silico_mutagenesis(model, sequences(2)[1:])
    np.testing.assert_allclose(alone.attributions, every.attributions[:, 1:], atol=1e-6)


def test_variable_length():
    x = keras.Input((None, 4), name="dna")
    h = layers.GlobalMaxPooling1D()(layers.Conv1D(8, 7, activation="relu")(x))
    check(randomised(keras.Model(x, layers.Dense(2)(h))), sequences())


def test_errors():
    model, x = built(basset), sequences()
    with pytest.raises(ValueError, match="one-hot"):
        in_silico_mutagenesis(model, x / 2)
    with pytest.raises(ValueError, match="expected input of shape"):
        in_silico_mutagenesis(model, x[:, 1:])
    dna, other = keras.Input((LENGTH, 4), name="dna"), keras.Input((3,), name="other")
    blind = keras.Model(
        [dna, other], [layers.Dense(1)(other), layers.Dense(1)(layers.Flatten()(dna))]
    )
    with pytest.raises(ValueError, match="depends on the mutated input"):
        in_silico_mutagenesis(blind, [x, np.ones((1, 3))], head=0)


def test_a_false_declaration_is_an_error():
    x = keras.Input((LENGTH, 4))
    model = keras.Model(x, layers.Dense(1)(layers.Flatten()(Shifted()(x))))
    with pytest.raises(ValueError, match=r"received 9 from .* of class Shifted"):
        in_silico_mutagenesis(model, sequences())
    wrong = type("Wrong", (layers.Identity,), {"window_rule": "magic", "call": lambda self, h: h})
    model = keras.Model(x, layers.Dense(1)(layers.Flatten()(wrong()(x))))
    with pytest.raises(ValueError, match="magic"):
        in_silico_mutagenesis(model, sequences())
