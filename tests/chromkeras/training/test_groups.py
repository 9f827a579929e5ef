from dataclasses import replace

import numpy as np
import pytest

from chromkeras.data.known import from_flagged
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan
from chromkeras.sharing.task_groups import task_groups
from chromkeras.training import groups
from chromkeras.training.groups import cluster, label_correlation, resolve_groups


def grouped(tiny_recipe, text, *settings):
    return tiny_recipe("single", "sharing.grouped=9", f"sharing.groups={text}", *settings)


def with_labels(dataset, labels):
    labels, known = from_flagged(np.asarray(labels))
    return replace(dataset, labels=labels, known=known)


@pytest.fixture
def families(tiny_dataset):
    """Tasks 0, 2 and 5 follow one hidden label, tasks 1, 3 and 4 another."""
    dataset = tiny_dataset(rows=400, tasks=6)
    rng = np.random.default_rng(0)
    hidden = rng.integers(0, 2, (400, 2))[:, [0, 1, 0, 1, 1, 0]]
    labels = np.where(rng.random((400, 6)) < 0.2, 1 - hidden, hidden).astype(np.int8)
    labels[rng.random((400, 6)) < 0.3] = -1
    labels[dataset.split != "train"] = 1  # what is not in the training split must not count
    return with_labels(dataset, labels)


def test_correlation_is_numpy_s_over_rows_known_to_both(families):
    found = label_correlation(families)
    rows = families.rows("train")
    for i in range(6):
        for k in range(6):
            both = families.known[rows][:, [i, k]].all(axis=1)
            one, other = families.labels[rows][both][:, [i, k]].astype(float).T
            assert found[i, k] == pytest.approx(np.corrcoef(one, other)[0, 1], abs=1e-12)


def test_correlation_does_not_depend_on_chunks(families, monkeypatch):
    whole = label_correlation(families)
    monkeypatch.setattr(groups, "CHUNK", 7)
    np.testing.assert_allclose(label_correlation(families), whole, atol=1e-12)


def test_tasks_without_common_rows_or_variation_do_not_correlate(tiny_dataset):
    dataset = tiny_dataset(rows=40, tasks=3)
    labels = np.full((40, 3), -1, np.int8)
    labels[:20, 0], labels[20:, 1] = np.arange(20) % 2, np.arange(20) % 2
    labels[:, 2] = 1
    found = label_correlation(with_labels(dataset, labels))
    np.testing.assert_array_equal(found, np.diag([1.0, 1.0, 0.0]))


def test_labels_find_the_families(families, tiny_recipe):
    made = resolve_groups(grouped(tiny_recipe, "labels:2"), families)
    assert made.sharing.groups == "task0,task2,task5;task1,task3,task4"
    assert task_groups(made.sharing.groups, families.tasks) == (0, 1, 0, 1, 1, 0)
    assert resolve_groups(made, families) == made
    assert (
        build_model(resolve_plan(made, families.tasks, {"dna": (300, 4)}, problem="binary"))
        .get_layer("conv_1")
        .tasks
        == 2
    )


def test_average_linkage_by_hand():
    # d(0,1) = 0.1, then {0,1} to 2: (0.4 + 0.6) / 2 = 0.5, 3 to {0,1}: 0.9, to 2: 0.7.
    distance = np.array([[0, 1, 4, 9], [1, 0, 6, 9], [4, 6, 0, 7], [9, 9, 7, 0]]) / 10
    assert cluster(1 - distance, 3).tolist() == [0, 0, 1, 2]
    assert cluster(1 - distance, 2).tolist() == [0, 0, 0, 1]
    # Farthest pair and nearest pair rules would differ here from the average.
    distance[2, 3] = distance[3, 2] = 0.52
    assert cluster(1 - distance, 2).tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_exactly_as_many_groups_also_with_ties(count):
    assert len(set(cluster(np.ones((5, 5)), count).tolist())) == count


@pytest.mark.parametrize("by", ["labels", "gradients"])
def test_one_group_and_one_each_need_no_data(by, families, tiny_recipe, monkeypatch):
    monkeypatch.setattr(groups, "gradient_similarity", None)
    monkeypatch.setattr(groups, "label_correlation", None)
    one = resolve_groups(grouped(tiny_recipe, f"{by}:1"), families)
    assert one.sharing.groups == ",".join(families.tasks)
    each = resolve_groups(grouped(tiny_recipe, f"{by}:6"), families)
    assert each.sharing.groups == ";".join(families.tasks)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("labels:7", "labels:N with N from 1 to 6"),
        ("gradients:0", "gradients:N with N from 1 to 6"),
        ("task0;task9", "unknown task in sharing.groups: 'task9'"),
        ("task0;task0", "each task once, received 'task0' twice"),
    ],
)
def test_what_cannot_be_resolved_is_said(text, message, families, tiny_recipe):
    with pytest.raises(ValueError, match=message):
        resolve_groups(grouped(tiny_recipe, text), families)


def test_groups_need_grouped_layers(families, tiny_recipe):
    plain = tiny_recipe("hard")
    assert resolve_groups(plain, families) is plain
    with pytest.raises(ValueError, match="no layer is grouped"):
        resolve_groups(tiny_recipe("hard", "sharing.groups=labels:2"), families)
    with pytest.raises(ValueError, match=r"sharing\.groups is empty"):
        resolve_groups(tiny_recipe("single", "sharing.grouped=3"), families)
