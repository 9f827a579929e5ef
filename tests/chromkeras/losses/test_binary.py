"""The losses of binary labels by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from chromkeras.errors import InputError
from chromkeras.losses.task_loss import TaskLoss, make_loss

pytestmark = pytest.mark.backend


def plain(y, z):
    return -np.where(y == 1, np.log(expit(z)), np.log(expit(-z)))


def rebalanced(y, z, positive_fraction):
    rho = np.asarray(positive_fraction)
    return np.where(y == 1, 1 - rho, rho) * plain(y, z)


REFERENCES = {"plain": plain, "rebalanced": rebalanced}


def test_at_logit_0_a_label_costs_log_2_times_its_weight():
    y, z = np.array([[1.0, 0.0]], np.float32), np.zeros((1, 2), np.float32)
    assert float(TaskLoss("plain")(y, z)) == pytest.approx(2 * np.log(2))
    rebalanced = TaskLoss("rebalanced", positive_fraction=[0.25, 0.1])
    assert float(rebalanced(y, z)) == pytest.approx(np.log(2) * (0.75 + 0.1))


def test_weights_of_classes_are_taken_from_the_labels(labelled):
    dataset = labelled("binary")
    (rho,) = make_loss("rebalanced", dataset).constants.values()
    ones, known = dataset.labels.sum(axis=0), dataset.known.sum(axis=0)
    np.testing.assert_allclose(rho, ones / known)
    with pytest.raises(InputError, match="task 'a' has only negatives among the 50 train rows"):
        make_loss("rebalanced", replace(dataset, labels=np.zeros_like(dataset.labels)))


def test_large_logits_stay_finite():
    y = np.array([[1.0], [0.0]], np.float32)
    z = np.array([[-1000.0], [1000.0]], np.float32)
    assert float(TaskLoss("plain")(y, z)) == pytest.approx(1000.0)
