import keras
import numpy as np
import pytest

from chrominterpret.layers.cka import centred_gram
from chromkeras.comparison.layers.similarity import (
    Layers,
    comparable_layers,
    layer_similarities,
    layer_similarity,
    read_layers,
    represent,
)
from chromkeras.statistics.svcca import leading_directions, mean_correlation

NAMES = ("block 1", "block 2", "block 3", "dense 10", "dense 11", "logits")


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def compare(first, second, x, **options):
    one, other = (read_layers(model, {"dna": x}, **options) for model in (first, second))
    return layer_similarity(one, other, names=(first.name, second.name), kind="models")


def linear_cka(*batches: tuple[list[np.ndarray], list[np.ndarray]]) -> np.ndarray:
    """Return the similarity of every layer of one model with every one of another."""
    cross, own, theirs = 0.0, 0.0, 0.0
    for first, second in batches:
        a, b = (np.stack([centred_gram(layer) for layer in side]) for side in (first, second))
        cross, own, theirs = cross + a @ b.T, own + (a * a).sum(1), theirs + (b * b).sum(1)
    return cross / np.sqrt(np.outer(own, theirs))


def stacked(seed: int, networks: tuple[int, ...] = (2, 1)) -> list[list[np.ndarray]]:
    """Batches of 7, 7 and 9 of a convolution and a dense layer."""
    return [
        [normal(networks[0], b, 5, 3, seed=seed + b), normal(networks[1], b, 4, seed=seed + b + 1)]
        for b in (7, 8, 9)
    ]


@pytest.mark.backend
def test_it_is_cka_and_svcca_of_each_task_s_own_networks():
    one, other = stacked(0), stacked(50, (3, 3))
    first = represent(one, Layers(("a", "b"), ("conv", "dense"), ((0, 1), (0, 0))))
    rows = ((2, 0, 1), (2, 0, 1))
    second = represent(other, Layers(("c", "b", "a"), ("conv", "dense"), rows))
    found = layer_similarity(first, second, names=("one", "other"), kind="models")
    assert found.tasks == ("a", "b")
    for k, (own, theirs) in enumerate((((0, 0), (1, 1)), ((1, 0), (0, 0)))):
        expected = linear_cka(
            *(
                ([a[i][own[i]] for i in range(2)], [b[i][theirs[i]] for i in range(2)])
                for a, b in zip(one, other, strict=True)
            )
        )
        np.testing.assert_allclose(found.cka[k], expected, atol=2e-6)
        pooled = [
            [np.concatenate([batch[0][rows[0]].mean(1) for batch in side]),
             np.concatenate([batch[1][rows[1]] for batch in side])]
            for side, rows in ((one, own), (other, theirs))
        ]  # fmt: skip
        leading = [[leading_directions(layer, 0.99) for layer in side] for side in pooled]
        expected = [[mean_correlation(a, b) for b in leading[1]] for a in leading[0]]
        np.testing.assert_allclose(found.svcca[k], expected, atol=1e-5)
    np.testing.assert_allclose(found.mean_cka, found.cka.mean(0))


def test_a_rotated_scaled_copy_is_the_same_and_random_ones_are_not():
    layers = Layers(("a",), ("conv",), ((0,),))
    batches = [[normal(1, 50, 1, 6, seed=i)] for i in range(6)]
    rotation, _ = np.linalg.qr(normal(6, 6, seed=1))
    turned = [[3 * batch[0] @ rotation + 2] for batch in batches]
    random = [[normal(1, 50, 1, 6, seed=100 + i)] for i in range(6)]
    whole, copy, other = (represent(some, layers) for some in (batches, turned, random))
    same = layer_similarity(whole, copy, names=("a", "b"), kind="models")
    np.testing.assert_allclose([same.cka[0, 0, 0], same.svcca[0, 0, 0]], 1, atol=1e-5)
    unlike = layer_similarity(whole, other, names=("a", "b"), kind="models")
    assert abs(unlike.cka[0, 0, 0]) < 0.1
    assert unlike.svcca[0, 0, 0] < 0.2


def test_a_layer_that_does_not_vary_is_undefined():
    layers = Layers(("a",), ("one", "flat"), ((0,), (0,)))
    batches = [[normal(1, 20, 4), np.full((1, 20, 3), 0.1, np.float32)]]
    read = represent(batches, layers)
    found = layer_similarity(read, read, names=("a", "a"), kind="models")
    assert np.isnan(found.cka[0]).tolist() == [[False, True], [True, True]]
    assert np.isnan(found.svcca[0]).tolist() == [[False, True], [True, True]]
    assert np.isnan(found.mean_cka[0, 1])


