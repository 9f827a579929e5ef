"""Random graphs: DeepLIFT is complete, windows agree with the plain way, gradients with the tape.

Several graphs are the outputs of one model, of which the methods explain the sum.
"""

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers, ops

from chrominterpret.methods.deep_lift_shap import deep_lift_shap
from chrominterpret.methods.gradient import gradient
from chrominterpret.methods.in_silico_mutagenesis import in_silico_mutagenesis
from chrominterpret.sequences import one_hot

LENGTH, CHANNELS = 16, 3


def conv(h, width: int = 3, **options):
    return layers.Conv1D(CHANNELS, width, **{"padding": "same"} | options)(h)


def attended(h):
    logits = ops.matmul(conv(h), ops.swapaxes(conv(h), 1, 2))
    return ops.matmul(ops.softmax(logits, axis=-1), h)


BLOCKS = {
    "relu": lambda h: conv(h, activation="relu"),
    "gelu": lambda h: conv(h, 2, activation="gelu"),
    "dilated": lambda h: conv(h, dilation_rate=2, activation="softplus"),
    "strided": lambda h: conv(h, strides=2),
    "causal": lambda h: conv(h, padding="causal", activation="tanh"),
    "transposed": lambda h: layers.Conv1DTranspose(CHANNELS, 2)(h),
    "depthwise": lambda h: layers.DepthwiseConv1D(3, padding="same", activation="elu")(h),
    "max_pool": lambda h: layers.MaxPooling1D(3, 2, padding="same")(h),
    "average_pool": lambda h: (
        layers.AveragePooling1D(2, 1, padding="valid")(h) if h.shape[1] > 2 else h
    ),
    "up": lambda h: layers.UpSampling1D(2)(h),
    "flip": lambda h: ops.flip(h, axis=1),
    "batch_norm": lambda h: layers.BatchNormalization()(h),
    "layer_norm": lambda h: layers.LayerNormalization()(h),
    "rms_norm": lambda h: layers.RMSNormalization()(h),
    "softmax": lambda h: ops.softmax(h, axis=-1) + h,
    "over_positions": lambda h: h * layers.Softmax(axis=1)(conv(h)),
    "gate": lambda h: layers.Multiply()([h, conv(h, activation="sigmoid")]),
    "residual": lambda h: layers.Add()([h, conv(h, activation="selu")]),
    "dense": lambda h: layers.Dense(CHANNELS, activation="silu")(h),
    "larger": lambda h: ops.maximum(h, conv(h)),
    "smaller": lambda h: layers.Minimum()([h, conv(h)]),
    "quotient": lambda h: h / (1.0 + ops.square(conv(h))),
    "both": lambda h: layers.Concatenate()([h, conv(h)])[:, :, 1:-2],
    "centred": lambda h: h - ops.mean(h, axis=1, keepdims=True),
    "attended": attended,
    "own": lambda h: layers.Lambda(lambda z: ops.tanh(z) + 0.5 * z)(h),
    "dropout": lambda h: layers.Dropout(0.5)(h),
}
ENDS = {
    "flat": layers.Flatten,
    "mean": layers.GlobalAveragePooling1D,
    "largest": layers.GlobalMaxPooling1D,
}
GRAPHS = st.tuples(
    st.lists(st.sampled_from(sorted(BLOCKS)), min_size=1, max_size=4), st.sampled_from(sorted(ENDS))
)


def model_of(graphs: list) -> keras.Model:
    """Return a model with an output (N, 1) for each graph, side by side."""
    keras.utils.set_random_seed(0)
    x = keras.Input((LENGTH, 4))
    outputs = []
    for blocks, end in graphs:
        h = conv(x)
        for block in blocks:
            h = BLOCKS[block](h)
        outputs.append(layers.Dense(1)(ENDS[end]()(h)))
    model = keras.Model(x, layers.Concatenate()(outputs) if len(outputs) > 1 else outputs[0])
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if len(weight.shape) == 1 and "variance" not in weight.path:  # biases, which begin at 0
            weight.assign(weight + rng.normal(0, 0.3, weight.shape))
    return model


def check(graphs: list, gradients) -> None:
    model, rng = model_of(graphs), np.random.default_rng(1)
    x, r = (one_hot(rng.integers(0, 4, (2, LENGTH))) for _ in range(2))
    at_x, at_r = (ops.convert_to_numpy(model(z)).astype(float) for z in (x, r))
    size = np.maximum(np.abs(at_x), np.abs(at_x - at_r)).sum(axis=1).max()
    every = {"targets": np.ones((1, len(graphs)))}

    found = deep_lift_shap(model, x, references=r[:, None], **every)
    missed = found.attributions[0].sum((1, 2)) - (at_x - at_r).sum(axis=1)
    assert np.abs(missed).max() <= 1e-5 * size

    _, (slope,) = gradients(lambda z: ops.sum(model(z)), x)
    np.testing.assert_allclose(
        gradient(model, x, **every).multipliers[0], slope, atol=1e-5 * np.abs(slope).max()
    )

    windows, plain = (in_silico_mutagenesis(model, x[:1], windowed=way) for way in (True, False))
    apart = np.abs(windows.multipliers - plain.multipliers).max((1, 2, 3))
    assert not (apart > 1e-5 * np.maximum(np.abs(at_x).max(axis=0), 1)).any()


OPTIONS = {
    "deadline": None,
    "database": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@pytest.mark.usefixtures("at_once")
@settings(max_examples=3, **OPTIONS)
@given(graphs=st.lists(GRAPHS, min_size=5, max_size=5))
def test_some_random_graphs(graphs, gradients):
    check(graphs, gradients)


@pytest.mark.slow
@pytest.mark.usefixtures("at_once")
@settings(max_examples=50, **OPTIONS)
@given(graphs=st.lists(GRAPHS, min_size=10, max_size=10))
def test_many_random_graphs(graphs, gradients):
    check(graphs, gradients)
