"""CAGrad against a general optimizer, and by what it promises."""

import keras
import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar

from chromkeras.conflict.cagrad import coefficients

pytestmark = pytest.mark.backend


def merge(g, c=0.5):
    """Return d, without the factor T."""
    gram = (g @ g.T).astype(np.float32)
    return keras.ops.convert_to_numpy(coefficients(gram, c=c)) @ g / len(g)


def draw(tasks, size=40, common=0.3, seed=0):
    rng = np.random.default_rng(seed)
    scale = np.exp(0.7 * rng.normal(size=(tasks, 1)))
    return scale * (rng.normal(size=(tasks, size)) + common * rng.normal(size=size))


def dual(w, g, c):
    mean = g.mean(axis=0)
    return (w @ g) @ mean + c * np.linalg.norm(mean) * np.linalg.norm(w @ g)


def primal(w, g, c):
    mean, step = g.mean(axis=0), w @ g
    return mean + c * np.linalg.norm(mean) * step / np.linalg.norm(step)


@pytest.mark.parametrize("c", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("tasks", [3, 8, 16])
def test_equals_a_general_optimizer(tasks, c):
    g = draw(tasks)
    found = minimize(
        dual,
        np.full(tasks, 1 / tasks),
        args=(g, c),
        bounds=[(0, 1)] * tasks,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        method="SLSQP",
        options={"ftol": 1e-13, "maxiter": 1000},
    )
    expected = primal(found.x, g, c)
    assert np.linalg.norm(merge(g, c) - expected) < 2e-3 * np.linalg.norm(expected)


@pytest.mark.parametrize("seed", range(4))
def test_two_tasks_by_a_line_search(seed):
    g = draw(2, size=3, seed=seed)
    found = minimize_scalar(
        lambda t: dual(np.array([t, 1 - t]), g, 0.5),
        bounds=(0, 1),
        method="bounded",
        options={"xatol": 1e-10},
    )
    expected = primal(np.array([found.x, 1 - found.x]), g, 0.5)
    np.testing.assert_allclose(merge(g), expected, atol=2e-3 * np.abs(expected).max())


@pytest.mark.parametrize("tasks", [2, 50])
def test_stays_near_the_mean_and_helps_the_worst_off(tasks):
    g = draw(tasks, size=2000)
    mean, d = g.mean(axis=0), merge(g)
    assert np.linalg.norm(d - mean) <= 0.5 * np.linalg.norm(mean) * 1.001
    assert (g @ d).min() > (g @ mean).min()


def test_without_a_radius_it_is_the_sum():
    g = draw(5)
    np.testing.assert_allclose(merge(g, c=0.0), g.mean(axis=0), rtol=1e-5)


@pytest.mark.parametrize("c", [-0.1, 1.0])
def test_bad_radius_is_refused(c):
    with pytest.raises(ValueError, match=f"c of 0 to below 1, received {c}"):
        merge(draw(2), c)
