import numpy as np
import pytest

from chromkeras.statistics.cka import LinearCKA, unbiased_hsic


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def linear_cka(first: np.ndarray, second: np.ndarray) -> float:
    """Return the similarity of two layers in one batch."""
    cka = LinearCKA(1, 1)
    cka.update([first], [second])
    return float(cka.value[0, 0])


def test_a_rotated_scaled_copy_is_the_same():
    x = normal(60, 8)
    rotation, _ = np.linalg.qr(normal(8, 8, seed=1))
    np.testing.assert_allclose(linear_cka(x, 3 * x @ rotation + 5), 1)


def test_unrelated_layers_are_near_zero_on_average():
    values = [
        linear_cka(normal(64, 200, seed=i), normal(64, 200, seed=1000 + i)) for i in range(30)
    ]
    assert abs(np.mean(values)) < 0.01


def test_hsic_is_the_formula_of_its_paper():
    """Song et al. 2012, equation 5, written with matrices."""
    k, m = (a @ a.T for a in (normal(9, 3), normal(9, 4, seed=2)))
    np.fill_diagonal(k, 0)
    np.fill_diagonal(m, 0)
    n, one = 9, np.ones(9)
    expected = np.trace(k @ m) + one @ k @ one * (one @ m @ one) / ((n - 1) * (n - 2))
    expected = (expected - 2 / (n - 2) * one @ k @ m @ one) / (n * (n - 3))
    np.testing.assert_allclose(unbiased_hsic(k, m), expected)


def test_the_expectation_does_not_depend_on_the_batch():
    x = normal(4000, 5)
    y = x @ normal(5, 7, seed=3) + 2 * normal(4000, 7, seed=4)
    values = {}
    for size in (8, 500):
        cka = LinearCKA(1, 1)
        for i in range(0, 4000, size):
            cka.update([x[i : i + size]], [y[i : i + size]])
        values[size] = cka.value[0, 0]
    np.testing.assert_allclose(values[8], values[500], atol=0.03)


def test_every_layer_pair_and_constant_layers():
    x, y = normal(40, 6), normal(40, 2, 3, seed=5)
    cka = LinearCKA(2, 3)
    cka.update([x, y], [y, np.ones((40, 4)), x])
    value = cka.value
    assert value.shape == (2, 3)
    np.testing.assert_allclose([value[0, 2], value[1, 0]], 1)
    assert np.isnan(value[:, 1]).all()
    np.testing.assert_allclose(value[0, 0], linear_cka(x, y))


def test_few_or_other_rows_are_refused():
    with pytest.raises(ValueError, match="4 or more rows of every layer, received"):
        linear_cka(normal(3, 2), normal(3, 2))
    with pytest.raises(ValueError, match=r"received \[5, 6\]"):
        linear_cka(normal(5, 2), normal(6, 2))
