import keras
import numpy as np
import pytest

from chrominterpret.filters.cooccurrence import cooccurrence
from chrominterpret.filters.filter_motifs import filter_motifs
from chrominterpret.filters.profiles import filter_profiles
from chrominterpret.sequences import BASES

pytestmark = pytest.mark.backend
LENGTH, N = 60, 120


def matrix(word: str) -> np.ndarray:
    return np.eye(4, dtype=np.float32)[[BASES.index(base) for base in word]]


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """Filters that find GATAAG, CACGTG, a random motif, and a dead one; padded by 2 and 3."""
    given = keras.Input((LENGTH, 4))
    first = keras.layers.Conv1D(4, 6, padding="same", activation="relu", name="first")
    model = keras.Model(given, keras.layers.GlobalMaxPooling1D()(first(given)))
    kernel = np.random.default_rng(0).normal(0, 0.5, (6, 4, 4)).astype(np.float32)
    kernel[:, :, 0], kernel[:, :, 1] = matrix("GATAAG"), matrix("CACGTG")
    first.set_weights([kernel, np.array([-4.5, -4.5, 0, -100])])
    return model


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    """GATAAG at position 20 and CACGTG at 40 of every even sequence."""
    random = np.random.default_rng(1)
    x = np.eye(4, dtype=np.float32)[random.integers(0, 4, (N, LENGTH))]
    x[::2, 20:26], x[::2, 40:46] = matrix("GATAAG"), matrix("CACGTG")
    return x


def test_planted_places_stand_out_and_are_counted_from_the_middle(
    model: keras.Model, x: np.ndarray
) -> None:
    profiles = filter_profiles(model, x, batch_size=50)
    assert profiles.centres.shape == (LENGTH - 5,)
    # bases 20 to 25 and the whole 0 to 59
    assert profiles.centres[profiles.site_share[0].argmax()] == 22.5 - 29.5
    assert profiles.centres[profiles.mean_activation[1].argmax()] == 42.5 - 29.5
    assert profiles.site_share[:2].max(axis=1) == pytest.approx([0.5, 0.5], abs=0.02)
    assert profiles.presence[::2, :2].all()
    together = cooccurrence(profiles.presence)
    assert together.log_odds[0, 1] > 3
    assert together.q_value[0, 1] < 1e-6


def test_sites_are_those_of_the_motifs(model: keras.Model, x: np.ndarray) -> None:
    profiles = filter_profiles(model, x, fraction=0.4)
    motifs = filter_motifs(model, x, fraction=0.4, min_sites=1)
    sites = np.rint(profiles.site_share.sum(axis=1) * N)
    assert sites.tolist() == [each.n_sites for each in motifs]
    means = profiles.mean_activation.mean(axis=1)
    np.testing.assert_allclose(means, [each.mean_activation for each in motifs], rtol=1e-5)
    assert motifs[3].dead
    assert not profiles.presence[:, 3].any()


def test_agrees_with_plain_loops_whatever_the_batch(model: keras.Model, x: np.ndarray) -> None:
    activation = keras.Model(model.input, model.get_layer("first").output)(x)
    seen = keras.ops.convert_to_numpy(activation)[:, 2:-3]
    cut = seen.mean(axis=(0, 1)) + 0.5 * (seen.max(axis=(0, 1)) - seen.mean(axis=(0, 1)))
    sites = seen[:, :, :3] > cut[:3]
    for batch_size in (7, N):
        profiles = filter_profiles(model, x, batch_size=batch_size)
        np.testing.assert_allclose(profiles.mean_activation, seen.mean(axis=0).T, atol=1e-5)
        np.testing.assert_allclose(profiles.site_share[:3], sites.mean(axis=0).T)
        np.testing.assert_array_equal(profiles.presence[:, :3], sites.any(axis=1))


def test_options_are_checked(model: keras.Model, x: np.ndarray) -> None:
    with pytest.raises(ValueError, match="fraction from 0 to below 1; received 1"):
        filter_profiles(model, x, fraction=1)
    with pytest.raises(ValueError, match=r"received \(120, 59, 4\)"):
        filter_profiles(model, x[:, 1:])
