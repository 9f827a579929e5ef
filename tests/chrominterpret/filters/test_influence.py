import keras
import numpy as np
import pytest

from chrominterpret.filters.influence import filter_influence

layers = keras.layers


@keras.saving.register_keras_serializable(package="test_influence")
class Same(layers.Layer):
    """An identity, as a fan-out of gradients is."""

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return x


def make_model(*, ending: str = "layer") -> keras.Model:
    """Convolutions, dropout, an identity and three sigmoid outputs."""
    keras.utils.set_random_seed(0)
    given = keras.Input((40, 4))
    hidden = layers.Conv1D(6, 7, padding="same", name="first")(given)
    hidden = layers.ReLU(name="relu")(layers.BatchNormalization()(hidden))
    hidden = layers.Conv1D(5, 3, activation="relu")(layers.MaxPooling1D(2)(hidden))
    hidden = Same()(layers.Dropout(0.5)(layers.GlobalAveragePooling1D()(hidden)))
    if ending == "layer":
        outputs = layers.Activation("sigmoid")(layers.Dense(3, name="logits")(hidden))
    else:
        outputs = layers.Dense(3, name="logits", activation="sigmoid")(hidden)
    return keras.Model(given, outputs)


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return np.eye(4, dtype=np.float32)[np.random.default_rng(0).integers(0, 4, (21, 40))]


def naive(model: keras.Model, x: np.ndarray, f: int) -> np.ndarray:
    """Change of the predictions (N, T) without filter f, by running the layers one by one."""

    def run(without: bool) -> np.ndarray:
        value = x
        for layer in model.layers[1:]:
            value = np.array(
                layer(value, training=False) if layer.name != "first" else layer(value)
            )
            if layer.name == "relu" and without:
                value[:, :, f] = value[:, :, f].mean()
        return value.astype(float)

    return run(False), run(True)


def logit(p: np.ndarray) -> np.ndarray:
    return np.log(p / (1 - p))


@pytest.mark.parametrize("ending", ["layer", "argument"])
def test_influence_agrees_with_a_plain_loop(x: np.ndarray, ending: str) -> None:
    model = make_model(ending=ending)
    calls: list[tuple[int, int]] = []
    result = filter_influence(
        model, x, batch_size=8, progress=lambda done, total: calls.append((done, total))
    )
    probability = filter_influence(model, x, scale="output")
    assert result.filters.tolist() == list(range(6))
    assert calls == [(i, 18) for i in range(1, 19)]
    for f in range(6):
        usual, without = naive(model, x, f)
        change = logit(usual) - logit(without)
        np.testing.assert_allclose(result.mean_difference[f], change.mean(axis=0), atol=3e-6)
        rms = np.sqrt((change**2).mean(axis=0))
        np.testing.assert_allclose(result.rms_difference[f], rms, atol=3e-6)
        change = usual - without
        np.testing.assert_allclose(probability.mean_difference[f], change.mean(axis=0), atol=1e-6)
    assert result.rms_difference.max() > 1e-3


