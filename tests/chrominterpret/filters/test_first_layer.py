import keras
import numpy as np
import pytest

from chrominterpret.errors import InputError
from chrominterpret.filters.filter_motifs import filter_motifs
from chrominterpret.filters.first_layer import (
    activations,
    checked_filter_names,
    checked_onehot,
    find_first_layer,
)
from chrominterpret.filters.influence import filter_influence
from chrominterpret.filters.profiles import filter_profiles

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
    with pytest.raises(ValueError, match=r"name one by layer= .*'conv3' of .*'conv5'"):
        find_first_layer(model)
    assert find_first_layer(model, layer="conv5").width == 5
    with pytest.raises(ValueError, match=r"named 'conv7'; the model has 'conv3' of .*'conv5'"):
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
    with pytest.raises(ValueError, match=r"\(N, 30, 4\); received \(2, 5, 30\)"):
        checked_onehot(np.zeros((2, 5, 30)), first)
    assert checked_onehot(np.zeros((2, 4, 30)), first).shape == (2, 30, 4)
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


def two_towers() -> keras.Model:
    """A DNA tower and one on a signal of four tracks."""
    keras.utils.set_random_seed(0)
    dna, signal = keras.Input((30, 4), name="dna"), keras.Input((20, 4), name="signal")
    towers = [
        layers.GlobalMaxPooling1D()(layers.ReLU()(layers.Conv1D(3, size, name=name)(given)))
        for given, size, name in ((dna, 5, "on_dna"), (signal, 7, "on_signal"))
    ]
    return keras.Model([dna, signal], layers.Dense(2)(layers.Multiply()(towers)))


def test_a_tower_is_chosen_by_its_input() -> None:
    model = two_towers()
    assert find_first_layer(model, wrt="dna").name == "on_dna"
    first = find_first_layer(model, wrt="signal")
    assert (first.name, first.width, first.length) == ("on_signal", 7, 20)
    with pytest.raises(InputError, match=r"wrt=: 'on_dna' of dna; 'on_signal' of signal"):
        find_first_layer(model)
    with pytest.raises(InputError, match=r"one input among \['dna', 'signal'\], received 'rna'"):
        find_first_layer(model, wrt="rna")
    with pytest.raises(InputError, match="named 'on_dna' that reads 'signal' alone"):
        find_first_layer(model, layer="on_dna", wrt="signal")


def test_filters_of_the_dna_tower() -> None:
    model, rng = two_towers(), np.random.default_rng(0)
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (40, 30))]
    signal = rng.random((40, 20, 4), np.float32)
    alone = keras.Model(model.inputs[0], model.get_layer("on_dna").output)
    for found, own in zip(
        filter_motifs(model, x, wrt="dna", stage="convolution"),
        filter_motifs(alone, x, stage="convolution"),
        strict=True,
    ):
        assert (found.n_sites, found.max_activation) == (own.n_sites, own.max_activation)
        np.testing.assert_array_equal(found.motif.ppm, own.motif.ppm)
    profiles = filter_profiles(model, x, wrt="dna")
    assert profiles.mean_activation.shape == (3, 26)
    inputs = {"signal": signal, "dna": x}
    named = filter_influence(model, inputs, wrt="dna")
    in_order = filter_influence(model, [x, signal], layer="on_dna")
    np.testing.assert_array_equal(named.mean_difference, in_order.mean_difference)
    assert named.rms_difference.max() > 0.1
