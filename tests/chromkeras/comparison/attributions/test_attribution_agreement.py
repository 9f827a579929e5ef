import numpy as np
import pytest

from chromkeras.comparison.attributions.attribution_agreement import (
    AttributionAgreement,
    attribution_agreements,
    attribution_correlation,
)


def test_it_is_pearson_s_correlation_at_the_observed_bases():
    random = np.random.default_rng(0)
    onehot = np.eye(4)[random.integers(0, 4, (3, 40))]
    first, second = random.normal(size=(2, 2, 3, 40, 1)) * onehot
    found = attribution_correlation(first, second)
    expected = [
        [np.corrcoef(first[k, i].sum(-1), second[k, i].sum(-1))[0, 1] for i in range(3)]
        for k in range(2)
    ]
    np.testing.assert_allclose(found, expected)
    np.testing.assert_allclose(attribution_correlation(first.sum(-1), second.sum(-1)), expected)
    np.testing.assert_allclose(attribution_correlation(first, -3 * first), -1)


def test_what_does_not_vary_is_undefined_and_left_out():
    values = np.random.default_rng(0).normal(size=(2, 3, 20))
    flat = values.copy()
    flat[0, 1], flat[1] = 0.1, 0.0
    found = attribution_correlation(values, flat)
    assert np.isnan(found).tolist() == [[False, True, False], [True, True, True]]
    agreement = AttributionAgreement("a", "b", "models", ("s", "t"), found)
    np.testing.assert_allclose(agreement.by_task, [1, np.nan])
    np.testing.assert_allclose(agreement.mean, 1)
    with pytest.raises(ValueError, match="two attributions of one shape"):
        attribution_correlation(values, values[:1])


def test_models_agree_with_themselves_whatever_the_order_of_tasks(make_model, reordered, x):
    model = make_model("single")
    other = reordered(model, ("task2", "task0"))
    found = attribution_agreements(
        [model, other],
        {"dna": x[:4]},
        tasks=["task2", "task0", "task1"],
        references=2,
        untrained=True,
    )
    assert [each.kind for each in found] == ["models", "untrained", "untrained"]
    assert [each.tasks for each in found[:2]] == [("task0", "task2"), ("task0", "task1", "task2")]
    np.testing.assert_allclose(found[0].correlation, 1, atol=1e-4)
    assert found[1].correlation.shape == (3, 4)
    assert found[1].mean < 0.95
    assert found[2].second == "reordered (untrained)"


def test_models_without_a_common_task_are_refused(make_model, x):
    models = [make_model(tasks=("a", "b")), make_model(tasks=("c",))]
    with pytest.raises(ValueError, match="a task in common, received a, b and c"):
        attribution_agreements(models, {"dna": x[:2]})
    with pytest.raises(ValueError, match="a task in common, received a, b and z"):
        attribution_agreements(models[:1], {"dna": x[:2]}, tasks=["z"])
