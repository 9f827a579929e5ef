"""The losses of real values by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import mean_poisson_deviance

from chromkeras.errors import InputError
from chromkeras.losses.registry import of_loss
from chromkeras.losses.task_loss import TaskLoss, make_loss

pytestmark = pytest.mark.backend


def poisson(y, f):
    safe = np.where(y > 0, y, 1)
    return np.exp(f) - y * f - y + y * np.log(safe)


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-30)


def angle(y, f, known):
    y, f = (unit(np.where(known, x, 0)) for x in (y, f))
    return known.sum(axis=1, keepdims=True) / 2 * (f - y) ** 2


def cosine_mse(y, f, known):
    return (f - y) ** 2 + angle(y, f, known)


def cosine_mse_log(y, f, known):
    return (np.log1p(np.exp(f)) - np.log1p(y)) ** 2 + angle(y, np.exp(f), known)


REFERENCES = {
    "cosine_mse": cosine_mse,
    "cosine_mse_log": cosine_mse_log,
    "mse": lambda y, f: (f - y) ** 2,
    "log_cosh": lambda y, f: np.log(np.cosh(f - y)),
    "poisson": poisson,
}


def column(*values):
    return np.array(values, np.float32)[:, None]


def test_mse_is_the_mean_of_squares():
    assert float(TaskLoss("mse")(column(1, -1, 4), column(2, 1, 4))) == pytest.approx(5 / 3)


def test_log_cosh_is_half_a_square_near_0_and_straight_far_away():
    loss = TaskLoss("log_cosh")
    assert float(loss(column(-1), column(1))) == pytest.approx(np.log(np.cosh(2)))
    assert float(loss(column(0), column(0.02))) == pytest.approx(2e-4, rel=1e-3)
    for far in (-1e6, 1e6):
        assert float(loss(column(0), column(far))) == pytest.approx(1e6 - np.log(2))


def test_poisson_at_the_log_of_the_value_is_0():
    loss = TaskLoss("poisson")
    y = column(0.5, 1, 20)
    assert float(loss(y, np.log(y))) == pytest.approx(0.0, abs=1e-5)
    assert float(loss(column(2), column(0))) == pytest.approx(2 * np.log(2) - 1)
    assert float(loss(column(0), column(-200))) == pytest.approx(0.0)


def test_poisson_is_half_the_deviance():
    rng = np.random.default_rng(0)
    y, f = rng.poisson(3, (50, 1)).astype(np.float32), rng.normal(size=(50, 1)).astype(np.float32)
    expected = mean_poisson_deviance(y[:, 0], np.exp(f[:, 0].astype(float))) / 2
    assert float(TaskLoss("poisson")(y, f)) == pytest.approx(expected, rel=1e-5)


def test_cosine_mse_by_hand():
    y, f = np.array([[3.0, 4.0]], np.float32), np.array([[4.0, 3.0]], np.float32)
    loss = TaskLoss("cosine_mse")
    assert float(loss(y, f)) == pytest.approx(1 + 1 + 2 * (1 - 24 / 25))
    assert float(loss(y, y)) == pytest.approx(0.0, abs=1e-6)
    assert float(loss(y, 3 * y)) == pytest.approx(36 + 64)  # an angle of 0
    assert float(loss(y, -y)) == pytest.approx(36 + 64 + 2 * 2)  # cos is -1
    assert float(loss(y * 0, f)) == pytest.approx(16 + 9 + 1)  # a row of 0 has no direction
    alone = np.array([[True, False]])
    assert float(loss(y, f, alone)) == pytest.approx(1)


def test_cosine_mse_log_by_hand():
    y, f = np.array([[3.0, 4.0]], np.float32), np.log(np.array([[4.0, 3.0]], np.float32))
    loss = TaskLoss("cosine_mse_log")
    assert float(loss(y, f)) == pytest.approx(2 * np.log(5 / 4) ** 2 + 2 * (1 - 24 / 25))
    assert float(loss(y, np.log(y))) == pytest.approx(0.0, abs=1e-6)


def test_cosine_losses_are_those_of_crested_but_for_scale_and_offset():
    """Per row T (MSE − cos + 1) for T tasks, MSE being the mean over the tasks."""
    rng = np.random.default_rng(0)
    y, f = (rng.gamma(1.0, size=(20, 5)).astype(np.float32) for _ in range(2))
    cosine = (unit(y) * unit(f)).sum(axis=1)
    for name, squares, output in (
        ("cosine_mse", (f - y) ** 2, f),
        ("cosine_mse_log", (np.log1p(f) - np.log1p(y)) ** 2, np.log(f)),
    ):
        expected = 5 * (squares.mean(axis=1) - cosine + 1).mean()
        assert float(TaskLoss(name)(y, output)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", ["cosine_mse", "cosine_mse_log"])
def test_cosine_losses_stay_finite_at_extremes(name, gradients):
    y = np.array([[0.0, 1e-30], [1e4, 0.0], [0.0, 0.0]], np.float32)
    for extreme in (0.0, 80.0, -300.0, 1e-30):
        f = np.full(y.shape, extreme, np.float32)
        value, (slope,) = gradients(lambda f: TaskLoss(name)(y, f), f)
        assert np.isfinite(value)
        assert np.isfinite(slope).all()


@pytest.mark.parametrize("name", ["mse", "poisson"])
def test_the_best_constant_prediction_is_the_mean(name, gradients):
    """Which ties these losses to what their LINK says of an output."""
    y = np.random.default_rng(0).gamma(2.0, size=(40, 1)).astype(np.float32)
    best = np.log(y.mean()) if of_loss(name, "LINK") == "exp" else y.mean()
    loss = TaskLoss(name)
    _, (slope,) = gradients(lambda f: loss(y, f), np.full((40, 1), best, np.float32))
    assert float(slope.sum()) == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("name", ["poisson", "cosine_mse_log"])
def test_losses_of_counts_take_no_negative_values_but_unknown_ones(name):
    labels, known = np.array([[2.0, 0.0], [1.0, -0.5]]), np.array([[True, True], [True, False]])
    dataset = SimpleNamespace(
        problem="regression", labels=labels, known=known, tasks=("gut", "skin")
    )
    make_loss(name, dataset)
    dataset.known = np.ones((2, 2), bool)
    with pytest.raises(InputError, match=r"at least 0, received -0\.5 in task 'skin'"):
        make_loss(name, dataset)
