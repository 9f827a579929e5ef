"""Hand-solved models, completeness on many graphs, invariances, a peer, and errors."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers, ops

from chrominterpret.engine.rules import register_rule
from chrominterpret.methods.deep_lift_shap import check_supported, deep_lift_shap
from chrominterpret.sequences import one_hot

# Marked are those whose outcome hangs on the backend; each costs seconds of compilation there.
backend = pytest.mark.backend

LENGTH = 96


def sequences(n: int, seed: int = 0, length: int = LENGTH) -> np.ndarray:
    return one_hot(np.random.default_rng(seed).integers(0, 4, (n, length)))


def randomised(model: keras.Model, seed: int = 1) -> keras.Model:
    """Give every weight a value that leaves no layer trivial, batch-norm statistics included."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        shape = tuple(variable.shape)
        if "variance" in variable.path or "gamma" in variable.path:
            variable.assign(rng.uniform(0.5, 2, shape))
        else:
            scale = 1 / np.sqrt(max(np.prod(shape[:-1]), 4))
            variable.assign(rng.normal(0, scale, shape))
    return model


def backbone(h, activation: str = "relu", dilation: int = 1):
    for width, size in ((12, 19), (10, 7), (8, 3)):
        h = layers.Conv1D(width, size, padding="same", dilation_rate=dilation)(h)
        h = layers.BatchNormalization()(h)
        h = layers.Activation(activation)(h)
        h = layers.MaxPooling1D(4)(h)
    h = layers.Flatten()(h)
    h = layers.Dropout(0.3)(layers.Dense(20, activation=activation)(h))
    return layers.Dense(12, activation=activation)(h)


@keras.saving.register_keras_serializable(package="tests")
class StackedDense(layers.Layer):
    """Task-axis-first dense layers: (B, F) or (T, B, F) to (T, B, U)."""

    attribution_rule = "linear"

    def __init__(self, tasks: int, units: int, **options):
        super().__init__(**options)
        self.tasks, self.units = tasks, units

    def build(self, shape):
        self.w = self.add_weight(shape=(self.tasks, shape[-1], self.units), name="w")
        self.b = self.add_weight(shape=(self.tasks, 1, self.units), name="b")

    def call(self, h):
        equation = "tbf,tfu->tbu" if len(h.shape) == 3 else "bf,tfu->tbu"
        return ops.einsum(equation, h, self.w) + self.b


def basset(x):
    return layers.Dense(16)(backbone(x))


def basset_sigmoid(x):
    return layers.Dense(16, activation="sigmoid")(backbone(x))


def leaky(x):
    h = layers.MaxPooling1D(3)(layers.LeakyReLU(0.2)(layers.Conv1D(8, 7)(x)))
    return layers.Dense(3)(layers.PReLU(alpha_initializer="ones")(layers.Flatten()(h)))


def gelu(x):
    return layers.Dense(3)(backbone(x, "gelu"))


def dilated(x):
    return layers.Dense(3)(backbone(x, "elu", dilation=2))


def overlapping_pool(x):
    h = layers.Conv1D(8, 5, activation="softplus")(x)
    h = layers.MaxPooling1D(5, strides=2, padding="same")(h)
    return layers.Dense(3)(layers.GlobalMaxPooling1D()(layers.Conv1D(6, 3, activation="tanh")(h)))


def adaptive_pools(x):
    h = layers.AdaptiveMaxPooling1D(20)(layers.Conv1D(6, 5, activation="relu")(x))
    return layers.Dense(3)(layers.Flatten()(layers.AdaptiveAveragePooling1D(7)(h)))


def siamese(x):
    conv, norm = layers.Conv1D(8, 7, activation="relu"), layers.BatchNormalization()
    half = LENGTH // 2
    ends = [layers.Cropping1D((0, half))(x), layers.Cropping1D((half, 0))(x)]
    pooled = [layers.GlobalMaxPooling1D()(norm(conv(end))) for end in ends]
    return layers.Dense(3)(layers.Subtract()(pooled))


def reverse_complement(x):
    conv = layers.Conv1D(8, 7)
    ends = [keras.activations.relu(conv(strand)) for strand in (x, ops.flip(x, axis=(1, 2)))]
    both = ops.maximum(ops.concatenate(ends, axis=-1), 0.1)
    return layers.Dense(3)(ops.mean(both, axis=1))


