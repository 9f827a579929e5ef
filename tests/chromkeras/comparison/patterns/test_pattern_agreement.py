from itertools import product

import numpy as np
import pytest

from chrominterpret.motifs.p_values import shuffled
from chromkeras.comparison.patterns.pattern_agreement import found_again, pattern_agreements
from chromkeras.comparison.patterns.pattern_matching import SIMILAR, found_pattern, shared_patterns

GATA, EBOX = "TTATCAGT", "ACAGCTGT"


@pytest.mark.parametrize("word", [GATA, "AAAAAAAA", "GAGAGAGAGAGA", "T"])
def test_a_model_shares_all_patterns_with_itself(word, make_pattern):
    own = [
        make_pattern(word),
        make_pattern(EBOX, seqlets=21),
        make_pattern(word, sign="neg", purity=0.1),
    ]
    shared = shared_patterns([found_pattern(*each) for each in product("ab", "tu", own)])
    assert all({each.model for each in one.members} == {"a", "b"} for one in shared)
    (pair,) = pattern_agreements(["a", "b"], shared, seed=0)
    assert pair.shares == pair.seqlet_shares == (1, 1)


def test_shares_are_of_patterns_or_seqlets_in_the_same_task(make_pattern):
    shared = shared_patterns(
        [
            found_pattern("a", "t", make_pattern(GATA, seqlets=90)),
            found_pattern("a", "t", make_pattern(EBOX, seqlets=30)),
            found_pattern("b", "t", make_pattern(GATA)),
            found_pattern("b", "u", make_pattern(EBOX)),
        ]
    )
    pair, empty, _ = pattern_agreements(["a", "b", "none"], shared, seed=0)
    assert (pair.first, pair.second) == ("a", "b")
    assert pair.shares == (0.5, 0.5)
    assert pair.seqlet_shares == (0.75, 0.5)
    assert empty.shares[0] == 0
    assert np.isnan(empty.shares[1])


def similarity(one: np.ndarray, other: np.ndarray) -> float:
    """Return the largest cosine over shifts and strands, by the definition."""
    a, best = one - 0.25, -1.0
    for b in (other - 0.25, other[::-1, ::-1] - 0.25):
        for shift in range(1 - len(b), len(a)):
            rows = [i for i in range(len(a)) if 0 <= i - shift < len(b)]
            dot = sum(float(a[i] @ b[i - shift]) for i in rows)
            best = max(best, dot / np.linalg.norm(a) / np.linalg.norm(b))
    return best


def test_chance_is_how_often_shuffled_columns_match_as_well(make_pattern):
    # strongest first, so both of the other's shuffles are measured against the first's
    found = [
        found_pattern("a", "t", make_pattern("GAGAGAGC", seqlets=90)),
        found_pattern("b", "t", make_pattern("GAGAGACC", seqlets=30)),
    ]
    shared = shared_patterns(found)
    (pair,) = pattern_agreements(["a", "b"], shared, seed=3, shuffles=20)
    seeds = [np.random.SeedSequence([3, 1, i]).generate_state(1)[0] for i in range(20)]
    random = [shuffled([found[1].motif], seed=int(seed))[0] for seed in seeds]
    by_hand = np.mean([similarity(found[0].motif.ppm, r.ppm) >= SIMILAR for r in random])
    assert 0 < by_hand < 1
    assert pair.chance == pytest.approx(by_hand)


def test_a_motif_that_a_shuffle_leaves_as_it_was_is_matched_by_chance(make_pattern):
    same = [found_pattern(name, "t", make_pattern("A" * 9)) for name in "ab"]
    assert pattern_agreements(["a", "b"], shared_patterns(same), seed=0)[0].chance == 1
    shared = shared_patterns([found_pattern(name, "t", make_pattern(GATA)) for name in "ab"])
    assert pattern_agreements(["a", "b"], shared, seed=0)[0].chance < 1
    assert found_again("a", "b", shared) == 1
