"""Rules of layers in layers, by hand and against the same out of operations."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from chrominterpret.errors import InputError
from chrominterpret.methods.deep_lift_shap import check_supported, deep_lift_shap

backend = pytest.mark.backend


def multipliers(model: keras.Model, x: list, r: list) -> np.ndarray:
    """Return the multipliers (T, ...) of all outputs from one reference to one row of numbers."""
    x, r = (np.array([row], np.float32) for row in (x, r))
    result = deep_lift_shap(model, x, references=r[:, None], output="as is")
    assert np.abs(result.delta).max() <= 1e-5 * np.abs(result.attributions).max()
    return result.multipliers[:, 0]


def model_of(function, *shape: int) -> keras.Model:
    keras.utils.set_random_seed(0)
    x = keras.Input(shape)
    return keras.Model(x, function(x))


@backend
def test_a_norm_by_hand():
    # (4, 3) to (3, 4), both of length 5: y = z / 5 but for the root, whose slope at 25 is -0.004;
    # Δ(z²) = 7 Δz; the mean of z is 3.5 in either place.
    found = multipliers(model_of(layers.UnitNormalization(), 2), [3, 4], [4, 3])
    own, other = 0.2 - 3.5 * 0.004 * 7, -3.5 * 0.004 * 7
    np.testing.assert_allclose(found, [[own, other], [other, own]], rtol=1e-4)


# From (1, 1, 1) to (6, 0, 0), with an epsilon of 1: the centred values c go from 0 to (4, -2, -2),
# their variance from 0 to 8, its inverse root g from 1 to 1/3. A product of the means c/2 and 2/3,
# where the secant of g is -1/12 and Δ(c²) = c Δc: (2/3) (I - 1/3) - (1/12) (2/3) (c/2) (c/2)ᵀ.
NORM = (2 * np.eye(3) - 2 / 3) / 3 - np.outer([2, -1, -1], [2, -1, -1]) / 18


def test_layer_normalization_by_hand():
    layer = layers.LayerNormalization(
        epsilon=1, gamma_initializer=keras.initializers.Constant(2), beta_initializer="ones"
    )
    found = multipliers(model_of(layer, 3), [6, 0, 0], [1, 1, 1])
    np.testing.assert_allclose(found, 2 * NORM, atol=1e-5)


def test_group_normalization_by_hand():
    # Two groups of one channel at three positions, the second the first turned round.
    layer = layers.GroupNormalization(
        2, epsilon=1, gamma_initializer=keras.initializers.Constant(2), beta_initializer="ones"
    )
    model = model_of(lambda h: layers.Flatten()(layer(h)), 3, 2)
    found = multipliers(model, [[6, 0], [0, 0], [0, 6]], [[1, 1]] * 3).reshape(3, 2, 3, 2)
    np.testing.assert_allclose(found[:, 0, :, 0], 2 * NORM, atol=1e-5)
    np.testing.assert_allclose(found[:, 1, :, 1], 2 * NORM[::-1, ::-1], atol=1e-5)
    np.testing.assert_array_equal(found[:, [0, 1], :, [1, 0]], 0)


@backend
def test_softmax_by_hand():
    # Probabilities (1/4, 3/4) to (3/4, 1/4): both logarithmic means are (1/2) / log 3.
    found = multipliers(model_of(layers.Softmax(), 2), [np.log(3), 0], [0, np.log(3)])
    half = 0.25 / np.log(3)
    np.testing.assert_allclose(found, [[half, -half], [-half, half]], rtol=1e-5)


def test_softmax_of_logits_far_apart():
    x, r = [100, -80, 0, 3], [-50, 90, 1, 3]
    for function in (layers.Softmax(), layers.Activation("log_softmax")):
        found = multipliers(model_of(function, 4), x, r)
        np.testing.assert_allclose(found.sum(1), 0, atol=1e-5)  # a shift of all changes nothing


@pytest.mark.parametrize("larger", [layers.Maximum(), layers.Minimum()])
def test_the_larger_of_two_by_hand(larger):
    # a from 1 to 5, b from 3 to 2: relu(b - a) from 2 to 0, as b - a goes from 2 to -3.
    found = multipliers(model_of(lambda x: larger([x[:, :1], x[:, 1:]]), 2), [5, 2], [1, 3])
    expected = [0.6, 0.4] if isinstance(larger, layers.Maximum) else [0.4, 0.6]
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


class Product(layers.Layer):
    """Cell that multiplies all it reads."""

    state_size = output_size = 1

    def call(self, x, states):
        return x * states[0], [x * states[0]]

    def get_initial_state(self, batch_size=None):
        return [ops.ones((batch_size, 1))]


@backend
def test_a_recurrent_layer_by_hand():
    # x1 x2 from 1·3 to 2·5: Δx1 mean x2 + mean x1 Δx2.
    found = multipliers(model_of(layers.RNN(Product()), 2, 1), [[2], [5]], [[1], [3]])
    np.testing.assert_allclose(found[0], [[4], [1.5]], rtol=1e-6)
    # As a list of states, backwards, at every position: x2, then x2 x1.
    layer = layers.RNN(Product(), go_backwards=True, return_sequences=True, return_state=True)
    model = model_of(lambda x: layers.Flatten()(layer(x)[0]), 2, 1)
    found = multipliers(model, [[2], [5]], [[1], [3]])
    np.testing.assert_allclose(found[..., 0], [[0, 1], [4, 1.5]], rtol=1e-6)


class Carried:
    """A number on a sequence and on its reference, with its multipliers by the inputs."""

    def __init__(self, x, r, m):
        self.x, self.r, self.m = x, r, m

    def __add__(self, other):
        return Carried(self.x + other.x, self.r + other.r, self.m + other.m)

    def __mul__(self, other):
        own, others = (self.x + self.r) / 2, (other.x + other.r) / 2
        product = own * other.m + others * self.m
        return Carried(self.x * other.x, self.r * other.r, product)

    def times(self, weight, bias=0.0):
        return Carried(self.x * weight + bias, self.r * weight + bias, self.m * weight)

    def by(self, function):
        x, r = function(self.x), function(self.r)
        slope = (x - r) / (self.x - self.r) if self.x != self.r else 0.0
        return Carried(x, r, self.m * slope)

    def sigmoid(self):
        return self.by(lambda z: 1 / (1 + np.exp(-z)))


def lstm_by_hand(given, weights):
    kernel, recurrent, bias = weights
    h = c = Carried(0.0, 0.0, np.zeros(len(given)))
    for x in given:
        i, f, g, o = (x.times(kernel[0, k], bias[k]) + h.times(recurrent[0, k]) for k in range(4))
        c = f.sigmoid() * c + i.sigmoid() * g.by(np.tanh)
        h = o.sigmoid() * c.by(np.tanh)
    return h


def gru_by_hand(given, weights):
    kernel, recurrent, bias = weights
    h = Carried(0.0, 0.0, np.zeros(len(given)))
    for x in given:
        z, r, new = (x.times(kernel[0, k], bias[0, k]) for k in range(3))
        old = [h.times(recurrent[0, k], bias[1, k]) for k in range(3)]
        z, r = (z + old[0]).sigmoid(), (r + old[1]).sigmoid()
        new = (new + r * old[2]).by(np.tanh)
        h = z * h + z.times(-1, 1) * new
    return h


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("layer", "by_hand"), [(layers.LSTM, lstm_by_hand), (layers.GRU, gru_by_hand)]
)
def test_gated_layers_of_one_unit_by_hand(layer, by_hand):
    model = model_of(layer(1), 3, 1)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    x, r = [0.5, -1.0, 2.0], [-1.0, 1.5, 0.25]
    given = [Carried(a, b, np.eye(3)[i]) for i, (a, b) in enumerate(zip(x, r, strict=True))]
    expected = by_hand(given, model.get_weights()).m
    found = multipliers(model, [[v] for v in x], [[v] for v in r])
    np.testing.assert_allclose(found[0, :, 0], expected, rtol=1e-4)


def test_masked_positions_are_passed_over():
    def masked(x):
        return layers.RNN(Product())(layers.Masking()(x))

    found = multipliers(model_of(masked, 3, 1), [[2], [0], [5]], [[1], [0], [3]])
    np.testing.assert_allclose(found[0, [0, 2], 0], [4, 1.5], rtol=1e-6)


@backend
def test_a_layer_at_every_position_is_that_layer_at_each():
    rng = np.random.default_rng(0)
    x, r = (rng.normal(size=(3, 4, 2)).tolist() for _ in range(2))
    inner = layers.Conv1D(2, 2, activation="tanh")
    model = model_of(lambda h: layers.Flatten()(layers.TimeDistributed(inner)(h)), 3, 4, 2)
    found = multipliers(model, x, r).reshape(3, -1, 3, 4, 2)
    alone = model_of(lambda h: layers.Flatten()(inner(h)), 4, 2)
    for i in range(3):
        np.testing.assert_allclose(found[i, :, i], multipliers(alone, x[i], r[i]), atol=1e-6)
        np.testing.assert_array_equal(np.delete(found[i], i, axis=1), 0)


def test_attention_is_the_same_out_of_operations():
    rng = np.random.default_rng(0)
    x, r = (rng.normal(size=(5, 4)).tolist() for _ in range(2))
    layer = layers.MultiHeadAttention(1, 3, use_bias=False)

    def by_layer(h):
        return layers.Flatten()(layer(h, h))

    model = model_of(by_layer, 5, 4)
    query, key, value, out = (np.squeeze(w) for w in layer.get_weights())

    def by_hand(h):
        logits = ops.matmul(h @ query, ops.transpose(h @ key, (0, 2, 1))) / np.sqrt(3)
        return layers.Flatten()(ops.softmax(logits) @ (h @ value) @ out)

    found, expected = multipliers(model, x, r), multipliers(model_of(by_hand, 5, 4), x, r)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@keras.saving.register_keras_serializable(package="tests")
class Gated(layers.Layer):
    """A layer of one's own, with a weight on the left, in two layers' words."""

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1],), name="w", initializer="ones")
        self.norm = layers.LayerNormalization()

    def call(self, h, training=False):
        return self.w * self.norm(h) * ops.sigmoid(h)


@backend
def test_a_layer_of_ones_own_is_opened():
    def gated(x):
        return layers.Dense(2)(Gated()(layers.Dense(3)(x)))

    model = model_of(gated, 4)
    rng = np.random.default_rng(0)
    x, r = (rng.normal(size=4).tolist() for _ in range(2))
    before = multipliers(model, x, r)
    layer = next(layer for layer in model.layers if isinstance(layer, Gated))
    layer.w.assign(2 * layer.w)  # weights are read at each call
    np.testing.assert_allclose(multipliers(model, x, r), 2 * before, rtol=1e-5)


def test_a_condition_of_the_input_has_no_rule():
    model = model_of(lambda x: ops.where(x > 0, x, 0.1 * x), 3)
    with pytest.raises(InputError, match=r"'where.*register_rule.*integrate=True"):
        check_supported(model)
    check_supported(model_of(lambda x: ops.where(np.arange(3) > 1, x, 0.0), 3))


def bent(h):
    return ops.where(h > 0, h, ops.expm1(h))


class Bent(layers.Layer):
    """Cell that chooses by what it reads."""

    state_size = output_size = 2

    def call(self, x, states):
        return bent(x + states[0]), [bent(x + states[0])]


@pytest.mark.parametrize(
    "layer",
    [
        layers.Lambda(bent),
        layers.Activation(bent),
        layers.Dense(2, activation=bent),
        layers.LSTM(2, activation=bent),
        layers.GRU(2, recurrent_activation=bent),
        layers.RNN(Bent()),
        layers.TimeDistributed(layers.Lambda(bent)),
    ],
)
def test_a_condition_in_a_function_given_to_a_layer_is_no_mask(layer):
    with pytest.raises(InputError, match=r"'where.*register_rule.*integrate=True"):
        check_supported(model_of(layer, 3, 2))


def test_a_choice_within_a_layer_is_integrated_with_the_layer():
    model = model_of(layers.Lambda(bent), 1)
    x, r = (np.full((1, 1), value, np.float32) for value in (1, -3))
    result = deep_lift_shap(model, x, references=r[:, None], output="as is", integrate=True)
    np.testing.assert_allclose(result.multipliers.item(), (1 - np.expm1(-3)) / 4, rtol=1e-3)


@pytest.mark.parametrize(
    "function", [lambda x: 2 * ops.softmax(x, axis=None), lambda x: ops.logsumexp(x, axis=(1, 2))]
)
def test_what_has_no_rule_over_its_axes_is_refused(function):
    with pytest.raises(InputError, match="with a DeepLIFT rule"):
        check_supported(model_of(function, 3, 2))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: layers.Softmax()(inputs=layers.Dense(2)(x)),
        lambda x: layers.Dense(1)(layers.Multiply()(inputs=[x, layers.Dense(3)(x)])),
    ],
)
def test_layers_called_by_keyword(function):
    model = model_of(function, 3)
    x = np.array([[1, 2, 3]], np.float32)
    result = deep_lift_shap(model, x, references=np.zeros((1, 3)))
    np.testing.assert_allclose(result.delta, 0, atol=1e-6)


class Strange(layers.Layer):
    """Calls its backend, which knows no symbolic tensors."""

    def call(self, h):
        return np.tanh(h) if isinstance(h, keras.KerasTensor) else ops.tanh(h)


def test_what_cannot_be_opened_is_refused():
    with pytest.raises(InputError, match=r"'strange.*of class Strange"):
        check_supported(model_of(lambda x: Strange()(x), 3))