def nested(x):
    inner_input = keras.Input((LENGTH, 4))
    inner = keras.Model(inner_input, backbone(inner_input), name="inner")
    ending = keras.Sequential([keras.Input((12,)), layers.Dense(6, activation="relu")])
    return layers.Dense(3)(ending(layers.Add()([inner(x), inner(ops.flip(x, axis=1))])))


def gated(x):
    h = layers.Conv1D(8, 7)(x)
    gate = layers.Conv1D(8, 7, activation="sigmoid")(x)
    third = layers.Conv1D(1, 7, activation="tanh")(x)
    h = layers.Multiply()([h, gate, third])
    return layers.Dense(3)(layers.GlobalAveragePooling1D()(h) ** 2)


def attended(x):
    keys = layers.Conv1D(5, 7, activation="relu")(x)
    scores = ops.sigmoid(ops.einsum("blf,bmf->blm", keys, layers.Conv1D(5, 7)(x)) / 5.0)
    return layers.Dense(3)(layers.GlobalAveragePooling1D()(ops.matmul(scores, keys)))


def stacked(x):
    """Four stacked networks: grouped convolution, then tasks on the first axis."""
    h = layers.ReLU()(layers.Conv1D(4 * 6, 5, groups=2)(layers.Conv1D(8, 7)(x)))
    h = layers.Flatten()(layers.MaxPooling1D(4)(h))
    h = layers.Activation("relu")(StackedDense(4, 9)(h))
    h = layers.Dropout(0.5)(h)
    scores = layers.Activation("tanh")(StackedDense(4, 9)(h))
    h = StackedDense(4, 1)(layers.Multiply()([h, scores]))
    return ops.transpose(ops.squeeze(h, axis=-1))


def two_dimensional(x):
    h = layers.Conv2D(6, (5, 4), activation="silu")(layers.Reshape((LENGTH, 4, 1))(x))
    h = layers.MaxPooling2D((4, 1))(layers.ZeroPadding2D((2, 0))(h))
    return layers.Dense(3)(layers.Permute((2, 1))(layers.Reshape((-1, 6))(h))[:, :, 3])


BUILDERS = [
    basset,
    basset_sigmoid,
    leaky,
    gelu,
    dilated,
    overlapping_pool,
    adaptive_pools,
    siamese,
    reverse_complement,
    nested,
    gated,
    attended,
    stacked,
    two_dimensional,
]


def built(builder) -> keras.Model:
    keras.utils.set_random_seed(0)
    x = keras.Input((LENGTH, 4))
    return randomised(keras.Model(x, builder(x)))


def logits(model: keras.Model, x: np.ndarray) -> np.ndarray:
    y = np.asarray(ops.convert_to_numpy(model(x)), np.float64)
    fused = getattr(model.layers[-1], "activation", None) is keras.activations.sigmoid
    return np.log(y / (1 - y)) if fused else y


@pytest.fixture
def optimised():
    """Let XLA optimise, whatever the check says.

    Else it computes what a maximum is taken of twice, rounded in two ways; then no place holds
    the maximum, and JAX's gradient of it is 0 / 0.
    """
    if keras.backend.backend() != "jax":
        yield
        return
    import jax

    name = "jax_disable_most_optimizations"
    before = jax.config.read(name)
    jax.config.update(name, False)
    yield
    jax.config.update(name, before)


@backend
@pytest.mark.usefixtures("optimised")
@pytest.mark.parametrize("builder", BUILDERS)
def test_contributions_sum_to_the_difference_of_outputs(builder):
    model, x = built(builder), sequences(3)
    result = deep_lift_shap(model, x, targets=[0, 2], n_references=4)
    references = one_hot(result.reference_codes).reshape(-1, LENGTH, 4)
    at_x = logits(model, x).T[[0, 2]]
    at_references = logits(model, references).T[[0, 2]].reshape(2, 3, 4)
    difference = at_x - at_references.mean(-1)
    assert np.abs(difference).max() > 1e-3
    np.testing.assert_allclose(result.attributions.sum((-2, -1)), difference, atol=2e-5)
    np.testing.assert_allclose(result.prediction, at_x, rtol=1e-4, atol=1e-5)
    assert np.abs(result.delta).max() < 1e-5
    assert result.relative_delta.max() < 1e-3
    assert result.warnings == ()


