import numpy as np
import pytest
from sklearn.cross_decomposition import CCA

from chromkeras.statistics.svcca import leading_directions, mean_correlation


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def svcca(first: np.ndarray, second: np.ndarray, *, kept: float = 0.99) -> float:
    return mean_correlation(*(leading_directions(layer, kept) for layer in (first, second)))


def test_any_invertible_map_is_the_same():
    x = normal(80, 5)
    np.testing.assert_allclose(svcca(x, x @ normal(5, 5, seed=1) + 3, kept=1.0), 1)


def test_it_is_canonical_correlation():
    x = normal(200, 3)
    y = x @ normal(3, 3, seed=1) + normal(200, 3, seed=2)
    a, b = CCA(3, max_iter=5000, tol=1e-10).fit_transform(x, y)
    expected = np.mean([np.corrcoef(a[:, i], b[:, i])[0, 1] for i in range(3)])
    np.testing.assert_allclose(svcca(x, y, kept=1.0), expected, rtol=1e-3)


def test_directions_without_variance_do_not_count():
    x = normal(100, 2)
    noise = 1e-4 * normal(100, 30, seed=3)
    np.testing.assert_allclose(svcca(x, np.hstack([x, noise])), 1, atol=1e-4)


def test_unrelated_layers_are_low_and_constant_ones_undefined():
    assert svcca(normal(2000, 4), normal(2000, 4, seed=9)) < 0.1
    assert np.isnan(svcca(normal(20, 3), np.ones((20, 3))))


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match=r"kept share in \(0, 1\], received 0"):
        leading_directions(normal(3, 2), kept=0)
