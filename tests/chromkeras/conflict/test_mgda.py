"""MGDA against a general optimizer, in closed form, and by the property it is made for."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import minimize

from chromkeras.conflict.mgda import coefficients

pytestmark = pytest.mark.backend


def merge(g):
    """Return the min-norm point, without the factor T."""
    gram = (g @ g.T).astype(np.float32)
    return keras.ops.convert_to_numpy(coefficients(gram)) @ g / len(g)


def draw(tasks, size=40, common=1.0, seed=0):
    rng = np.random.default_rng(seed)
    scale = np.exp(0.7 * rng.normal(size=(tasks, 1)))
    return scale * (rng.normal(size=(tasks, size)) + common * rng.normal(size=size))


@pytest.mark.parametrize("common", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("tasks", [3, 8, 16])
def test_equals_a_general_optimizer(tasks, common):
    g = draw(tasks, common=common)
    gram = g @ g.T
    found = minimize(
        lambda w: w @ gram @ w,
        np.full(tasks, 1 / tasks),
        jac=lambda w: 2 * gram @ w,
        bounds=[(0, 1)] * tasks,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    expected = found.x @ g
    assert np.linalg.norm(merge(g) - expected) < 5e-3 * np.linalg.norm(expected)


@settings(max_examples=12, deadline=None)
@given(hnp.arrays(np.float64, (2, 3), elements=st.integers(-5, 5).map(float)))
def test_two_tasks_in_closed_form(g):
    if not g.any(axis=1).all():
        return  # a task without a gradient is absent
    apart = ((g[0] - g[1]) ** 2).sum()
    share = np.clip((g[1] - g[0]) @ g[1] / apart, 0, 1) if apart else 0.5
    np.testing.assert_allclose(merge(g), share * g[0] + (1 - share) * g[1], atol=1e-4)


@pytest.mark.parametrize("tasks", [50])
def test_no_loss_rises(tasks):
    g = draw(tasks, size=2000, common=0.3)
    d = merge(g)
    assert (g @ d).min() > 0.99 * d @ d


def test_tasks_that_cannot_all_improve_stand_still():
    g = np.array([[1.0, 0.0], [-0.5, 0.9], [-0.5, -0.9]])
    np.testing.assert_allclose(merge(g), 0, atol=1e-3)