def flat_model(weights, bias: float) -> keras.Model:
    x = keras.Input((2, 4))
    dense = layers.Dense(1, activation="relu")
    model = keras.Model(x, dense(layers.Flatten()(x)))
    dense.set_weights([np.reshape(weights, (8, 1)), np.array([bias])])
    return model


@backend
def test_relu_by_hand():
    # x = AC gives 3 - 1 - 1 = 1, the zero reference -1: ReLU goes from 0 to 1, multiplier 1/2.
    weights = [3, 7, 7, 7, 7, -1, 7, 7]
    result = deep_lift_shap(flat_model(weights, -1), one_hot([[0, 1]]), references="zeros")
    expected = np.zeros((2, 4))
    expected[0, 0], expected[1, 1] = 1.5, -0.5
    np.testing.assert_allclose(result.attributions[0, 0], expected, atol=1e-6)
    np.testing.assert_allclose(result.multipliers[0, 0].ravel(), np.divide(weights, 2), atol=1e-6)
    np.testing.assert_allclose(result.hypothetical, result.multipliers, atol=1e-6)
    assert result.prediction.item() == pytest.approx(1)


@backend
def test_max_pool_by_hand():
    # Values 5, 2 against 3, 4: the maximum goes from 4 to 5, all by the first (5 is the largest).
    x = keras.Input((2, 4))
    conv = layers.Conv1D(1, 1, use_bias=False)
    model = keras.Model(x, layers.Flatten()(layers.MaxPooling1D(2)(conv(x))))
    conv.set_weights([np.array([5.0, 2, 3, 4]).reshape(1, 4, 1)])
    result = deep_lift_shap(model, one_hot([[0, 1]]), references=one_hot([[2, 3]]))
    expected = np.zeros((2, 4))
    expected[0, 0] = 1
    np.testing.assert_allclose(result.attributions[0, 0], expected, atol=1e-6)
    np.testing.assert_allclose(result.multipliers[0, 0, 0], [2.5, 1, 1.5, 2], atol=1e-6)


@backend
def test_product_by_hand():
    # a b from 2·7 to 5·3: Δa mean b + mean a Δb = 3·5 - 4·3.5 = 15 - 14.
    x = keras.Input((2, 4))
    conv = layers.Conv1D(1, 1, use_bias=False)
    h = conv(x)
    model = keras.Model(x, h[:, 0] * h[:, 1])
    conv.set_weights([np.array([5.0, 3, 2, 7]).reshape(1, 4, 1)])
    result = deep_lift_shap(model, one_hot([[0, 1]]), references=one_hot([[2, 3]]))
    np.testing.assert_allclose(result.attributions[0, 0].max(-1)[0], 15, atol=1e-5)
    np.testing.assert_allclose(result.attributions[0, 0].min(-1)[1], -14, atol=1e-5)


@backend
def test_an_infinite_slope_at_the_reference_is_never_used():
    # sqrt from 0 to 9: multiplier 3/9 on the weight 9.
    x = keras.Input((1, 4))
    dense = layers.Dense(1, use_bias=False)
    model = keras.Model(x, ops.sqrt(dense(layers.Flatten()(x))))
    dense.set_weights([np.array([[9.0], [4], [1], [16]])])
    result = deep_lift_shap(model, one_hot([[0]]), references="zeros")
    np.testing.assert_allclose(result.multipliers.ravel(), np.divide([9, 4, 1, 16], 3), rtol=1e-6)


@backend
def test_where_sequence_and_reference_are_equal_the_multiplier_is_the_derivative():
    x = keras.Input((1, 4))
    dense = layers.Dense(1, activation="exponential", use_bias=False)
    model = keras.Model(x, dense(layers.Flatten()(x)))
    dense.set_weights([np.array([[0.5], [1], [2], [3]])])
    result = deep_lift_shap(model, one_hot([[0]]), references=one_hot([[0]]))
    expected = np.exp(0.5) * np.array([0.5, 1, 2, 3])
    np.testing.assert_allclose(result.multipliers.ravel(), expected, rtol=1e-5)
    np.testing.assert_allclose(result.attributions, 0, atol=1e-6)


@pytest.mark.parametrize("builder", [basset, stacked])
def test_a_sequence_does_not_depend_on_its_batch(builder):
    model, x = built(builder), sequences(5)
    options = {"targets": [1], "n_references": 3}
    whole = deep_lift_shap(model, x, **options)
    for batch_size in (1, 3, 8):  # with some of a sequence's references at once, or all
        other = deep_lift_shap(model, x, batch_size=batch_size, **options)
        np.testing.assert_allclose(other.attributions, whole.attributions, atol=1e-6)
    alone = deep_lift_shap(model, x[3:4], **options)
    np.testing.assert_array_equal(alone.reference_codes, whole.reference_codes[3:4])
    np.testing.assert_allclose(alone.attributions, whole.attributions[:, 3:4], atol=1e-6)


