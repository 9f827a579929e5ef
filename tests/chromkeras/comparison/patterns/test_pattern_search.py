from dataclasses import replace

import numpy as np
import pytest

from chrominterpret.motifs.modisco import Patterns
from chromkeras.comparison.core.comparison import CompareOptions, Comparison
from chromkeras.comparison.patterns.pattern_search import (
    Searched,
    pattern_tasks,
    search,
    search_all,
)
from chromkeras.scoring.contrasts import Target

NOTHING = Patterns((), 0, "nothing", (None, None))


def test_all_models_are_searched_in_the_same_elements(make_model, tiny_dataset, monkeypatch):
    seen = []

    def keep(model, x, target, *, seed):
        seen.append((model.name, target.name, x))
        return Searched(model.name, target.name, np.zeros(x["dna"].shape[:2]), NOTHING)

    monkeypatch.setattr("chromkeras.comparison.patterns.pattern_search.search", keep)
    models, dataset = (make_model(name="a"), make_model(name="b")), tiny_dataset(rows=24)
    options = CompareOptions(modisco=6, modisco_tasks=("task2",))
    comparison = Comparison(models, dataset, dataset, np.arange(24), options, 0, ())
    logits = np.random.default_rng(0).normal(size=(2, 24, 3))
    comparison.__dict__["outputs"] = logits  # instead of the models'
    search_all(comparison)
    assert [(name, task) for name, task, _ in seen] == [("a", "task2"), ("b", "task2")]
    np.testing.assert_array_equal(seen[0][2]["dna"], seen[1][2]["dna"])
    mean = logits.mean(axis=0)
    is_open = dataset.known[:, 2] & (dataset.labels[:, 2] == 1)
    excess = np.where(is_open, mean[:, 2] - mean.mean(axis=1), -np.inf)
    called = mean[:, 2] > 0
    best = sorted(np.lexsort((-excess, ~called & (excess > -np.inf), excess == -np.inf))[:6])
    np.testing.assert_array_equal(seen[0][2]["dna"], dataset.one_hot(np.array(best)))
    every = search_all(replace(comparison, options=replace(options, modisco_tasks=())))
    assert [(each.task, each.model) for each in every] == [
        (task, name) for task in dataset.tasks for name in "ab"
    ]


def test_contributions_are_those_of_the_observed_bases(make_model, x, monkeypatch):
    given = []

    def keep(one_hot, hypothetical):
        given.append(hypothetical)
        return NOTHING

    monkeypatch.setattr("chrominterpret.report.pattern_reading.modisco", keep)
    one = search(make_model(), {"dna": x[:3]}, Target("task1", ("task1",)), seed=0)
    assert (one.task, one.patterns) == ("task1", NOTHING)
    assert np.ptp(one.contributions) > 0
    by_hand = np.take_along_axis(given[0], x[:3].argmax(axis=2)[..., None], axis=2)[..., 0]
    np.testing.assert_array_equal(one.contributions, by_hand)
    none = search(make_model(), {"dna": x[:0]}, Target("task1", ("task1",)), seed=0)
    assert (none.contributions.shape, none.patterns.reason) == ((0, 300), "no row is open")


def test_tasks_are_all_or_those_asked_for():
    assert pattern_tasks((), ("a", "b")) == ("a", "b")
    assert pattern_tasks(("b",), ("a", "b")) == ("b",)
    with pytest.raises(ValueError, match="`modisco_tasks` task"):
        pattern_tasks(("c",), ("a", "b"))
    with pytest.raises(ValueError, match="`modisco_tasks` name"):
        pattern_tasks(("b", "b"), ("a", "b"))
    with pytest.raises(ValueError, match="`modisco`: expected at least 0, received -1"):
        CompareOptions(modisco=-1)
    with pytest.raises(ValueError, match="`modisco_tasks`: expected `modisco` above 0 as well"):
        CompareOptions(modisco_tasks=("a",))
