"""Whole chromosomes: the best of all assignments, or near it, and like all rows."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chromkeras.data import chromosomes as module
from chromkeras.data.chromosomes import choose_chromosomes, measure
from chromkeras.errors import InputError

SHARES = {"valid": 0.2, "test": 0.2}


def world(seed, sizes, tasks=2):
    """Return measures of chromosomes whose rows differ in GC and in positives, and the rows."""
    rng = np.random.default_rng(seed)
    chrom = np.repeat([f"chr{i}" for i in range(len(sizes))], sizes)
    of = np.repeat(np.arange(len(sizes)), sizes)
    gc = rng.normal(rng.normal(0.4, 0.03, len(sizes))[of], 0.05)
    positive = rng.random((len(of), tasks)) < rng.uniform(0.1, 0.4, (len(sizes), tasks))[of]
    known = rng.random((len(of), tasks)) < 0.8
    return measure(chrom, gc, positive, known), (chrom, gc, positive, known)


def badness(rows, chosen, share):
    """Return how bad a set of chromosomes is, as the docstring says."""
    chrom, gc, positive, known = rows
    here = np.isin(chrom, chosen)
    bad = np.log2(here.sum() / (share * len(chrom))) ** 2
    bad += ((gc[here].mean() - gc.mean()) / gc.std()) ** 2
    for label, there in zip(positive.T, known.T, strict=True):
        both = label[there & here]
        off = (both.mean() - label[there].mean()) / label[there].std() if len(both) else 1
        bad += off**2 / positive.shape[1]
    return bad


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(5, 60), min_size=3, max_size=6), st.integers(0, 99))
def test_the_choice_is_the_best_of_all(sizes, seed):
    measures, rows = world(seed, sizes)
    chosen = choose_chromosomes(measures, SHARES)
    assert chosen == choose_chromosomes(measures, SHARES, seed=7)  # nothing is drawn
    names = np.array(measures.names)
    best = min(
        sum(badness(rows, names[np.array(of) == i], SHARES[s]) for i, s in enumerate(SHARES, 1))
        for of in product(range(3), repeat=len(names))
        if set(of) == {0, 1, 2}
    )
    found = sum(badness(rows, names_of, SHARES[split]) for split, names_of in chosen.items())
    assert found == pytest.approx(best)
    assert not set(chosen["valid"]) & set(chosen["test"])


def test_a_search_comes_near_the_best(monkeypatch):
    measures, rows = world(3, [80, 70, 60, 50, 40, 30, 20, 20, 10])
    best = choose_chromosomes(measures, SHARES)
    monkeypatch.setattr(module, "MOST_TRIED", 10)
    found = choose_chromosomes(measures, SHARES)
    assert found == choose_chromosomes(measures, SHARES)

    def total(chosen):
        return sum(badness(rows, names, SHARES[split]) for split, names in chosen.items())

    assert total(found) <= 1.5 * total(best) + 1e-9


def test_many_scaffolds_come_near_what_is_asked_for():
    sizes = np.random.default_rng(0).integers(1, 40, 300)
    measures, rows = world(1, sizes)
    for split, names in choose_chromosomes(measures, {"valid": 0.1, "test": 0.1}).items():
        share = np.isin(rows[0], names).mean()
        assert share == pytest.approx(0.1, abs=0.01), split


def test_taken_chromosomes_are_not_chosen():
    measures, _ = world(0, [50, 20, 20])
    chosen = choose_chromosomes(measures, {"valid": 0.2}, ["chr1"])
    assert chosen["valid"] in (("chr0",), ("chr2",))


def test_too_few_chromosomes():
    measures, _ = world(0, [50, 20])
    with pytest.raises(InputError, match="valid and test need rows on at least 3 chromosomes"):
        choose_chromosomes(measures, SHARES)
    with pytest.raises(InputError, match=r"beside those of regions, received 0 \(\)"):
        choose_chromosomes(measures, {"valid": 0.2}, ["chr0", "chr1"])
