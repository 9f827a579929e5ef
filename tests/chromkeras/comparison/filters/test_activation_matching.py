import numpy as np
import pytest

from chromkeras.comparison.filters.activation_matching import (
    activation_matchings,
    match_by_activation,
)
from chromkeras.comparison.filters.first_filters import read_filters
from chromkeras.comparison.filters.influence_agreement import influence_agreement
from chromkeras.comparison.filters.motif_matching import motif_matchings

ORDER = np.array([3, 0, 5, 1, 2, 4])


def test_permuted_filters_are_matched_back_exactly(make_model, with_permuted_filters, x):
    model = make_model()
    permuted = with_permuted_filters(model, ORDER)
    np.testing.assert_allclose(
        permuted.network.predict(x, verbose=0), model.network.predict(x, verbose=0), atol=1e-5
    )
    found = match_by_activation(model, permuted, {"dna": x})
    assert (found.kind, found.by, found.tasks) == (
        "two seeds",
        "activation",
        ("task0", "task1", "task2"),
    )
    for matched in found.matched:
        assert ORDER[matched.second].tolist() == matched.first.tolist() == [0, 1, 2, 3, 4, 5]
        np.testing.assert_allclose(matched.score, 1, atol=1e-4)
    assert found.shares.tolist() == [1, 1]
    one, other = read_filters(model, {"dna": x}), read_filters(permuted, {"dna": x})
    by_motif = motif_matchings([model, permuted], [one, other])[0]
    for matched in by_motif.matched:
        assert ORDER[matched.second].tolist() == matched.first.tolist()
    agreement = influence_agreement(one, other, found)
    assert agreement.pairs.tolist() == [6, 6, 6]
    np.testing.assert_allclose(agreement.pearson, 1, atol=1e-4)


def test_a_model_shares_all_filters_with_itself(make_model, plan, x):
    model = make_model(plan)
    found = match_by_activation(model, model, {"dna": x}, threshold=0.99, shift=2)
    assert found.shares.tolist() == [1, 1]
    for matched in found.matched:
        np.testing.assert_array_equal(matched.first, matched.second)
    first = [matched.first[0] for matched in found.matched]
    assert first == ([0, 6, 12] if plan in ("single", "soft") else [0, 0, 0])


def test_tasks_in_another_order_and_other_tasks(make_model, reordered, x):
    model = make_model("single")
    other = reordered(model, ("task2", "task0"))
    found = match_by_activation(model, other, {"dna": x[:8]}, shift=1)
    assert found.tasks == ("task0", "task2")
    assert [m.second.tolist() for m in found.matched] == [list(range(6, 12)), list(range(6))]
    assert found.shares.tolist() == [1, 1]
    with pytest.raises(ValueError, match="a task in common, received task0, task1, task2 and new"):
        match_by_activation(model, make_model(tasks=("new",)), {"dna": x})


def test_dead_filters_are_no_pair(make_model, x):
    model = make_model()
    for weight, value in (("gamma", 0.0), ("beta", -1.0)):
        values = np.array(getattr(model.network.get_layer("norm_1"), weight))
        values[2] = value
        getattr(model.network.get_layer("norm_1"), weight).assign(values)
    found = match_by_activation(model, model, {"dna": x[:8]}, shift=1).matched[0]
    assert found.sizes == (5, 5)
    assert 2 not in found.first
    assert found.shares == (1.0, 1.0)


def test_levels_come_from_untrained_copies(make_model, x):
    models = [make_model(), make_model(seed=1), make_model("single")]
    found = activation_matchings(models, {"dna": x[:8]}, seed=7, shift=1, quantile=0.9)
    assert [each.kind for each in found] == ["two seeds", "models", "models"]
    for each in found:
        assert 0 < each.threshold < 1
        assert 0 <= each.chance <= 0.35
        for matched in each.matched:
            np.testing.assert_array_equal(matched.found, matched.score >= each.threshold)
