"""A zoo of models, each layer of Keras for sequences among them, under every attribution method.

Every method is held to a plain reference that shares no code with it, or refuses the model at
once and says how to go on. One method a model is compiled in each check; all run in the slow test.
"""

import re
import time
from functools import cache

import keras
import numpy as np
import pytest
from keras import layers, ops

from chrominterpret.engine.keras_private import with_sublayers
from chrominterpret.engine.rule_table import RULE_OF_LAYER
from chrominterpret.errors import InputError
from chrominterpret.methods.deep_lift_shap import check_supported
from chrominterpret.methods.registry import METHODS, applicable, attribute
from chrominterpret.sequences import generator_of, one_hot

LENGTH = 20
EXACT = 1e-5


def conv(x, filters: int = 4, **options):
    return layers.Conv1D(filters, 3, padding="same", **options)(x)


def image(x):
    """Return x (N, 20, 4) as (N, 5, 4, 4): four-base words of four positions."""
    return layers.Reshape((5, 4, 4))(x)


def inner(layer, *args, **options):
    """Return a builder with a new layer of a class after a convolution."""
    return lambda x: layer(*args, **options)(conv(x, activation="tanh"))


def both(layer, *args, **options):
    """Return a builder with a new layer of two convolutions."""
    return lambda x: layer(*args, **options)([conv(x), conv(x, activation="tanh")])


def attention(layer, *args, causal: bool = False, **options):
    """Return a builder with self-attention."""

    def build(x):
        h = conv(x, activation="tanh")
        return layer(*args, **options)(h, h, use_causal_mask=causal)

    return build


def transformer(x):
    h = conv(x, activation="gelu")
    h = layers.LayerNormalization()(h + layers.MultiHeadAttention(2, 3, dropout=0.1)(h, h))
    feed = layers.Dense(4)(layers.Dense(6, activation="silu")(h))
    return layers.GlobalAveragePooling1D()(layers.RMSNormalization()(h + feed))


def squeeze_and_excite(x):
    h = conv(x, activation="relu")
    gate = layers.Dense(4, activation="sigmoid")(layers.GlobalAveragePooling1D(keepdims=True)(h))
    return layers.Multiply()([h, gate])


def u_net(x):
    h = conv(x, activation="relu")
    low = conv(layers.MaxPooling1D(2)(h), activation="elu")
    return layers.Concatenate()([h, layers.UpSampling1D(2)(low)])


def siamese(x):
    layer = layers.Conv1D(4, 3, activation="relu")
    ends = [layers.Cropping1D((0, 10))(x), layers.Cropping1D((10, 0))(x)]
    return layers.Subtract()([layers.GlobalMaxPooling1D()(layer(end)) for end in ends])


def nested(x):
    h = keras.Input((LENGTH, 4))
    norm = layers.LayerNormalization()(conv(h))
    return layers.TimeDistributed(layers.Dense(3, activation="softplus"))(keras.Model(h, norm)(x))


def attention_of_operations(x):
    query, key, value = conv(x), conv(x), conv(x)
    logits = ops.einsum("bqc,bkc->bqk", query, key) / 2.0
    causal = np.tri(LENGTH, dtype=bool)
    return ops.matmul(ops.softmax(ops.where(causal, logits, -1e9), axis=-1), value)


def attention_pooling(x):
    h = conv(x, activation="relu")
    return ops.sum(h * layers.Softmax(axis=1)(layers.Dense(1)(h)), axis=1)


class Mixer(layers.Layer):
    """A layer of someone's own, in operations and with other layers in it."""

    def build(self, shape):
        self.across = layers.Dense(shape[1])
        self.across.build((*shape[:1], shape[2], shape[1]))
        self.scale = self.add_weight(shape=(shape[2],), name="scale")

    def call(self, h, training=False):
        mixed = ops.swapaxes(self.across(ops.swapaxes(h, 1, 2)), 1, 2)
        return h + self.scale * ops.tanh(mixed)


def bent(h):
    return ops.where(h > 0, h, ops.expm1(h))


class Sorting(layers.Layer):
    def call(self, h):
        return ops.sort(h, axis=1)


