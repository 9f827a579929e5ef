"""What every conflict method keeps to, found by itself."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from chromkeras.recipe.reading import make_recipe, recipe_choices
from chromkeras.registry import CONFLICT_METHODS

pytestmark = pytest.mark.backend


def draw(tasks, size=30, common=0.5, seed=0):
    rng = np.random.default_rng(seed)
    scale = np.exp(rng.normal(size=(tasks, 1)))
    return scale * (rng.normal(size=(tasks, size)) + common * rng.normal(size=size))


def merge(name, g, order=None):
    """Return Σ c_i g_i."""
    gram = (g @ g.T).astype(np.float32)
    if name == "pcgrad":
        order = np.tile(np.arange(len(g)), (len(g), 1)) if order is None else order
        weights = CONFLICT_METHODS.get(name).coefficients(
            gram, keras.ops.convert_to_tensor(order, "int32")
        )
    else:
        weights = CONFLICT_METHODS.get(name).coefficients(gram)
    weights = keras.ops.convert_to_numpy(weights)
    assert weights.shape == (len(g),)
    assert np.isfinite(weights).all()
    return weights @ g


def close(one, other, rtol=2e-3):
    np.testing.assert_allclose(one, other, atol=rtol * max(np.abs(other).max(), 1e-30))


@pytest.mark.parametrize("name", CONFLICT_METHODS.names())
def test_alike_and_orthogonal_gradients_are_scaled_like_the_sum(name):
    grown = 1.5 if name == "cagrad" else 1.0  # |d - g_0| = c |g_0| where no task is worse off
    close(merge(name, np.eye(5)), grown * np.ones(5))
    close(merge(name, np.tile([[3.0, -4.0]], (5, 1))), grown * np.array([15.0, -20.0]))


@pytest.mark.parametrize("name", CONFLICT_METHODS.names())
@pytest.mark.parametrize("factor", [1e-12, 1e-6, 1e6])
def test_a_common_scale_of_the_gradients_is_kept(name, factor):
    g = draw(6)
    close(merge(name, factor * g) / factor, merge(name, g))


@pytest.mark.parametrize("name", CONFLICT_METHODS.names())
def test_the_order_of_the_tasks_does_not_matter(name):
    g, turn = draw(6, common=0), np.random.default_rng(1).permutation(6)
    order = np.argsort(np.random.default_rng(2).random((6, 6)))
    turned = np.argsort(turn)[order[turn]]
    close(merge(name, g[turn], turned), merge(name, g, order))


@pytest.mark.parametrize("name", CONFLICT_METHODS.names())
def test_a_task_without_a_gradient_is_absent(name):
    g = draw(4, common=0)
    close(merge(name, np.insert(g, 2, 0.0, axis=0)), merge(name, g), rtol=1e-5)
    assert (merge(name, np.zeros((3, 5))) == 0).all()


@pytest.mark.parametrize("name", CONFLICT_METHODS.names())
def test_one_task_keeps_its_gradient(name):
    g = draw(1)
    close(merge(name, g), (1.5 if name == "cagrad" else 1.0) * g[0])


@pytest.mark.parametrize("name", CONFLICT_METHODS.names())
def test_exactly_opposite_gradients_are_finite(name):
    g = np.array([[1.0, 2.0], [-1.0, -2.0]])
    assert np.abs(merge(name, g)).max() < 1e-3


def test_the_recipe_takes_every_method():
    assert recipe_choices("balance.conflict") == CONFLICT_METHODS.names()
    for name in CONFLICT_METHODS.names():
        settings = [f"balance.conflict={name}"]
        assert make_recipe("hard", settings=settings).balance.conflict == name
    with pytest.raises(ValueError, match=r"balance.conflict 'pcgrd'; did you mean pcgrad"):
        make_recipe("hard", settings=["balance.conflict=pcgrd"])
    with pytest.raises(ValueError, match="unknown conflict method 'gram'"):
        CONFLICT_METHODS.get("gram")


def test_names_need_no_keras():
    code = "import sys, chromkeras.recipe.recipe; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