def test_a_model_is_like_itself(make_model, plan, x):
    model = make_model(plan)
    found = compare(model, model, x, batch_size=8)
    assert found.layers == (NAMES, NAMES)
    np.testing.assert_allclose(np.diagonal(found.cka, axis1=1, axis2=2), 1, atol=1e-5)
    # one logit of a task is a single direction, of which float32 holds all
    np.testing.assert_allclose(np.diagonal(found.svcca, axis1=1, axis2=2), 1, atol=1e-4)
    assert np.nanmin(found.mean_cka) < 0.9


def test_the_order_of_tasks_and_filters_does_not_matter(
    make_model, reordered, with_permuted_filters, x
):
    single, hard = make_model("single"), make_model()
    order = np.random.default_rng(0).permutation(6)
    for model, other in (
        (single, reordered(single, ("task2", "task0", "task1"))),
        (single, reordered(single, ("task1",))),
        (hard, with_permuted_filters(hard, order)),
    ):
        found = compare(model, other, x)
        assert found.tasks == tuple(t for t in model.tasks if t in other.card.tasks)
        np.testing.assert_allclose(np.diagonal(found.cka, axis1=1, axis2=2), 1, atol=1e-4)


@pytest.mark.backend
def test_each_task_has_its_own_network(make_model, x):
    for plan in ("single", "hard"):
        model = make_model(plan)
        sources = comparable_layers(model)
        assert [s.title for s in sources] == list(NAMES)
        assert {s.networks for s in sources[:3]} == {3 if plan == "single" else 1}
        assert sources[-1].row_of == (0, 1, 2)
    grouped = make_model("single", "sharing.grouped=9", "sharing.groups=task1")
    assert [s.row_of for s in comparable_layers(grouped)] == [(1, 0, 1)] * 3 + [(0, 1, 2)] * 3
    found = compare(grouped, grouped, x)
    np.testing.assert_allclose(np.diagonal(found.cka, axis1=1, axis2=2), 1, atol=1e-4)


def test_activations_are_those_of_the_model(make_model, x):
    """The logits' CKA with themselves, by task, from what the model predicts."""
    first, second = make_model("single"), make_model(seed=1)
    found = compare(first, second, x)
    outputs = [m.network.predict(x, verbose=0) for m in (first, second)]
    pool = keras.Function(first.network.inputs, [first.network.get_layer("pool_2").output])
    block = keras.ops.convert_to_numpy(pool([x])[0])[..., 5:10]  # task1's five filters
    expected = linear_cka(([outputs[0][:, 1:2], block], [outputs[1][:, 1:2]]))
    np.testing.assert_allclose(found.cka[1, [5, 1], 5], expected[:, 0], atol=1e-5)


def test_models_of_other_sizes_and_untrained_copies(make_model, x):
    small = make_model("basset")
    large = make_model(
        "single", "architecture.filters=[4, 3]", "architecture.widths=[9, 5]",
        "architecture.pools=[4, 4]", "architecture.dense=[5]", tasks=("task2", "task9"),
    )  # fmt: skip
    found = layer_similarities([small, large, make_model("basset", seed=3)], {"dna": x}, seed=1)
    assert [each.kind for each in found] == [
        "models", "two seeds", "models", "untrained", "untrained", "untrained",
    ]  # fmt: skip
    assert found[0].tasks == ("task2",)
    assert found[0].layers[1] == ("block 1", "block 2", "dense 7", "logits")
    assert found[0].cka.shape == (1, 6, 4)
    assert [each.second for each in found[3:]] == [
        "basset0 (untrained)", "single0 (untrained)", "basset3 (untrained)",
    ]  # fmt: skip
    assert max(np.nanmax(np.abs(each.cka)) for each in found) <= 1.3  # unbiased, so 1 is no limit
    assert len(layer_similarities([small, large], {"dna": x}, untrained=False)) == 1


def test_models_that_cannot_be_compared_are_refused(make_model, x):
    one, other = make_model(tasks=("a", "b")), make_model(tasks=("c",))
    with pytest.raises(ValueError, match="a task in common, received a, b and c"):
        layer_similarities([one, other], {"dna": x})
    with pytest.raises(ValueError, match="at least 4 sequences, received batches of 64 and 3"):
        read_layers(one, {"dna": x[:3]})
    with pytest.raises(ValueError, match="the same sequences, received 24 in 1 batches and 20"):
        layer_similarity(
            read_layers(one, {"dna": x}),
            read_layers(one, {"dna": x[:20]}),
            names=("a", "b"),
            kind="models",
        )