ZOO = {
    "dense": lambda x: layers.Dense(5, activation="relu")(layers.Flatten()(x)),
    "einsum_dense": inner(layers.EinsumDense, "blc,cd->bld", (LENGTH, 3)),
    "conv": lambda x: conv(x, activation="relu"),
    "conv_softmax": lambda x: conv(x, activation="softmax"),
    "conv_2d": lambda x: layers.Conv2D(3, 2, activation="relu")(image(x)),
    "separable": lambda x: layers.SeparableConv1D(4, 3, activation="gelu")(x),
    "depthwise": lambda x: layers.DepthwiseConv1D(3, activation="selu")(x),
    "transposed": lambda x: layers.Conv1DTranspose(3, 3, strides=2, activation="mish")(x),
    "dilated": lambda x: conv(conv(x, dilation_rate=2, activation="relu"), dilation_rate=4),
    "max_pool": inner(layers.MaxPooling1D, 3, strides=2, padding="same"),
    "average_pool": inner(layers.AveragePooling1D, 3),
    "global_max": inner(layers.GlobalMaxPooling1D),
    "global_average": inner(layers.GlobalAveragePooling1D),
    "adaptive_max": inner(layers.AdaptiveMaxPooling1D, 7),
    "adaptive_average": inner(layers.AdaptiveAveragePooling1D, 7),
    "batch_norm": inner(layers.BatchNormalization),
    "layer_norm": inner(layers.LayerNormalization),
    "layer_norm_2": inner(layers.LayerNormalization, axis=[1, 2]),
    "group_norm": inner(layers.GroupNormalization, 2),
    "unit_norm": inner(layers.UnitNormalization),
    "rms_norm": inner(layers.RMSNormalization),
    "spectral_norm": inner(layers.SpectralNormalization, layers.Conv1D(3, 3)),
    "normalization": inner(layers.Normalization, mean=0.5, variance=2.0),
    "rescaling": inner(layers.Rescaling, 2.0, offset=1.0),
    "softmax": inner(layers.Softmax, axis=1),
    "log_softmax": inner(layers.Activation, "log_softmax"),
    "relu": inner(layers.ReLU, max_value=0.3, negative_slope=0.1),
    "leaky_relu": inner(layers.LeakyReLU),
    "prelu": inner(layers.PReLU, alpha_initializer="ones"),
    "elu": inner(layers.ELU),
    "glu": lambda x: ops.glu(conv(x)),
    "activation": inner(layers.Activation, lambda h: h * ops.sigmoid(1.7 * h)),
    "multi_head": attention(layers.MultiHeadAttention, 2, 3),
    "multi_head_causal": attention(layers.MultiHeadAttention, 2, 3, dropout=0.2, causal=True),
    "grouped_query": attention(layers.GroupQueryAttention, 3, 4, 2, causal=True),
    "attention": both(layers.Attention, use_scale=True),
    "attention_concat": both(layers.Attention, score_mode="concat"),
    "additive_attention": both(layers.AdditiveAttention),
    "attention_of_operations": attention_of_operations,
    "attention_pooling": attention_pooling,
    "transformer": transformer,
    "lstm": inner(layers.LSTM, 3),
    "lstm_sequences": inner(layers.LSTM, 2, return_sequences=True, go_backwards=True),
    "gru": inner(layers.GRU, 3),
    "gru_reset_before": inner(layers.GRU, 2, reset_after=False, return_sequences=True),
    "simple_rnn": inner(layers.SimpleRNN, 3),
    "stacked_cells": inner(layers.RNN, [layers.LSTMCell(2), layers.GRUCell(2)]),
    "simple_cell": inner(layers.RNN, layers.SimpleRNNCell(2), unroll=True),
    "conv_lstm": lambda x: layers.ConvLSTM1D(2, 2)(image(x)),
    "bidirectional": inner(layers.Bidirectional, layers.GRU(2, return_sequences=True)),
    "bidirectional_product": inner(layers.Bidirectional, layers.LSTM(2), merge_mode="mul"),
    "time_distributed": lambda x: layers.TimeDistributed(layers.Conv1D(2, 2))(image(x)),
    "masked_rnn": lambda x: layers.SimpleRNN(3)(layers.Masking()(x)),
    "add": both(layers.Add),
    "average": both(layers.Average),
    "subtract": both(layers.Subtract),
    "multiply": both(layers.Multiply),
    "maximum": both(layers.Maximum),
    "minimum": both(layers.Minimum),
    "concatenate": both(layers.Concatenate, axis=1),
    "dot": both(layers.Dot, axes=1),
    "cosine": both(layers.Dot, axes=1, normalize=True),
    "reshape": inner(layers.Reshape, (5, 16)),
    "permute": inner(layers.Permute, (2, 1)),
    "repeat_vector": lambda x: layers.RepeatVector(3)(layers.GlobalMaxPooling1D()(conv(x))),
    "cropping": inner(layers.Cropping1D, 2),
    "zero_padding": inner(layers.ZeroPadding1D, 2),
    "up_sampling": inner(layers.UpSampling1D, 2),
    "dropout": inner(layers.Dropout, 0.5),
    "spatial_dropout": inner(layers.SpatialDropout1D, 0.5),
    "gaussian_dropout": inner(layers.GaussianDropout, 0.5),
    "alpha_dropout": inner(layers.AlphaDropout, 0.5),
    "noise": inner(layers.GaussianNoise, 0.5),
    "activity": inner(layers.ActivityRegularization, l2=0.1),
    "identity": inner(layers.Identity),
    "lambda": inner(layers.Lambda, lambda h: ops.exp(h) * h),
    "own_layer": inner(Mixer),
    "squeeze_and_excite": squeeze_and_excite,
    "u_net": u_net,
    "siamese": siamese,
    "nested": nested,
    "quotient": lambda x: conv(x) / (1 + ops.exp(conv(x))),
    "log_sum_exp": lambda x: ops.logsumexp(conv(x), axis=1),
    "deviation": lambda x: ops.std(conv(x, activation="tanh"), axis=1),
    "sorting": inner(Sorting),
    "running_product": lambda x: ops.cumprod(conv(x), axis=1),
    "own_choice": lambda x: ops.where(conv(x) > 0, conv(x), 0.0),
}
# Without a rule: some under every method, as all of the zoo, and others that are refused alike.
REFUSED = {name: ZOO[name] for name in ("sorting", "running_product", "own_choice")} | {
    "lambda_choice": inner(layers.Lambda, bent),
    "activation_choice": inner(layers.Activation, bent),
    "power": lambda x: ops.power(ops.exp(conv(x)), conv(x)),
    "taken": lambda x: ops.take_along_axis(conv(x), ops.argsort(conv(x), axis=1), axis=1),
    "largest": lambda x: ops.top_k(layers.Flatten()(conv(x)), 3)[0],
    "median": lambda x: ops.median(conv(x), axis=1),
    "norm_of_order_1": lambda x: ops.normalize(conv(x), order=1),
    "softmax_over_the_batch": lambda x: ops.softmax(conv(x), axis=None),
    "log_sum_exp_of_two_axes": lambda x: ops.logsumexp(conv(x), axis=(1, 2), keepdims=True),
    "masked_positions": lambda x: ops.copy(
        layers.TimeDistributed(layers.Dense(2))(layers.Masking()(x))
    ),
}


