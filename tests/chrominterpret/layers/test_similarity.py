import keras
import numpy as np
import pytest

from chrominterpret.errors import InputError
from chrominterpret.layers.similarity import layer_similarity

pytestmark = pytest.mark.backend


def make_model(seed: int, *, filters: int = 6) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((20, 4), name="dna"),
            keras.layers.Conv1D(filters, 5, name="conv", activation="relu"),
            keras.layers.MaxPooling1D(4, name="pool"),
            keras.layers.Flatten(name="flat"),
            keras.layers.Dense(3, name="out"),
        ]
    )


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return np.eye(4, dtype=np.float32)[np.random.default_rng(0).integers(0, 4, (40, 20))]


def plain_cka(a: np.ndarray, b: np.ndarray) -> float:
    """The unbiased estimate of one batch, by its formula (Song et al. 2012, equation 5)."""

    def hsic(k: np.ndarray, m: np.ndarray) -> float:
        n = len(k)
        k, m = k - np.diag(np.diag(k)), m - np.diag(np.diag(m))
        ones = np.ones(n)
        return (
            np.trace(k @ m)
            + ones @ k @ ones * (ones @ m @ ones) / ((n - 1) * (n - 2))
            - 2 / (n - 2) * (ones @ k @ m @ ones)
        )

    k, m = (v.reshape(len(v), -1) @ v.reshape(len(v), -1).T for v in (a, b))
    return hsic(k, m) / np.sqrt(hsic(k, k) * hsic(m, m))


def test_it_is_the_unbiased_cka_of_each_pair_of_layers(x):
    first, second = make_model(0), make_model(1, filters=9)
    found = layer_similarity(first, second, x, layers=(["pool", "out"], ["conv"]))
    assert found.shape == (2, 1)
    conv = np.asarray(keras.ops.convert_to_numpy(second.layers[0](x)), np.float64)
    pool = np.asarray(keras.ops.convert_to_numpy(first.layers[1](first.layers[0](x))), np.float64)
    np.testing.assert_allclose(found.loc["pool", "conv"], plain_cka(pool, conv), atol=1e-5)


def test_a_model_is_like_itself_and_layers_with_weights_are_the_default(x):
    model = make_model(0)
    found = layer_similarity(model, model, {"dna": x}, batch_size=10)
    assert list(found.index) == list(found.columns) == ["conv", "out"]
    np.testing.assert_allclose(np.diag(found), 1.0, atol=1e-6)


def test_a_layer_that_never_varies_has_no_similarity(x):
    model = make_model(0)
    model.get_layer("conv").kernel.assign(np.zeros((5, 4, 6)))
    found = layer_similarity(model, make_model(1), x)
    assert np.isnan(found.loc["conv"]).all()


def test_wrong_arguments_are_refused(x):
    model = make_model(0)
    with pytest.raises(InputError, match="received \\['block'\\]"):
        layer_similarity(model, model, x, layers=(["block"], None))
    with pytest.raises(InputError, match="at least 4 sequences, received 3"):
        layer_similarity(model, model, x[:3])
    with pytest.raises(InputError, match="batch_size of at least 4"):
        layer_similarity(model, model, x, batch_size=2)