def test_many_targets_and_contrasts_agree_with_one_at_a_time():
    model, x = built(basset), sequences(2)
    every = deep_lift_shap(model, x, n_references=2)
    assert every.attributions.shape == (16, 2, LENGTH, 4)
    one = deep_lift_shap(model, x, targets=11, n_references=2)
    np.testing.assert_allclose(every.attributions[11], one.attributions[0], atol=1e-6)
    contrast = deep_lift_shap(model, x, targets={"3 − 11": {3: 1, 11: -1}}, n_references=2)
    assert contrast.target_names == ("3 − 11",)
    difference = every.attributions[3] - every.attributions[11]
    np.testing.assert_allclose(contrast.attributions[0], difference, atol=1e-6)


def test_hypothetical_contributions():
    model, x = built(basset), sequences(2)
    result = deep_lift_shap(model, x, targets=[0], n_references=3)
    np.testing.assert_allclose(result.hypothetical * x, result.attributions, atol=1e-7)
    # For a single reference: each base's multiplier minus the reference base's.
    reference = sequences(2, seed=5)[:, None]
    result = deep_lift_shap(model, x, targets=[0], references=reference)
    m = result.multipliers[0]
    expected = m - (m * reference[:, 0]).sum(-1, keepdims=True)
    np.testing.assert_allclose(result.hypothetical[0], expected, atol=1e-6)
    result = deep_lift_shap(model, x, targets=[0], n_references=2, hypothetical=False)
    assert result.hypothetical is None


def test_gradient_correction_centres_the_bases():
    model, x = built(basset), sequences(2)
    plain = deep_lift_shap(model, x, targets=[0], n_references=3)
    centred = deep_lift_shap(model, x, targets=[0], n_references=3, gradient_correction=True)
    np.testing.assert_allclose(centred.hypothetical.mean(-1), 0, atol=1e-7)
    expected = plain.hypothetical - plain.hypothetical.mean(-1, keepdims=True)
    np.testing.assert_allclose(centred.attributions, expected * x, atol=1e-7)


@backend
def test_columns_of_zeros():
    model, x = built(basset), sequences(2)
    x[0, 10:40] = 0
    result = deep_lift_shap(model, x, targets=[0], n_references=4)
    assert np.abs(result.delta).max() < 1e-5
    np.testing.assert_array_equal(result.attributions[0, 0, 10:40], 0)
    assert (result.reference_codes == 4).sum((1, 2)).tolist() == [4 * 30, 0]


def test_logit_or_as_is():
    model, x = built(basset_sigmoid), sequences(2)
    as_is = deep_lift_shap(model, x, targets=[0], n_references=2, output="as is")
    logit = deep_lift_shap(model, x, targets=[0], n_references=2)
    assert (as_is.output, logit.output) == ("as is", "logit")
    np.testing.assert_allclose(1 / (1 + np.exp(-logit.prediction)), as_is.prediction, rtol=1e-5)
    assert np.abs(as_is.delta).max() < 1e-6


@pytest.mark.parametrize(
    "ending",
    [
        lambda h: layers.Activation("sigmoid")(layers.Dense(3)(h)),
        lambda h: layers.Dense(3, activation="softmax")(h),
        lambda h: layers.Softmax()(layers.Dense(3)(h)),
        lambda h: layers.Dropout(0.1)(layers.Activation("sigmoid")(layers.Dense(3)(h))),
        lambda h: layers.Reshape((3,))(ops.sigmoid(layers.Dense(3)(h))),
        lambda h: keras.Sequential([keras.Input((8,)), layers.Dense(3, activation="sigmoid")])(h),
    ],
)
def test_the_final_activation_is_found(ending):
    x = keras.Input((LENGTH, 4))
    h = layers.GlobalMaxPooling1D()(layers.Conv1D(8, 7)(x))
    model = randomised(keras.Model(x, ending(h)))
    result = deep_lift_shap(model, sequences(2), n_references=2)
    assert result.output == "logit"
    assert result.prediction.min() < 0
    assert np.abs(result.delta).max() < 1e-5


