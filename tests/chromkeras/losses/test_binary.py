"""The losses of binary labels by hand."""

import numpy as np
import pytest

from chromkeras.losses.task_loss import TaskLoss

pytestmark = pytest.mark.backend


def test_at_logit_0_a_label_costs_log_2_times_its_weight():
    y, z = np.array([[1.0, 0.0]], np.float32), np.zeros((1, 2), np.float32)
    assert float(TaskLoss("plain")(y, z)) == pytest.approx(2 * np.log(2))
    rebalanced = TaskLoss("rebalanced", positive_fraction=[0.25, 0.1])
    assert float(rebalanced(y, z)) == pytest.approx(np.log(2) * (0.75 + 0.1))


def test_large_logits_stay_finite():
    y = np.array([[1.0], [0.0]], np.float32)
    z = np.array([[-1000.0], [1000.0]], np.float32)
    assert float(TaskLoss("plain")(y, z)) == pytest.approx(1000.0)