ENDINGS = {
    "an argument": lambda h: layers.Dense(3, activation="softmax")(h),
    "a layer": lambda h: layers.Softmax()(layers.Dense(3)(h)),
    "an operation": lambda h: keras.ops.softmax(layers.Dense(3)(h)),
    "a sigmoid reshaped": lambda h: layers.Reshape((3,))(layers.Dense(3, activation="sigmoid")(h)),
    "a nested model": lambda h: keras.Sequential(
        [keras.Input(h.shape[1:]), layers.Dense(3, activation="softmax")]
    )(h),
    "a convolution": lambda h: layers.Flatten()(
        layers.Conv1D(3, 1, activation="sigmoid")(layers.Reshape((1, 5))(h))
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_whatever_ends_the_model_logits_are_compared(x: np.ndarray, ending: str) -> None:
    keras.utils.set_random_seed(0)
    given = keras.Input((40, 4))
    hidden = layers.GlobalMaxPooling1D()(layers.Conv1D(5, 7, activation="relu")(given))
    bare = keras.Model(given, layers.Dense(3)(hidden))
    model = keras.Model(given, ENDINGS[ending](hidden))
    kernel, bias = (50 * w for w in bare.layers[-1].get_weights())  # probabilities of 0 and 1
    bare.layers[-1].set_weights([kernel, bias])
    model.set_weights(
        [w.reshape(v.shape) for w, v in zip(bare.get_weights(), model.get_weights(), strict=True)]
    )
    found, expected = filter_influence(model, x), filter_influence(bare, x)
    np.testing.assert_allclose(found.mean_difference, expected.mean_difference, atol=1e-5)
    shares = filter_influence(model, x, scale="output")
    assert np.abs(shares.mean_difference).max() <= 1 < np.abs(found.mean_difference).max()


def test_a_convolution_that_ends_the_model_is_no_bridge(x: np.ndarray) -> None:
    given = keras.Input((40, 4))
    hidden = layers.Conv1D(5, 7, activation="relu")(given)
    last = layers.Conv1D(1, 5, activation="sigmoid")
    model = keras.Model(given, layers.Flatten()(last(hidden)))
    found = filter_influence(model, x)
    last.activation = keras.activations.linear
    expected = filter_influence(keras.Model(given, layers.Flatten()(last(hidden))), x)
    np.testing.assert_allclose(found.mean_difference, expected.mean_difference, atol=1e-6)


def test_a_sequential_model_is_read_as_a_functional_one(x: np.ndarray) -> None:
    model = keras.Sequential([keras.Input((40, 4)), *make_model().layers[1:]])
    found, expected = (filter_influence(each, x) for each in (model, make_model()))
    np.testing.assert_allclose(found.mean_difference, expected.mean_difference, atol=1e-6)


def test_a_subset_is_the_same_and_the_model_is_left_alone(x: np.ndarray) -> None:
    model = make_model()
    before = [weights.copy() for weights in model.get_weights()]
    all_filters = filter_influence(model, x)
    some = filter_influence(model, x, filters=[4, 1])
    assert some.filters.tolist() == [4, 1]
    np.testing.assert_allclose(some.rms_difference, all_filters.rms_difference[[4, 1]], atol=1e-6)
    assert all(len(layer._inbound_nodes) == 1 for layer in model.layers)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_side_branches_and_several_outputs(x: np.ndarray) -> None:
    given, other = keras.Input((40, 4)), keras.Input((2,))
    hidden = layers.GlobalMaxPooling1D()(layers.Conv1D(2, 5, activation="relu")(given))
    skip = layers.GlobalAveragePooling1D()(given)
    joined = layers.Concatenate()([hidden, other, skip])
    model = keras.Model([given, other], [layers.Dense(1)(joined), layers.Dense(2)(other)])
    result = filter_influence(model, [x, np.ones((21, 2))])
    assert result.mean_difference.shape == (2, 3)
    assert result.rms_difference[:, 0].min() > 0
    np.testing.assert_array_equal(result.rms_difference[:, 1:], 0)


def blocks_model(*, mixed: bool) -> keras.Model:
    keras.utils.set_random_seed(1)
    given = keras.Input((40, 4))
    hidden = layers.Conv1D(6, 7, activation="relu", name="first")(given)
    pooled = layers.GlobalAveragePooling1D()(hidden)
    dense = layers.Dense(3)
    model = keras.Model(given, dense(pooled))
    if not mixed:  # output t reads channels 2t and 2t + 1 only
        kernel, bias = dense.get_weights()
        dense.set_weights([kernel * np.repeat(np.eye(3), 2, axis=0), bias])
    return model


def test_blocks_give_the_same_in_fewer_passes(x: np.ndarray) -> None:
    model, passes = blocks_model(mixed=False), []
    plain = filter_influence(model, x)
    quick = filter_influence(model, x, blocks=3, progress=lambda d, t: passes.append((d, t)))
    assert passes == [(1, 2), (2, 2)]
    assert quick.filters.tolist() == plain.filters.tolist()
    np.testing.assert_allclose(quick.mean_difference, plain.mean_difference, atol=1e-6)
    np.testing.assert_allclose(quick.rms_difference, plain.rms_difference, atol=1e-6)
    some = filter_influence(model, x, blocks=3, filters=[1])
    assert some.filters.tolist() == [1, 3, 5]
    np.testing.assert_allclose(some.rms_difference, plain.rms_difference[[1, 3, 5]], atol=1e-6)


def test_a_block_may_feed_several_outputs(x: np.ndarray) -> None:
    model = blocks_model(mixed=False)
    kernel, bias = model.layers[-1].get_weights()
    shared = layers.Dense(4)  # outputs 0 and 2 read block 1, output 1 block 0, output 3 block 2
    wide = keras.Model(model.input, shared(model.layers[-2].output))
    shared.set_weights([kernel[:, [1, 0, 1, 2]] * [1, 1, 2, 1], bias[[1, 0, 1, 2]]])
    plain = filter_influence(wide, x)
    quick = filter_influence(wide, x, blocks=3, block_of=(1, 0, 1, 2))
    np.testing.assert_allclose(quick.mean_difference, plain.mean_difference, atol=1e-6)
    np.testing.assert_allclose(quick.rms_difference, plain.rms_difference, atol=1e-6)
    with pytest.raises(ValueError, match="block 0 moves other outputs"):
        filter_influence(wide, x, blocks=3, block_of=(1, 1, 1, 2))
    with pytest.raises(ValueError, match="with 4 blocks from 0 to 2"):
        filter_influence(wide, x, blocks=3, block_of=(0, 0, 1, 3))


def test_what_is_wrong_is_said(x: np.ndarray) -> None:
    model = blocks_model(mixed=True)
    with pytest.raises(ValueError, match="block 0 moves other outputs"):
        filter_influence(model, x, blocks=3)
    with pytest.raises(ValueError, match="one output a block; received 3 and 2"):
        filter_influence(model, x, blocks=2)
    with pytest.raises(ValueError, match="divide 6 filters; received 4"):
        filter_influence(model, x, blocks=4)
    with pytest.raises(ValueError, match=r"from 0 to 5; received \[6\]"):
        filter_influence(model, x, filters=[0, 6])
    with pytest.raises(ValueError, match=r"expected 1 input\(s\) .*, received 2"):
        filter_influence(model, [x, x])
    with pytest.raises(ValueError, match=r"\(None, 40, 4\) as .*, received \(21, 5, 40\)"):
        filter_influence(model, np.zeros((21, 5, 40)))
    with pytest.raises(ValueError, match="'logit' or 'output'; received 'p'"):
        filter_influence(model, x, scale="p")  # type: ignore[arg-type]


def test_targets_are_sums_of_outputs(x: np.ndarray) -> None:
    given = keras.Input((40, 4))
    hidden = layers.Conv1D(3, 7, activation="relu")(given)
    model = keras.Model(given, [layers.Conv1D(2, 5)(hidden), layers.Flatten()(hidden)])
    every = filter_influence(model, x, head=0)
    targets = [("mean", "b"), {"a": 1, "b": -1}]
    named = {"mean": {targets[0]: 1}, "a - b": targets[1]}
    found = filter_influence(model, x, targets=named, task_names=["a", "b"], head=0)
    by_bin = every.mean_difference.reshape(3, 30, 2)
    np.testing.assert_allclose(found.mean_difference[:, 0], by_bin[..., 1].mean(1), atol=1e-5)
    sums = by_bin[..., 0].sum(1) - by_bin[..., 1].sum(1)
    np.testing.assert_allclose(found.mean_difference[:, 1], sums, atol=1e-5)
    with pytest.raises(ValueError, match="blocks"):
        filter_influence(model, x, targets=[0], head=1, blocks=3)


@pytest.mark.parametrize("stage", ["activation", "convolution"])
def test_a_layer_that_reads_both_strands_is_replaced_on_both(x: np.ndarray, stage: str) -> None:
    keras.utils.set_random_seed(1)
    given = keras.Input((40, 4))
    first, relu = layers.Conv1D(3, 7, name="first"), layers.ReLU()
    convolved = [first(strand) for strand in (given, keras.ops.flip(given, axis=(1, 2)))]
    active = [relu(each) for each in convolved]
    pooled = [layers.GlobalMaxPooling1D()(each) for each in active]
    model = keras.Model(given, layers.Dense(2)(layers.Maximum()(pooled)))
    begins = active if stage == "activation" else convolved
    seen = [np.array(each) for each in keras.Function(given, begins)(x)]
    rest = keras.Function(begins, model.output)
    found = filter_influence(model, x, stage=stage)
    for f in range(3):
        without = [each.copy() for each in seen]
        for each in without:
            each[:, :, f] = np.mean([one[:, :, f] for one in seen])
        change = np.array(rest(seen)) - np.array(rest(without))
        np.testing.assert_allclose(found.mean_difference[f], change.mean(0), atol=1e-5)