@cache
def built(name: str) -> keras.Model:
    keras.utils.set_random_seed(0)
    x = keras.Input((LENGTH, 4))
    model = keras.Model(x, layers.Dense(2)(layers.Flatten()((ZOO | REFUSED)[name](x))))
    rng = np.random.default_rng(1)
    for weight in model.weights:
        shape = tuple(weight.shape)
        if "seed" not in weight.path and "variance" not in weight.path:
            fan = max(np.prod(shape[:-1]), 2) ** 0.5
            weight.assign(rng.normal(0, 1 / fan, shape) + ("gamma" in weight.path))
    return model


def sequences(n: int = 2, seed: int = 0) -> np.ndarray:
    x = one_hot(np.random.default_rng(seed).integers(0, 4, (n, LENGTH)))
    x[0, 3] = 0  # an N
    return x


def predictions(model: keras.Model, x: np.ndarray) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(model(x)), np.float64)[:, 0]


class Plain:
    """What the methods should give, from the model's own calls and gradients."""

    def __init__(self, model: keras.Model, gradients) -> None:
        self.model, self.x, self.r = model, sequences(), sequences(seed=1)
        self._gradients = gradients

    def slope(self, points: np.ndarray) -> np.ndarray:
        function = lambda z: ops.sum(self.model(z)[:, 0])  # noqa: E731
        return self._gradients(function, points.astype(np.float32))[1][0]

    def along(self, times: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return the weighed gradients at points (n, S) of the paths from r to x."""
        times = np.asarray(times)[..., None, None]
        points = (1 - times) * self.r[:, None] + times * self.x[:, None]
        slopes = self.slope(points.reshape(-1, LENGTH, 4)).reshape(points.shape)
        return (slopes * np.asarray(weights)[..., None, None]).sum(1)

    def mutated(self) -> np.ndarray:
        """Return the change of the output by each base at each position."""
        rows = np.repeat(self.x, LENGTH * 4, axis=0).reshape(-1, LENGTH, 4, LENGTH, 4)
        for position in range(LENGTH):
            rows[:, position, :, position] = np.eye(4)
        y = predictions(self.model, rows.reshape(-1, LENGTH, 4)).reshape(-1, LENGTH, 4)
        return y - predictions(self.model, self.x)[:, None, None]


def steps(plain: Plain) -> np.ndarray:
    nodes, weights = np.polynomial.legendre.leggauss(4)
    shape = (len(plain.x), 1)
    return plain.along(np.tile((nodes + 1) / 2, shape), np.tile(weights / 2, shape))


def drawn(plain: Plain) -> np.ndarray:
    streams = [generator_of(row, 0).spawn(1)[0] for row in plain.x]
    times = np.array([rng.permutation(1) + rng.random(1) for rng in streams])
    return plain.along(times, np.ones_like(times))


MULTIPLIERS = {
    "gradient": lambda plain: plain.slope(plain.x),
    "gradient_x_input": lambda plain: plain.slope(plain.x),
    "smooth_grad": lambda plain: plain.slope(plain.x),
    "integrated_gradients": steps,
    "expected_gradients": drawn,
    "in_silico_mutagenesis": Plain.mutated,
}
OPTIONS = {"targets": [0], "n_steps": 4, "sigma": 0.0, "n_samples": 2, "seed": 0}


def check(model_name: str, method: str, gradients) -> None:
    """Raise unless a method gives what the plain reference gives, or refuses."""
    if method == "shap" and keras.backend.backend() != "tensorflow":
        pytest.skip("shap explains Keras models on TensorFlow only")
    plain = Plain(built(model_name), gradients)
    options = applicable(method, OPTIONS | {"references": plain.r[:, None], "n_references": 1})
    if method == "deep_lift_shap" and model_name in REFUSED:
        with pytest.raises(InputError, match="integrate="):
            attribute(method, plain.model, plain.x, **options)
        return
    try:
        result = attribute(method, plain.model, plain.x, **options)
    except InputError:
        if method != "shap":
            raise
        return
    at_x, at_r = predictions(plain.model, plain.x), predictions(plain.model, plain.r)
    size = max(np.abs(at_x).max(), np.abs(at_x - at_r).max())
    np.testing.assert_allclose(result.prediction[0], at_x, atol=3e-6 * size)
    if method in MULTIPLIERS:
        expected = MULTIPLIERS[method](plain)
        close = 2e-5 * max(np.abs(expected).max(), size / LENGTH)
        np.testing.assert_allclose(result.multipliers[0], expected, atol=close)
        return
    missed = np.abs(result.attributions[0].sum((1, 2)) - (at_x - at_r))
    assert missed.max() <= EXACT * size or (method == "shap" and result.warnings)


NAMES, ALL = list(ZOO), METHODS.names()
QUICK = [name for name in ALL if name != "shap"]  # which takes as long as all others together
# Recurrent layers take seconds to compile a gradient: these wait for the slow test.
LONG = ("lstm_sequences", "gru_reset_before", "stacked_cells", "conv_lstm", "bidirectional",
        "bidirectional_product", "masked_rnn", "simple_cell", "gru")  # fmt: skip
ROTATING = [
    (name, QUICK[place % len(QUICK)]) for place, name in enumerate(NAMES) if name not in LONG
]


@pytest.mark.backend
@pytest.mark.parametrize(("name", "method"), ROTATING)
def test_a_method_is_right(name, method, gradients):
    check(name, method, gradients)


@pytest.mark.slow
@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("name", NAMES)
def test_every_method_is_right(name, method, gradients):
    check(name, method, gradients)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in REFUSED])
def test_deep_lift_knows_at_once_what_it_supports(name):
    check_supported(built(name))


@pytest.mark.parametrize("name", REFUSED)
def test_deep_lift_knows_at_once_what_it_refuses(name):
    """Without computing: in under 10 ms of a quiet machine, for which a busy one takes longer."""
    model, took = built(name), []
    for _ in range(5):
        began = time.perf_counter()
        with pytest.raises(InputError, match=r"received '.* with register_rule, or .*integrate="):
            attribute("deep_lift_shap", model, sequences(), targets=[0])
        took.append(time.perf_counter() - began)
    assert min(took) < 0.05


def test_every_layer_with_a_rule_is_in_the_zoo():
    seen = {type(layer) for name in NAMES for layer in with_sublayers(built(name))}
    missing = {cls.__name__ for cls in RULE_OF_LAYER.keys() - seen}
    assert {name for name in missing if not re.search("[23]D", name)} == set()
    assert len(NAMES) >= 60
