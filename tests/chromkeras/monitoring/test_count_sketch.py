import numpy as np
import pytest

from chromkeras.monitoring.count_sketch import CountSketch


def test_short_vectors_stay_as_they_are():
    vector = np.arange(5.0)
    np.testing.assert_array_equal(CountSketch(5, 5, seed=0)(vector), vector)


def test_inner_products_are_kept():
    x, y = np.random.default_rng(0).normal(size=(2, 20_000))
    y = 0.6 * x / np.linalg.norm(x) + 0.8 * y / np.linalg.norm(y)
    x = x / np.linalg.norm(x)
    products = []
    for seed in range(40):
        sketch = CountSketch(len(x), 1000, seed=seed)
        assert sketch(x).shape == (1000,)
        products.append(sketch(x) @ sketch(y))
    assert np.mean(products) == pytest.approx(x @ y, abs=0.02)
    assert np.std(products) < np.sqrt(2 / 1000)


def test_linear():
    x, y = np.random.default_rng(1).normal(size=(2, 300))
    sketch = CountSketch(300, 50, seed=2)
    np.testing.assert_allclose(sketch(2 * x + y), 2 * sketch(x) + sketch(y), atol=1e-12)
