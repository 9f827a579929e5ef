import numpy as np
import pytest

from chromkeras.layers.pairwise_distance import pairwise_distance

pytestmark = pytest.mark.backend

CASES = [(1.0, False), (2.0, False), (2.0, True), (3.0, False), (1.5, False)]


def reference(weights, p, squared):
    """The double loop in float64: value and gradient, 0 where two networks are equal."""
    flat = np.concatenate([w.astype(np.float64) for w in weights], axis=1)
    value, slope = 0.0, np.zeros_like(flat)
    for i in range(len(flat)):
        for k in range(len(flat)):
            delta = flat[i] - flat[k]
            norm = (np.abs(delta) ** p).sum() ** (1 / p)
            if squared:
                value += norm**2
                slope[i] += 2 * delta
            elif norm > 0:
                value += norm
                slope[i] += np.sign(delta) * np.abs(delta) ** (p - 1) * norm ** (1 - p)
    return value / 2, np.split(slope, np.cumsum([w.shape[1] for w in weights])[:-1], axis=1)


def draw(tasks, spread=1.0, sizes=(40, 7), seed=0):
    rng = np.random.default_rng(seed)
    common = [rng.normal(size=(1, n)) for n in sizes]
    apart = [rng.normal(size=(tasks, n)) * spread for n in sizes]
    return [(c + a).astype(np.float32) for c, a in zip(common, apart, strict=True)]


def close(result, expected, tolerance):
    value, slopes = result
    assert value == pytest.approx(expected[0], rel=tolerance)
    for slope, target in zip(slopes, expected[1], strict=True):
        assert np.abs(slope - target).max() <= tolerance * np.abs(target).max()


@pytest.mark.parametrize(("p", "squared"), CASES)
@pytest.mark.parametrize("tasks", [2, 3, 7])
def test_equals_double_loop(gradients, tasks, p, squared):
    weights = draw(tasks)
    result = gradients(lambda *w: pairwise_distance(w, p=p, squared=squared), *weights)
    close(result, reference(weights, p, squared), 1e-5)


@pytest.mark.parametrize(("p", "squared"), CASES[:3])
def test_close_networks(gradients, p, squared):
    weights = draw(5, spread=1e-4, sizes=(5000,))
    result = gradients(lambda *w: pairwise_distance(w, p=p, squared=squared), *weights)
    close(result, reference(weights, p, squared), 1e-5)


@pytest.mark.parametrize(("p", "squared"), CASES)
def test_equal_networks_have_no_gradient(gradients, p, squared):
    weights = draw(4, spread=0.0)
    value, slopes = gradients(lambda *w: pairwise_distance(w, p=p, squared=squared), *weights)
    assert value == 0
    assert all((slope == 0).all() for slope in slopes)


@pytest.mark.parametrize("tasks", [3, 7, 11])
def test_equal_networks_whose_mean_is_rounded(gradients, tasks):
    value, slopes = gradients(lambda *w: pairwise_distance(w), *draw(tasks, spread=0.0))
    assert value == 0
    assert all((slope == 0).all() for slope in slopes)


@pytest.mark.parametrize("spread", [1e-2, 1e-5])
def test_gradients_of_close_networks_are_exact(gradients, spread):
    weights = draw(16, spread=spread, sizes=(3000, 500))
    close(gradients(lambda *w: pairwise_distance(w), *weights), reference(weights, 2, False), 2e-6)


@pytest.mark.parametrize(("p", "squared"), CASES)
def test_two_equal_among_others(gradients, p, squared):
    weights = draw(5)
    for w in weights:
        w[3] = w[1]
    result = gradients(lambda *w: pairwise_distance(w, p=p, squared=squared), *weights)
    close(result, reference(weights, p, squared), 1e-5)


def test_value_by_hand(gradients):
    weights = [np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]], np.float32)]
    for p, squared, expected in [(2, False, 10.0), (1, False, 14.0), (2, True, 50.0)]:
        value, _ = gradients(
            lambda w, p=p, squared=squared: pairwise_distance([w], p=p, squared=squared), *weights
        )
        assert value == pytest.approx(expected)


def test_one_network_is_at_no_distance(gradients):
    for p, squared in CASES:
        value, slopes = gradients(
            lambda *w, p=p, squared=squared: pairwise_distance(w, p=p, squared=squared), *draw(1)
        )
        assert value == 0
        assert all((slope == 0).all() for slope in slopes)


def test_bad_norms_are_refused():
    with pytest.raises(ValueError, match=r"at least 1, received 0\.5"):
        pairwise_distance(draw(2), p=0.5)
    with pytest.raises(ValueError, match="needs p = 2, received p = 1"):
        pairwise_distance(draw(2), p=1.0, squared=True)
