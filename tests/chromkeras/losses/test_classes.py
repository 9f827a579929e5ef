"""The loss of classes by hand."""

import numpy as np
import pytest
from scipy.special import log_softmax

from chromkeras.losses.task_loss import TaskLoss

pytestmark = pytest.mark.backend


def crossentropy(y, z):
    picked = np.take_along_axis(log_softmax(z, axis=-1), y.astype(int)[..., None], axis=-1)
    return -picked[..., 0]


REFERENCES = {"crossentropy": crossentropy}


def test_equal_logits_cost_the_log_of_the_number_of_classes():
    z = np.zeros((2, 1, 5), np.float32)
    y = np.array([[0.0], [4.0]], np.float32)
    assert float(TaskLoss("crossentropy")(y, z)) == pytest.approx(np.log(5))


def test_by_hand():
    z = np.log(np.array([[[1.0, 2.0, 5.0]]], np.float32))
    for label, share in enumerate((1 / 8, 2 / 8, 5 / 8)):
        loss = TaskLoss("crossentropy")(np.array([[label]], np.float32), z)
        assert float(loss) == pytest.approx(-np.log(share), rel=1e-6)


def test_two_classes_are_a_binary_task():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (30, 3)).astype(np.float32)
    z = rng.normal(size=(30, 3)).astype(np.float32)
    two = np.stack([np.zeros_like(z), z], axis=-1)
    expected = float(TaskLoss("plain")(y, z))
    assert float(TaskLoss("crossentropy")(y, two)) == pytest.approx(expected, rel=1e-5)


def test_large_logits_stay_finite():
    z = np.array([[[1000.0, 0.0]]], np.float32)
    assert float(TaskLoss("crossentropy")(np.array([[1.0]], np.float32), z)) == 1000.0