@backend
def test_two_inputs():
    dna, marks = keras.Input((LENGTH, 4), name="dna"), keras.Input((5,), name="marks")
    h = layers.GlobalMaxPooling1D()(layers.Conv1D(8, 7, activation="relu")(dna))
    state = layers.LayerNormalization()(marks)  # no rule, but it does not see the DNA
    h = layers.Concatenate()([h * layers.Dense(8)(state), state])
    model = randomised(keras.Model([dna, marks], layers.Dense(2)(layers.Dense(9, "gelu")(h))))
    x, other = sequences(3), np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    result = deep_lift_shap(model, {"dna": x, "marks": other}, n_references=4)
    assert np.abs(result.delta).max() < 1e-5
    again = deep_lift_shap(model, [x[1:2], other[1:2]], n_references=4, wrt="dna")
    # float32 secants of GELU over short distances are noisy
    np.testing.assert_allclose(again.attributions, result.attributions[:, 1:2], atol=1e-5)
    with pytest.raises(ValueError, match="2 input"):
        deep_lift_shap(model, x)
    with pytest.raises(ValueError, match=r"as many rows .*\[3, 2\]"):
        deep_lift_shap(model, [x, other[:2]])


def test_a_head_is_chosen_and_the_other_left_out():
    x = keras.Input((LENGTH, 4))
    h = layers.Conv1D(8, 7, activation="relu")(x)
    plain = layers.Dense(2, name="plain")(layers.GlobalMaxPooling1D()(h))
    strange = layers.Dense(2, name="strange")(layers.Flatten()(ops.sort(h, axis=1)))
    model = randomised(keras.Model(x, [plain, strange]))
    check_supported(model, head="plain")
    result = deep_lift_shap(model, sequences(2), n_references=2, head="plain")
    y = ops.convert_to_numpy(model(sequences(2))[0])
    np.testing.assert_allclose(result.prediction.T, y, rtol=1e-4, atol=1e-6)
    with pytest.raises(ValueError, match="Sort"):
        check_supported(model, head="strange")
    with pytest.raises(ValueError, match="head="):
        check_supported(model)


@backend
def test_integrated_layers():
    x = keras.Input((LENGTH, 4))
    h = layers.MaxPooling1D(16)(layers.Conv1D(8, 7, activation="relu")(x))
    model = randomised(keras.Model(x, layers.Dense(2)(ops.prod(h, axis=1))))
    with pytest.raises(ValueError, match=r"'prod.*integrate=True"):
        deep_lift_shap(model, sequences(1))
    result = deep_lift_shap(model, sequences(2), n_references=2, integrate=True)
    assert result.relative_delta.max() < 1e-4


@backend
def test_variable_length():
    x = keras.Input((None, 4))
    h = layers.GlobalMaxPooling1D()(layers.Conv1D(8, 7, activation="relu")(x))
    model = randomised(keras.Model(x, layers.Dense(2)(h)))
    assert np.abs(deep_lift_shap(model, sequences(2), n_references=3).delta).max() < 1e-5


class Counting(layers.Layer):
    """Counts its calls on values; fails on demand."""

    attribution_rule = "linear"

    def __init__(self, **options):
        super().__init__(**options)
        self.activation = keras.activations.relu
        self.calls, self.broken = 0, False

    def call(self, h):
        self.calls += 1
        if self.broken:
            raise RuntimeError("broken")
        return self.activation(2 * h)


class Sorted(layers.Layer):
    """Sorts, for which there is no rule."""

    def call(self, h):
        return ops.sort(h, axis=1)


def test_an_unsupported_layer_is_named_before_anything_runs():
    x, counting = keras.Input((LENGTH, 4)), Counting()
    h = Sorted(name="odd_one")(counting(x))
    model = keras.Model(x, layers.Dense(2)(layers.Flatten()(h)))
    calls = counting.calls
    with pytest.raises(ValueError, match=r"'odd_one' of class Sorted .* inside it, 'sort"):
        deep_lift_shap(model, sequences(1))
    with pytest.raises(ValueError, match="Sort"):
        check_supported(model)
    assert counting.calls == calls


