"""Targets by index, name, contrast and weights."""

import numpy as np
import pytest

from chrominterpret.methods.base.targets import resolve_targets

NAMES = ["Intest", "Neurons", "Muscle"]


def test_all_outputs():
    targets = resolve_targets(None, 3)
    assert targets.names == ("0", "1", "2")
    np.testing.assert_array_equal(targets.weights, np.eye(3))
    assert len(targets) == 3


@pytest.mark.parametrize("chosen", [2, "Muscle", [2], ["Muscle"], np.array([2])])
def test_one_output(chosen):
    targets = resolve_targets(chosen, 3, task_names=NAMES)
    assert targets.names == ("Muscle",)
    np.testing.assert_array_equal(targets.weights, [[0, 0, 1]])
    assert targets.weights.dtype == np.float32


def test_order_is_kept():
    targets = resolve_targets(["Neurons", 0], 3, task_names=NAMES)
    assert targets.names == ("Neurons", "Intest")


def test_contrasts():
    contrast = {"I − N": {"Intest": 1, "Neurons": -1}, "M": {2: 0.5}}
    targets = resolve_targets(contrast, 3, task_names=NAMES)
    assert targets.names == ("I − N", "M")
    np.testing.assert_array_equal(targets.weights, [[1, -1, 0], [0, 0, 0.5]])


def test_weights():
    targets = resolve_targets(np.array([[1, -0.5, -0.5]]), 3)
    np.testing.assert_array_equal(targets.weights, [[1, -0.5, -0.5]])


@pytest.mark.parametrize(
    "bad", ["Glia", 3, -1, True, [], {}, [[0]], {"a": 1}, {"a": {"Glia": 1}}, np.zeros((1, 2)), 0.5]
)
def test_bad_targets(bad):
    with pytest.raises(ValueError, match="expected"):
        resolve_targets(bad, 3, task_names=NAMES)


@pytest.mark.parametrize("names", [["a"], ["a", "a", "b"]])
def test_bad_task_names(names):
    with pytest.raises(ValueError, match="task names"):
        resolve_targets(None, 3, task_names=names)
