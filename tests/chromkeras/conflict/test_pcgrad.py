"""PCGrad against the paper's algorithm on whole vectors."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chromkeras.conflict.pcgrad import coefficients

pytestmark = pytest.mark.backend


def reference(g, order):
    """Algorithm 1 of Yu et al. 2020, in float64."""
    projected = g.copy()
    for i, row in enumerate(order):
        for k in row:
            dot = projected[i] @ g[k]
            if k != i and dot < 0:
                projected[i] -= dot / (g[k] @ g[k]) * g[k]
    return projected.sum(axis=0)


def merge(g, order):
    gram = (g @ g.T).astype(np.float32)
    order = keras.ops.convert_to_tensor(order, "int32")
    return keras.ops.convert_to_numpy(coefficients(gram, order)) @ g


whole = st.integers(-3, 3).map(float)  # zeros, equal and opposite gradients turn up by themselves
vectors = st.integers(1, 5).flatmap(
    lambda tasks: hnp.arrays(np.float64, (tasks, 3), elements=whole)
)


@settings(max_examples=25, deadline=None)
@given(vectors, st.integers(0, 9))
def test_equals_the_algorithm(g, seed):
    order = np.argsort(np.random.default_rng(seed).random((len(g), len(g))), axis=1)
    np.testing.assert_allclose(merge(g, order), reference(g, order), atol=1e-4)


@pytest.mark.parametrize("tasks", [2, 30])
def test_equals_the_algorithm_on_long_vectors(tasks):
    rng = np.random.default_rng(tasks)
    g = rng.normal(size=(tasks, 500)) * np.exp(rng.normal(size=(tasks, 1)))
    order = np.argsort(rng.random((tasks, tasks)), axis=1)
    expected = reference(g, order)
    np.testing.assert_allclose(merge(g, order), expected, atol=1e-4 * np.abs(expected).max())


def test_two_tasks_by_hand():
    order = np.array([[1, 0], [0, 1]])
    # g_1 = (1, 0) and g_2 = (-1, 1) conflict: g_1' = (1/2, 1/2), g_2' = (0, 1).
    g = np.array([[1.0, 0.0], [-1.0, 1.0]])
    np.testing.assert_allclose(merge(g, order), [0.5, 1.5], atol=1e-6)
    g = np.array([[1.0, 0.0], [1.0, 1.0]])
    np.testing.assert_allclose(merge(g, order), [2.0, 1.0], atol=1e-6)


def test_the_order_matters_as_in_the_algorithm():
    g = np.random.default_rng(5).normal(size=(4, 3))
    orders = [np.tile(o, (4, 1)) for o in ([0, 1, 2, 3], [3, 2, 1, 0])]
    results = [merge(g, order) for order in orders]
    for result, order in zip(results, orders, strict=True):
        np.testing.assert_allclose(result, reference(g, order), atol=1e-5)
    assert np.abs(results[0] - results[1]).max() > 1e-3
