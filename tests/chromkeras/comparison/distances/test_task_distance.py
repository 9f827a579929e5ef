import itertools

import numpy as np
import pytest
from scipy.stats import spearmanr

from chromkeras.comparison.distances.task_distance import (
    distances,
    leaf_order,
    mantel,
    own_layers,
    task_distance,
)


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.5])
def test_distances_are_norms_of_differences(p):
    weights = normal(4, 30)
    expected = [[np.linalg.norm(a - b, p) for b in weights] for a in weights]
    np.testing.assert_allclose(distances(weights, p=p), expected)
    if p == 2:
        np.testing.assert_allclose(distances(weights, squared=True), np.square(expected))


@pytest.mark.parametrize(
    "setting", ["sharing.p=2", "sharing.p=1", "sharing.squared=true"], ids=["2", "1", "squared"]
)
@pytest.mark.parametrize("summary", ["true", "false"])
def test_the_sum_over_pairs_is_the_penalty_s(make_model, tiny_dataset, setting, summary):
    model = make_model("soft", setting, f"architecture.summary={summary}")
    found = task_distance(model, tiny_dataset(), permutations=9)
    penalty = float(model.network.get_layer("sharing_penalty").distance())
    np.testing.assert_allclose(found.distance.sum() / 2, penalty, rtol=1e-5)
    np.testing.assert_array_equal(found.distance, found.distance.T)
    assert ("summary_1" in found.layers) == (summary == "true")


def test_only_own_layers_count(make_model, tiny_dataset):
    dataset = tiny_dataset()
    hybrid = make_model("single", "sharing.depth=3")
    assert list(own_layers(hybrid)) == ["conv_2", "norm_2", "conv_3", "norm_3"]
    grouped = make_model("single", "sharing.grouped=9", "sharing.groups=task1")
    distance = task_distance(grouped, dataset, permutations=9).distance
    assert distance[0, 2] == 0
    assert distance[0, 1] == distance[2, 1] > 1
    with pytest.raises(ValueError, match="all tasks share the backbone"):
        task_distance(make_model("hard"), dataset)


def test_tasks_are_those_of_the_model_whatever_the_data_s_order(
    make_model, reordered, tiny_dataset
):
    dataset = tiny_dataset()
    model = make_model("single")
    names = ("task2", "task0", "task1")
    one = task_distance(model, dataset.select_tasks(names), permutations=9)
    other = task_distance(reordered(model, names), dataset, permutations=9)
    order = [one.tasks.index(task) for task in names]
    for name in ("distance", "label_correlation"):
        first, second = getattr(one, name), getattr(other, name)
        np.testing.assert_allclose(first[np.ix_(order, order)], second, rtol=1e-6)
    phi = one.label_correlation
    rows = dataset.rows("train")
    both = dataset.known[rows][:, :2].all(axis=1)
    expected = np.corrcoef(dataset.labels[rows][both][:, :2].T)[0, 1]
    np.testing.assert_allclose(phi[0, 1], expected)
    assert sorted(one.order.tolist()) == [0, 1, 2]


def test_near_tasks_are_side_by_side():
    places = np.array([0.0, 10.0, 0.5, 10.4, 5.0])[:, None]
    order = leaf_order(distances(places)).tolist()
    assert abs(order.index(0) - order.index(2)) == 1
    assert abs(order.index(1) - order.index(3)) == 1
    assert leaf_order(np.zeros((2, 2))).tolist() == [0, 1]


def test_mantel_is_spearman_and_its_p_the_share_of_permutations():
    a = distances(normal(5, 3))
    b = distances(normal(5, 3) + 0.8 * normal(5, 3, seed=1))
    upper = np.triu_indices(5, 1)
    found = mantel(a, b, seed=0, permutations=4000)
    observed = spearmanr(a[upper], b[upper])[0]
    np.testing.assert_allclose(found.correlation, observed)
    every = [
        spearmanr(a[upper], b[np.ix_(order, order)][upper])[0] >= observed - 1e-12
        for order in itertools.permutations(range(5))
    ]
    assert abs(found.p_value - np.mean(every)) < 0.025


def test_mantel_without_enough_to_compare():
    assert np.isnan(mantel(np.zeros((4, 4)), distances(normal(4, 2)), seed=0).correlation)
    assert np.isnan(mantel(distances(normal(2, 2)), distances(normal(2, 2)), seed=0).p_value)
    with pytest.raises(ValueError, match=r"received \(2, 2\) and \(3, 3\)"):
        mantel(np.zeros((2, 2)), np.zeros((3, 3)), seed=0)
    with pytest.raises(ValueError, match="at least 1 permutation, received 0"):
        mantel(np.zeros((3, 3)), np.zeros((3, 3)), seed=0, permutations=0)
