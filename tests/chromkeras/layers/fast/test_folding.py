import keras
import numpy as np
import pytest
from keras import ops

from chromkeras.backend.operations import compile_model
from chromkeras.layers.fast.folding import biased_convolution, fold_normalization
from chromkeras.layers.task_batch_normalization import TaskBatchNormalization
from chromkeras.layers.task_conv1d import TaskConv1D
from chromkeras.losses.task_loss import TaskLoss
from chromkeras.recipe.reading import make_recipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

pytestmark = pytest.mark.backend
EPSILON = 1e-3


def dna(rng, rows, length):
    """One-hot sequences with a few unknown bases."""
    x = np.eye(5, 4, dtype=np.float32)[rng.integers(0, 4, (rows, length))]
    x[rng.random((rows, length)) < 0.05] = 0.0
    return x


def normalised(x, kernel, scale, offset, *, padding):
    out = ops.conv(x, kernel, padding=padding)
    mean, variance = ops.moments(out, axes=(0, 1))
    return (out - mean) * ops.rsqrt(variance + EPSILON) * scale + offset, mean, variance


def folded(x, kernel, scale, offset, *, padding):
    kernel, bias, mean, variance = fold_normalization(
        x, kernel, scale, offset, padding=padding, epsilon=EPSILON
    )
    return biased_convolution(x, kernel, bias, padding=padding), mean, variance


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("width", [1, 4, 7])
def test_equals_normalising_the_output(padding, width, gradients):
    rng = np.random.default_rng(width)
    x = dna(rng, 6, 30)
    arrays = [rng.normal(size=s).astype(np.float32) for s in ((width, 4, 5), (5,), (5,))]
    found = [f(x, *arrays, padding=padding) for f in (normalised, folded)]
    for theirs, ours in zip(*found, strict=True):
        np.testing.assert_allclose(*map(ops.convert_to_numpy, (ours, theirs)), atol=2e-5)
    weight = rng.normal(size=found[0][0].shape).astype(np.float32)
    slopes = [
        gradients(lambda *a, f=f: ops.sum(f(*a, padding=padding)[0] * weight), x, *arrays)[1]
        for f in (normalised, folded)
    ]
    for theirs, ours in zip(*slopes, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-3)


@pytest.mark.parametrize(
    ("plan", "changes"),
    [
        ("single", {}),
        ("soft", {}),
        ("soft", {"architecture.padding": "same"}),
        ("hard", {"sharing.depth": 0, "sharing.grouped": 9, "sharing.groups": "a,b;c"}),
    ],
)
def test_a_model_trains_as_without(plan, changes, tmp_path, monkeypatch):
    sizes = {"architecture.filters": [6, 5, 4], "architecture.dense": [8, 8],
             "architecture.dropout": 0.0}  # fmt: skip
    keras.utils.set_random_seed(0)
    ours = build_model(
        resolve_plan(
            make_recipe(plan, size="poster", values=sizes | changes),
            list("abc"),
            {"dna": (300, 4)},
            problem="binary",
        )
    )
    assert ours.get_layer("conv_1").folded(training=True) is ours.get_layer("norm_1")
    ours.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    assert again.get_layer("conv_1").folded(training=True) is again.get_layer("norm_1")
    monkeypatch.setattr(TaskConv1D, "folds", False)
    plain = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    assert plain.get_layer("conv_1").folded(training=True) is None
    assert [w.path for w in plain.weights] == [w.path for w in ours.weights]
    rng = np.random.default_rng(0)
    x, y = dna(rng, 12, 300), rng.integers(0, 2, (12, 3)).astype(np.float32)
    before = ours.get_weights()
    for model in (ours, plain):
        compile_model(model, keras.optimizers.SGD(0.05), TaskLoss(positive_fraction=[0.5] * 3))
        for _ in range(4):
            model.train_on_batch(x, y)
    for name, old, one, other in zip(
        (w.path for w in ours.weights), before, ours.get_weights(), plain.get_weights(), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-5, err_msg=name)
        if name.startswith("norm_1"):
            assert np.abs(one - old).max() > 1e-4, name
    np.testing.assert_allclose(ours.predict(x, verbose=0), plain.predict(x, verbose=0), atol=1e-4)


def test_frozen_statistics_stay_those_of_training():
    convolution, norm = TaskConv1D(2, 3, 5), TaskBatchNormalization(2)
    x = dna(np.random.default_rng(0), 4, 20)
    norm(convolution(x))
    convolution.fold(norm)
    norm.trainable = False
    before = norm.get_weights()
    out = norm(convolution(x, training=True), training=True)
    expected = norm(convolution(x, training=False), training=False)
    np.testing.assert_allclose(*map(ops.convert_to_numpy, (out, expected)), atol=1e-6)
    for one, other in zip(before, norm.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_other_inputs_are_normalised_as_ever():
    convolution, norm = TaskConv1D(2, 3, 5), TaskBatchNormalization(2)
    x = dna(np.random.default_rng(0), 4, 20)
    norm(convolution(x))
    convolution.fold(norm)
    done = convolution(x, training=True)
    assert norm(done, training=True) is done
    plain = convolution(x, training=False)
    found = norm(plain, training=True)
    np.testing.assert_allclose(*map(ops.convert_to_numpy, (found, done)), atol=1e-5)


def test_several_inputs_are_each_normalised_once():
    convolution, norm = TaskConv1D(2, 3, 5), TaskBatchNormalization(2)
    rng = np.random.default_rng(0)
    xs = [dna(rng, 4, 20) for _ in range(2)]
    norm(convolution(xs[0]))
    convolution.fold(norm)
    done = [convolution(x, training=True) for x in xs]
    for each in done:
        assert norm(each, training=True) is each


def test_kernel_and_offset_agree_in_bfloat16():
    rng = np.random.default_rng(0)
    x = dna(rng, 6, 30)
    kernel = (rng.normal(size=(7, 4, 5)) * 0.1 + 0.5).astype(np.float32)
    ones, zeros = np.ones(5, np.float32), np.zeros(5, np.float32)
    kernel, bias, *_ = fold_normalization(
        ops.cast(x, "bfloat16"), kernel, ones, zeros, padding="valid", epsilon=EPSILON
    )
    assert keras.backend.standardize_dtype(kernel.dtype) == "bfloat16"
    out = ops.conv(x, ops.cast(kernel, "float32"), padding="valid") + bias
    means = ops.convert_to_numpy(ops.mean(out, axis=(0, 1)))
    np.testing.assert_allclose(means, 0, atol=1e-4)  # the rounding of the kernel is made up for


@pytest.mark.parametrize("options", [{"stacked": True}, {"use_bias": True}])
def test_only_a_plain_first_convolution_folds(options):
    with pytest.raises(ValueError, match=r"common input without bias.*received"):
        TaskConv1D(2, 3, 5, **options).fold(TaskBatchNormalization(2))
