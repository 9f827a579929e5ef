import keras
import numpy as np
import pytest

from chrominterpret.filters import ablation
from chrominterpret.filters.first_layer import activations, find_first_layer

layers = keras.layers


def backbone(*between: keras.Layer, conv: keras.Layer) -> keras.Model:
    keras.utils.set_random_seed(0)
    given = keras.Input((60, 4))
    hidden = layers.Conv1D(6, 7, activation="relu", name="first")(given)
    for layer in between:
        hidden = layer(hidden)
    hidden = layers.GlobalMaxPooling1D()(conv(hidden))
    return keras.Model(given, layers.Dense(2, activation="sigmoid")(hidden))


def conv1d(**options: object) -> keras.Layer:
    return layers.Conv1D(4, 3, bias_initializer="normal", **options)


def predictions(model: keras.Model) -> tuple[bool, np.ndarray]:
    """Return whether the convolution is updated, and all predictions, usual ones first."""
    first = find_first_layer(model)
    x = np.eye(4)[np.random.default_rng(0).integers(0, 4, (5, 60))].astype(np.float32)
    ((_, _, activation),) = activations(first, x, batch_size=5)
    after = ablation.Ablation(model, first, "output")
    usual, without = after.start([activation], [x], activation.mean(axis=(0, 1)))
    slices = [slice(f, None, 6) for f in range(6)] + [slice(1, None, 3), slice(2, 5)]
    return after.bridge is not None, np.stack([usual, *map(without, slices)])


MODELS = {
    "bare": lambda: backbone(conv=conv1d()),
    "pooled": lambda: backbone(
        layers.MaxPooling1D(3),
        layers.BatchNormalization(),
        layers.Activation("tanh"),
        conv=conv1d(padding="same"),
    ),
    "activated": lambda: backbone(
        layers.Dropout(0.5), layers.AveragePooling1D(2), conv=conv1d(activation="gelu")
    ),
    "strided": lambda: backbone(layers.LeakyReLU(), conv=conv1d(strides=2, use_bias=False)),
    "dilated": lambda: backbone(conv=conv1d(dilation_rate=3)),
}


@pytest.mark.parametrize("name", MODELS)
def test_updating_the_convolution_changes_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = MODELS[name]()
    updated, quick = predictions(model)
    monkeypatch.setattr(ablation, "_find_bridge", lambda *_: None)
    plain, full = predictions(model)
    assert (updated, plain) == (True, False)
    np.testing.assert_allclose(quick, full, atol=2e-6)
    np.testing.assert_allclose(full[0], predictions(model)[1][0])
    assert np.abs(full[1:] - full[0]).max() > 1e-4


@pytest.mark.parametrize(
    "model",
    [
        lambda: backbone(layers.LayerNormalization(), conv=conv1d()),
        lambda: backbone(layers.BatchNormalization(axis=1), conv=conv1d()),
        lambda: backbone(layers.Activation("softmax"), conv=conv1d()),
        lambda: backbone(conv=conv1d(groups=2)),
        lambda: backbone(conv=conv1d(padding="causal")),
        lambda: backbone(conv=layers.SeparableConv1D(4, 3)),
    ],
)
def test_other_layers_run_in_full(model: object) -> None:
    model = model()  # type: ignore[operator]
    updated, values = predictions(model)
    assert not updated
    assert np.abs(values[1:] - values[0]).max() > 0


def test_usual_predictions_are_the_models() -> None:
    model = MODELS["pooled"]()
    x = np.eye(4)[np.random.default_rng(0).integers(0, 4, (5, 60))].astype(np.float32)
    expected = np.array(keras.ops.convert_to_numpy(model(x)))
    np.testing.assert_allclose(predictions(model)[1][0], expected, atol=1e-6)
