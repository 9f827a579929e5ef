"""Filters of models whose first convolution reads the sequence by way of other layers."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from chrominterpret.errors import InputError
from chrominterpret.filters.filter_motifs import filter_motifs
from chrominterpret.filters.first_layer import find_first_layer
from chrominterpret.filters.influence import filter_influence
from chrominterpret.filters.profiles import filter_profiles
from chrominterpret.sequences import one_hot

LENGTH = 30
X = one_hot(np.random.default_rng(0).integers(0, 4, (60, LENGTH)))


def trained_norm() -> layers.Layer:
    norm = layers.BatchNormalization()
    norm.build((None, LENGTH, 4))
    norm.set_weights([np.array([1, 2, 3, -1.0]), np.ones(4), np.zeros(4), np.ones(4)])
    return norm


# name: shape of the input, what it is of one-hot, layers before, change of the first window's start
BEFORE = {
    "norm": ((LENGTH, 4), lambda x: x, lambda: [trained_norm()], 0),
    "rescaling": ((LENGTH, 4), lambda x: x, lambda: [layers.Rescaling(-2.0, 1.0)], 0),
    "bases first": ((4, LENGTH), lambda x: x.swapaxes(1, 2), lambda: [layers.Permute((2, 1))], 0),
    "flat": ((4 * LENGTH,), lambda x: x.reshape(60, -1), lambda: [layers.Reshape((LENGTH, 4))], 0),
    "image": ((1, LENGTH, 4), lambda x: x[:, None], lambda: [layers.Reshape((LENGTH, 4))], 0),
    "padding": ((LENGTH, 4), lambda x: x, lambda: [layers.ZeroPadding1D((3, 1))], -3),
    "cropping": ((LENGTH, 4), lambda x: x, lambda: [layers.Cropping1D((4, 2))], 4),
}


def model_of(name: str, policy: str = "float32") -> tuple[keras.Model, keras.Function]:
    """Return a model, and the activations of its first convolution by Keras itself."""
    keras.utils.set_random_seed(0)
    shape, _, before, _ = BEFORE[name]
    x = keras.Input(shape)
    h = x
    for layer in before():
        h = layer(h)
    h = layers.Conv1D(3, 5, activation="relu", name="first", dtype=policy)(h)
    model = keras.Model(x, layers.Dense(2)(layers.GlobalMaxPooling1D()(h)))
    return model, keras.Function([x], [h])


@pytest.mark.backend
@pytest.mark.parametrize("rule", ["threshold", "top"])
@pytest.mark.parametrize("name", BEFORE)
def test_motifs_are_counted_at_the_activations_of_the_model(name, rule):
    model, head = model_of(name)
    given = BEFORE[name][1](X)
    activation = ops.convert_to_numpy(head([given])[0])
    first = find_first_layer(model)
    start = BEFORE[name][3]
    assert (first.starts[0], first.length, first.width) == (start, LENGTH, 5)
    inside = [j for j in range(activation.shape[1]) if 0 <= start + j <= LENGTH - 5]
    own = activation[:, inside]
    for f, found in enumerate(filter_motifs(model, given, rule=rule, min_sites=1, n_top=20)):
        assert found.max_activation == pytest.approx(own[..., f].max(), rel=1e-5)
        assert found.mean_activation == pytest.approx(own[..., f].mean(), rel=1e-5)
        if rule == "top":
            best = np.argsort(-own[..., f].max(1), kind="stable")[:20]
            sites = [(n, int(own[n, :, f].argmax())) for n in best]
        else:
            cut = (own[..., f].mean() + own[..., f].max()) / 2
            sites = np.argwhere(own[..., f] > cut)
        counts = sum(X[n, start + inside[j] : start + inside[j] + 5] for n, j in sites)
        expected = (counts + 1) / (counts + 1).sum(1, keepdims=True)
        assert found.n_sites == len(sites)
        np.testing.assert_allclose(found.motif.ppm, expected, atol=1e-6)


@pytest.mark.parametrize("name", BEFORE)
def test_profiles_and_influence_read_the_same_activations(name):
    model, head = model_of(name)
    given = BEFORE[name][1](X)
    profiles = filter_profiles(model, given)
    own = ops.convert_to_numpy(head([given])[0])[:, find_first_layer(model).inside]
    np.testing.assert_allclose(profiles.mean_activation, own.mean(0).T, atol=1e-5)
    found = filter_influence(model, given)
    usual = ops.convert_to_numpy(model(given))
    rest = model.layers[-1]
    without = ops.convert_to_numpy(head([given])[0])
    without[..., 0] = without[..., 0].mean()
    changed = usual - ops.convert_to_numpy(rest(without.max(1)))
    np.testing.assert_allclose(found.mean_difference[0], changed.mean(0), atol=1e-5)


def test_filters_of_half_precision_are_read_in_float32():
    half, full = (model_of("norm", policy)[0] for policy in ("mixed_float16", "float32"))
    for a, b in zip(filter_motifs(half, X), filter_motifs(full, X), strict=True):
        assert a.max_activation == b.max_activation
    np.testing.assert_allclose(
        filter_influence(half, X).rms_difference,
        filter_influence(full, X).rms_difference,
        atol=1e-6,
    )


@pytest.mark.parametrize(
    "before",
    [
        lambda x: ops.flip(x, axis=1),
        lambda x: layers.MaxPooling1D(2)(x),
        lambda x: layers.Conv1D(4, 3, padding="same", name="mixing")(x),
    ],
)
def test_layers_that_mix_positions_or_turn_them_round_are_refused(before):
    x = keras.Input((LENGTH, 4))
    h = layers.Conv1D(3, 5, name="first")(before(x))
    model = keras.Model(x, layers.GlobalMaxPooling1D()(h))
    with pytest.raises(InputError, match="keep positions apart and in order"):
        find_first_layer(model, layer="first")


def test_the_strand_as_given_is_chosen_behind_other_layers():
    x = keras.Input((LENGTH, 4))
    scaled, shared = layers.Rescaling(2.0)(x), layers.Conv1D(3, 5, name="shared")
    turned = shared(ops.flip(ops.flip(scaled, axis=1), axis=2))
    straight = shared(scaled)
    model = keras.Model(x, layers.GlobalMaxPooling1D()(layers.Add()([turned, straight])))
    assert find_first_layer(model).output is straight
