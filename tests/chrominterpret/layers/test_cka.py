import numpy as np

from chrominterpret.layers.cka import centred_gram


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def linear_cka(first: list[np.ndarray], second: list[np.ndarray]) -> float:
    """Return the similarity of two layers over batches."""
    a, b = ([centred_gram(batch) for batch in layer] for layer in (first, second))
    cross, one, other = (
        sum(x @ y for x, y in zip(*pair, strict=True)) for pair in ((a, b), (a, a), (b, b))
    )
    return float(cross / np.sqrt(one * other))


def test_a_rotated_scaled_copy_is_the_same():
    x = normal(60, 8)
    rotation, _ = np.linalg.qr(normal(8, 8, seed=1))
    np.testing.assert_allclose(linear_cka([x], [3 * x @ rotation + 5]), 1)


def test_unrelated_layers_are_near_zero_on_average():
    values = [
        linear_cka([normal(64, 200, seed=i)], [normal(64, 200, seed=1000 + i)]) for i in range(30)
    ]
    assert abs(np.mean(values)) < 0.01


def test_products_are_the_unbiased_estimate_of_its_paper():
    """Song et al. 2012, equation 5, written with matrices."""
    x, y = normal(9, 4), normal(9, 2, 3, seed=2)
    k, m = ((c := a.reshape(9, -1) - a.reshape(9, -1).mean(0)) @ c.T for a in (x, y))
    np.fill_diagonal(k, 0)
    np.fill_diagonal(m, 0)
    n, one = 9, np.ones(9)
    expected = np.trace(k @ m) + one @ k @ one * (one @ m @ one) / ((n - 1) * (n - 2))
    expected = (expected - 2 / (n - 2) * one @ k @ m @ one) / (n * (n - 3))
    np.testing.assert_allclose(centred_gram(x) @ centred_gram(y), expected, rtol=1e-10)


def test_the_expectation_does_not_depend_on_the_batch():
    x = normal(4000, 5)
    y = x @ normal(5, 7, seed=3) + 2 * normal(4000, 7, seed=4)
    values = [linear_cka(np.split(x, 4000 // size), np.split(y, 4000 // size)) for size in (8, 500)]
    np.testing.assert_allclose(*values, atol=0.03)


def test_a_constant_layer_is_zero():
    assert not centred_gram(np.full((5, 3), 0.3)).any()