@backend
def test_state_is_clean_after_an_exception():
    x, counting = keras.Input((LENGTH, 4)), Counting()
    dense = layers.Dense(2, activation="gelu", activity_regularizer="l2")
    model = randomised(keras.Model(x, dense(layers.Flatten()(counting(x)))))
    before = ops.convert_to_numpy(model(sequences(2)))
    losses = len(model.losses)
    expected = deep_lift_shap(model, sequences(2), n_references=2)
    counting.broken = True
    with pytest.raises(RuntimeError, match="broken"):
        deep_lift_shap(model, sequences(2), n_references=2)
    counting.broken = False
    assert counting.activation is keras.activations.relu
    assert dense.activation is keras.activations.gelu
    np.testing.assert_array_equal(ops.convert_to_numpy(model(sequences(2))), before)
    assert len(model.losses) == losses
    dense.bias.assign(dense.bias + 1)  # would be lost inside a scope left open
    assert np.abs(ops.convert_to_numpy(model(sequences(2))) - before).max() > 0.1
    dense.bias.assign(dense.bias - 1)
    again = deep_lift_shap(model, sequences(2), n_references=2)
    np.testing.assert_allclose(again.attributions, expected.attributions, atol=1e-6)


@backend
def test_weights_are_read_at_each_call():
    model, x = built(basset), sequences(2)
    before = deep_lift_shap(model, x, targets=[0], n_references=2)
    model.layers[-1].kernel.assign(2 * model.layers[-1].kernel)
    after = deep_lift_shap(model, x, targets=[0], n_references=2)
    np.testing.assert_allclose(after.attributions, 2 * before.attributions, atol=1e-5)


class Squaring(layers.Layer):
    def call(self, h):
        return ops.square(h) + h


def test_a_false_declaration_shows_in_the_delta(caplog):
    register_rule(Squaring, "linear")
    x = keras.Input((LENGTH, 4))
    h = layers.GlobalAveragePooling1D()(Squaring()(layers.Conv1D(4, 5)(x)))
    model = randomised(keras.Model(x, layers.Dense(1)(h)))
    result = deep_lift_shap(model, sequences(2), n_references=2)
    assert "difference of outputs" in caplog.text
    assert len(result.warnings) == 1
    register_rule(Squaring, "elementwise")
    assert deep_lift_shap(model, sequences(2), n_references=2).warnings == ()


def test_an_operation_that_merges_the_batch_axis_is_refused():
    x = keras.Input((LENGTH, 4))
    h = ops.relu(ops.reshape(layers.Conv1D(4, 5)(x), (-1, 4)))
    h = ops.reshape(h, (-1, LENGTH - 4, 4))
    model = randomised(keras.Model(x, layers.Dense(1)(layers.GlobalAveragePooling1D()(h))))
    with pytest.raises(ValueError, match="merges the batch axis"):
        deep_lift_shap(model, sequences(2), n_references=2)


def test_progress_and_bad_arguments():
    model, x, seen = built(basset), sequences(3), []
    deep_lift_shap(
        model, x, targets=[0], n_references=2, batch_size=6, progress=lambda *p: seen.append(p)
    )
    assert seen == [(2, 3), (3, 3)]
    with pytest.raises(ValueError, match="output="):
        deep_lift_shap(model, x, output="probability")
    with pytest.raises(ValueError, match="expected input of shape"):
        deep_lift_shap(model, x[:, 1:])
    with pytest.raises(ValueError, match="expected input of shape"):
        deep_lift_shap(model, x[:0])
    with pytest.raises(ValueError, match="functional"):
        deep_lift_shap(Subclassed(), x)


class Subclassed(keras.Model):
    def call(self, x):
        return x


def test_agrees_with_shap():
    if keras.backend.backend() != "tensorflow":
        pytest.skip("shap.DeepExplainer of a Keras model needs TensorFlow")
    x = keras.Input((LENGTH, 4))
    h = layers.MaxPooling1D(4)(layers.Activation("relu")(layers.Conv1D(8, 7)(x)))
    h = layers.Dense(9, activation="relu")(layers.Flatten()(h))
    model = randomised(keras.Model(x, layers.Dense(2)(h)))
    foreground, background = sequences(3), sequences(6, seed=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

        expected = shap.DeepExplainer(model, background).shap_values(foreground)
    result = deep_lift_shap(model, foreground, references=background)
    found = np.moveaxis(result.attributions, 0, -1)
    # shap spreads a column's contribution over its four entries; ours stands at the observed base.
    expected = expected.sum(2, keepdims=True) * foreground[..., None]
    assert np.abs(expected).max() > 1e-2
    np.testing.assert_allclose(found, expected, atol=1e-5)
