import keras
import numpy as np
import pytest

from chrominterpret.filters.first_layer import (
    activations,
    checked_filter_names,
    checked_onehot,
    find_first_layer,
)

layers = keras.layers


@keras.saving.register_keras_serializable(package="test_first_layer")
class Turn(layers.Layer):
    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return keras.ops.flip(keras.ops.flip(x, axis=1), axis=2)


def conv_model(**options: object) -> keras.Model:
    given = keras.Input((30, 4))
    hidden = layers.Conv1D(3, **{"kernel_size": 5, **options}, name="first")(given)
    hidden = layers.ReLU(name="relu")(layers.BatchNormalization(name="norm")(hidden))
    pooled = layers.MaxPooling1D(2)(hidden)
    return keras.Model(given, layers.Dense(2)(layers.Flatten()(pooled)))


GEOMETRIES = [
    {"padding": padding, "strides": strides, "kernel_size": size, "dilation_rate": dilation}
    for padding in ("valid", "same", "causal")
    for strides, size, dilation in [(1, 5, 1), (1, 6, 1), (3, 6, 1), (4, 5, 1), (1, 4, 3)]
]


@pytest.mark.parametrize("options", GEOMETRIES)
def test_windows_are_what_the_layer_reads(options: dict) -> None:
    """With a kernel of random numbers, the window at each start gives the layer's output."""
    model = conv_model(**options)
    first = find_first_layer(model, stage="convolution")
    x = np.random.default_rng(0).normal(size=(2, 30, 4)).astype(np.float32)
    ((_, _, given),) = activations(first, x, batch_size=2)
    kernel, bias = model.get_layer("first").get_weights()
    offsets = np.arange(first.width) * first.dilation
    for position in range(first.n_positions)[first.inside]:
        window = x[:, first.starts[position] + offsets]
        expected = np.einsum("nkb,kbf->nf", window, kernel) + bias
        np.testing.assert_allclose(given[:, position], expected, atol=1e-5)
    outside = set(range(first.n_positions)) - set(range(first.n_positions)[first.inside])
    assert bool(outside) == (options["padding"] != "valid")
    for position in outside:
        seen = first.starts[position] + offsets
        assert seen.min() < 0 or seen.max() >= 30


def test_stage_follows_normalisation_and_activation() -> None:
    model = conv_model()
    assert find_first_layer(model).output is model.get_layer("relu").output
    before = find_first_layer(model, stage="convolution")
    assert before.output is model.get_layer("first").output
    assert (before.name, before.n_filters, before.width, before.n_positions) == ("first", 3, 5, 26)


def test_activation_read_twice_is_the_end() -> None:
    given = keras.Input((30, 4))
    hidden = layers.Conv1D(3, 5, name="first")(given)
    both = layers.Add()([layers.ReLU()(hidden), layers.Activation("tanh")(hidden)])
    model = keras.Model(given, layers.GlobalMaxPooling1D()(both))
    assert find_first_layer(model).output is model.get_layer("first").output


def test_shared_convolution_takes_the_strand_that_is_given() -> None:
    given = keras.Input((30, 4))
    shared = layers.Conv1D(3, 5, name="shared")
    turned = shared(Turn()(given))
    straight = shared(given)
    model = keras.Model(given, layers.GlobalMaxPooling1D()(layers.Add()([turned, straight])))
    assert find_first_layer(model).output is straight


def test_other_inputs_are_left_out() -> None:
    given, other = keras.Input((30, 4)), keras.Input((3,))
    hidden = layers.GlobalMaxPooling1D()(layers.Conv1D(3, 5, activation="relu")(given))
    model = keras.Model([other, given], layers.Dense(1)(layers.Concatenate()([hidden, other])))
    first = find_first_layer(model)
    assert first.input is given
    ((rows, x, activation),) = activations(first, np.zeros((2, 30, 4)), batch_size=5)
    assert (rows, x.shape, activation.shape) == (slice(0, 2), (2, 30, 4), (2, 26, 3))


def test_finding_leaves_the_model_as_it_was() -> None:
    model = conv_model()
    list(activations(find_first_layer(model), np.zeros((2, 30, 4)), batch_size=1))
    assert all(len(layer._inbound_nodes) == 1 for layer in model.layers)


def test_several_convolutions_must_be_named() -> None:
    given = keras.Input((30, 4))
    both = [layers.Conv1D(3, size, name=f"conv{size}", padding="same")(given) for size in (3, 5)]
    model = keras.Model(given, layers.GlobalMaxPooling1D()(layers.Concatenate()(both)))
    with pytest.raises(ValueError, match=r"name one of .*'conv3', 'conv5'"):
        find_first_layer(model)
    assert find_first_layer(model, layer="conv5").width == 5
    with pytest.raises(ValueError, match=r"named 'conv7'; the model has .*'conv3', 'conv5'"):
        find_first_layer(model, layer="conv7")


def test_models_without_a_first_layer() -> None:
    given = keras.Input((30, 5))
    wide = keras.Model(given, layers.Conv1D(2, 3)(given))
    with pytest.raises(ValueError, match="the model has none"):
        find_first_layer(wide)
    with pytest.raises(ValueError, match=r"functional Keras model .* received str"):
        find_first_layer("model")  # type: ignore[arg-type]
    given = keras.Input((None, 4))
    free = keras.Model(given, layers.GlobalMaxPooling1D()(layers.Conv1D(2, 3)(given)))
    with pytest.raises(ValueError, match="fixed sequence length"):
        find_first_layer(free)
    given = keras.Input((4, 4))
    short = keras.Model(given, layers.Conv1D(2, 9, padding="same", name="c")(given))
    with pytest.raises(ValueError, match="'c': expected sequences longer than its window of 9 bp"):
        _ = find_first_layer(short).inside
    with pytest.raises(ValueError, match="'activation' or 'convolution'; received 'end'"):
        find_first_layer(conv_model(), stage="end")  # type: ignore[arg-type]


def test_checks() -> None:
    first = find_first_layer(conv_model())
    with pytest.raises(ValueError, match=r"\(N, 30, 4\); received \(2, 4, 30\)"):
        checked_onehot(np.zeros((2, 4, 30)), first)
    assert checked_filter_names(None, 2) == ["f0", "f1"]
    with pytest.raises(ValueError, match="2 different filter names; received 2, 1 of them"):
        checked_filter_names(["a", "a"], 2)
    with pytest.raises(ValueError, match="batch size of at least 1; received 0"):
        list(activations(first, np.zeros((2, 30, 4)), batch_size=0))


@keras.saving.register_keras_serializable(package="test_first_layer")
class Stacked(layers.Layer):
    """Per-task convolutions side by side, as a stranger's layer may have them."""

    kernel_size = 5

    def build(self, input_shape: tuple) -> None:
        self.kernel = self.add_weight(shape=(2, 5, 4, 3), name="kernel")

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        wide = keras.ops.reshape(keras.ops.transpose(self.kernel, (1, 2, 0, 3)), (5, 4, 6))
        return keras.ops.conv(x, wide, padding="valid")


def test_layers_of_ones_own_are_recognised() -> None:
    given = keras.Input((30, 4))
    hidden = keras.ops.relu(Stacked(name="stacked")(given))
    model = keras.Model(given, layers.GlobalMaxPooling1D()(hidden))
    first = find_first_layer(model)
    assert (first.name, first.n_filters, first.pad_left) == ("stacked", 6, 0)
    assert first.output is hidden
