"""Targets by index, name, contrast and weights."""

import numpy as np
import pytest

from chrominterpret.methods.base.targets import resolve_targets

NAMES = ["Intest", "Neurons", "Muscle"]


def test_all_outputs():
    targets = resolve_targets(None, (3,))
    assert targets.names == ("0", "1", "2")
    np.testing.assert_array_equal(targets.weights, np.eye(3))
    assert len(targets) == 3


@pytest.mark.parametrize("chosen", [2, "Muscle", [2], ["Muscle"], np.array([2])])
def test_one_output(chosen):
    targets = resolve_targets(chosen, (3,), task_names=NAMES)
    assert targets.names == ("Muscle",)
    np.testing.assert_array_equal(targets.weights, [[0, 0, 1]])
    assert targets.weights.dtype == np.float32


def test_task_names_as_an_array():
    targets = resolve_targets("sum", (3,), task_names=np.array(NAMES))
    assert targets.names == ("sum",)
    np.testing.assert_array_equal(targets.weights, [[1, 1, 1]])


def test_order_is_kept():
    targets = resolve_targets(["Neurons", 0], (3,), task_names=NAMES)
    assert targets.names == ("Neurons", "Intest")


def test_contrasts():
    contrast = {"I − N": {"Intest": 1, "Neurons": -1}, "M": {2: 0.5}}
    targets = resolve_targets(contrast, (3,), task_names=NAMES)
    assert targets.names == ("I − N", "M")
    np.testing.assert_array_equal(targets.weights, [[1, -1, 0], [0, 0, 0.5]])


def test_weights():
    targets = resolve_targets(np.array([[1, -0.5, -0.5]]), (3,))
    np.testing.assert_array_equal(targets.weights, [[1, -0.5, -0.5]])


@pytest.mark.parametrize(
    "bad", ["Glia", 3, -1, True, [], {}, [[0]], {"a": 1}, {"a": {"Glia": 1}}, np.zeros((1, 2)), 0.5]
)
def test_bad_targets(bad):
    with pytest.raises(ValueError, match="expected"):
        resolve_targets(bad, (3,), task_names=NAMES)


@pytest.mark.parametrize("names", [["a"], ["a", "a", "b"]])
def test_bad_task_names(names):
    with pytest.raises(ValueError, match="task names"):
        resolve_targets(None, (3,), task_names=names)


def test_tracks_in_bins():
    chosen = [1, ("mean", "b"), (2, 0), (range(1, 3), "a"), (slice(-1, None), 1), ("sum", 0)]
    targets = resolve_targets(chosen, (3, 2), task_names=["a", "b"])
    assert targets.names == (
        "b", "b, mean", "a, bin 2", "a, bins 1 to 2", "b, bins 2 to 2", "a, sum",
    )  # fmt: skip
    by_hand = np.zeros((6, 3, 2))
    by_hand[0, :, 1], by_hand[1, :, 1] = 1, 1 / 3
    by_hand[2, 2, 0] = by_hand[3, 1, 0] = by_hand[3, 2, 0] = by_hand[4, 2, 1] = 1
    by_hand[5, :, 0] = 1
    np.testing.assert_allclose(targets.weights, by_hand.reshape(6, 6), rtol=1e-6)
    contrast = resolve_targets({"rise": {(2, 0): 1, (0, 0): -1}}, (3, 2))
    np.testing.assert_array_equal(contrast.weights, [[-1, 0, 0, 0, 1, 0]])
    assert resolve_targets((2, 0), (3, 2)).names == ("0, bin 2",)
    assert resolve_targets("mean", (3, 2)).names == ("0, mean", "1, mean")
    given = np.ones((1, 3, 2))
    np.testing.assert_array_equal(resolve_targets(given, (3, 2)).weights, np.ones((1, 6)))


def test_profiles_weigh_by_the_softmax_of_each_row():
    y = np.random.default_rng(0).normal(size=(4, 3, 2))
    targets = resolve_targets({"both": {("profile", 0): 1, ("profile", 1): 2, (0, 1): 1}}, (3, 2))
    p = np.exp(y) / np.exp(y).sum(1, keepdims=True)
    profile = (p * (y - y.mean(1, keepdims=True))).sum(1)
    expected = profile[:, 0] + 2 * profile[:, 1] + y[:, 0, 1]
    weights = targets.at(y.reshape(4, 6))
    assert weights.shape == (1, 4, 6)
    np.testing.assert_allclose((weights[0] * y.reshape(4, 6)).sum(1), expected, rtol=1e-5)
    as_one_track = resolve_targets("profile", (3,))
    assert as_one_track.names == ("profile",)
    np.testing.assert_allclose(as_one_track.at(y[..., 0])[0], p[..., 0] - 1 / 3, atol=1e-6)


@pytest.mark.parametrize("bad", [(3, 0), (0, 2), ("max", 0), [(range(2, 4), 0)], ("a", "b"), [()]])
def test_bad_bins(bad):
    with pytest.raises(ValueError, match=r"pairs of bins in 0\.\.2"):
        resolve_targets(bad, (3, 2), task_names=["a", "b"])


def test_one_output_of_no_axis():
    np.testing.assert_array_equal(resolve_targets(None, ()).weights, [[1]])
