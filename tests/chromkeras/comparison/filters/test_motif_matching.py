from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import false_discovery_control, pearsonr, spearmanr

from chrominterpret.motifs.p_values import shuffled
from chrominterpret.motifs.pairwise import motif_p_values, shuffled_motifs
from chrominterpret.motifs.pwm import Motif, reverse_complement
from chromkeras.comparison.filters.first_filters import FirstFilters
from chromkeras.comparison.filters.influence_agreement import influence_agreement
from chromkeras.comparison.filters.motif_matching import match_by_motif


def motifs(count: int, seed: int = 0, width: int = 10) -> list[Motif]:
    random = np.random.default_rng(seed)
    return [Motif(f"m{i}", random.dirichlet([0.2] * 4, width)) for i in range(count)]


def filters(some: list[Motif | None], **changes) -> FirstFilters:
    names = tuple(f"f{i}" for i in range(len(some)))
    influence = np.random.default_rng(1).normal(size=(len(some), 2))
    made = FirstFilters("model", ("a", "b"), (0, 0), 1, names, tuple(some), influence)
    return replace(made, **changes)


def test_turned_motifs_match_and_shuffled_ones_do_not():
    known = motifs(30)
    turned = [reverse_complement(m) for m in known][::-1]
    p_values = motif_p_values(known, turned, seed=0)
    found = match_by_motif(filters(known), filters(turned), p_values)
    assert found.shares.tolist() == [1, 1]
    random = motif_p_values(known, shuffled_motifs(known, seed=3), seed=0)
    by_chance = match_by_motif(filters(known), filters(known), random)
    assert by_chance.shares[0] < 0.1


def test_motifs_that_say_nothing_are_no_pair():
    known: list[Motif | None] = [*motifs(4), None, Motif("flat", np.full((8, 4), 0.25))]
    p_values = motif_p_values(known, known, seed=0)
    matched = match_by_motif(filters(known), filters(known), p_values).matched[0]
    assert (matched.sizes, matched.first.tolist()) == ((4, 4), [0, 1, 2, 3])


def test_alike_is_a_q_value_below_the_threshold():
    p_values = np.random.default_rng(0).uniform(size=(4, 5)) ** 4
    found = match_by_motif(filters(motifs(4)), filters(motifs(5)), p_values, threshold=0.2)
    q_values = false_discovery_control(p_values, axis=None).reshape(4, 5)
    matched = found.matched[1]
    np.testing.assert_array_equal(matched.found, q_values[matched.first, matched.second] < 0.2)
    assert 0 < matched.found.sum() < 4
    assert matched.shares == (matched.found.sum() / 4, matched.found.sum() / 5)
    with pytest.raises(ValueError, match=r"of shape \(4, 5\), received \(5, 4\)"):
        match_by_motif(filters(motifs(4)), filters(motifs(5)), p_values.T)
    with pytest.raises(ValueError, match="a task in common, received a, b and c, d"):
        match_by_motif(filters(motifs(4)), filters(motifs(5), tasks=("c", "d")), p_values)


def test_influence_is_compared_over_alike_filters():
    one = filters(motifs(8))
    noise = np.random.default_rng(2).normal(size=(8, 2))
    other = replace(one, tasks=("b", "a"), influence=(one.influence + 0.3 * noise)[:, ::-1])
    p_values = np.where(np.eye(8), 1e-9, 0.5)
    p_values[5, 5] = 0.4
    matching = match_by_motif(one, other, p_values)
    found = influence_agreement(one, other, matching)
    alike = matching.matched[0].found
    assert found.pairs.tolist() == [7, 7] == [alike.sum()] * 2
    first, second = one.influence[alike, 0], other.influence[alike, 1]
    np.testing.assert_allclose(found.pearson[0], pearsonr(first, second)[0])
    np.testing.assert_allclose(found.spearman[0], spearmanr(first, second)[0])
    few = influence_agreement(one, other, match_by_motif(one, other, np.ones((8, 8))))
    assert np.isnan(few.pearson).all()
    assert few.pairs.tolist() == [0, 0]


def test_shuffles_keep_their_places_and_their_seed():
    some = [None, *motifs(3)]
    assert shuffled_motifs(some, seed=1)[0] is None
    once, again, other = (shuffled_motifs(some, seed=seed) for seed in (1, 1, 2))
    for i in range(1, 4):
        np.testing.assert_array_equal(once[i].ppm, again[i].ppm)
        np.testing.assert_allclose(np.sort(once[i].ppm, axis=0), np.sort(some[i].ppm, axis=0))
    assert any((once[i].ppm != other[i].ppm).any() for i in range(1, 4))
    assert shuffled([], seed=0) == []
