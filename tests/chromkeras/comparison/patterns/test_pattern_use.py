import numpy as np

from chrominterpret.motifs.modisco import Pattern, Patterns
from chrominterpret.motifs.pwm import Motif, Sites
from chromkeras.comparison.core.model_names import Replicates
from chromkeras.comparison.patterns.pattern_matching import (
    SharedPattern,
    found_pattern,
    found_patterns,
    shared_patterns,
)
from chromkeras.comparison.patterns.pattern_search import Searched
from chromkeras.comparison.patterns.pattern_use import (
    PatternUse,
    _rank,
    core_bases,
    pattern_uses,
    relative_weight,
)

REPLICATES = [Replicates("a", (0, 1)), Replicates("b", (2,))]


def pattern(word: str, sequence: list[int], start: list[int], strand: list[int]) -> Pattern:
    """Return a pattern with one base before the word that does not count."""
    ppm = np.concatenate([[[0.25] * 4], 0.96 * np.eye(4)[["ACGT".index(b) for b in word]] + 0.01])
    sites = Sites(*map(np.array, (sequence, start)), np.array(strand, np.int8), np.ones(len(start)))
    return Pattern("pos_patterns.pattern_0", "pos", ppm, ppm - 0.25, ppm - 0.25, sites)


def test_the_bases_of_a_core_are_those_of_its_strand():
    found = found_pattern("a", "t", pattern("ACG", [0, 1], [2, 2], [1, -1]))
    bases = core_bases([found], (3, 10))
    assert [np.flatnonzero(row).tolist() for row in bases] == [[3, 4, 5], [2, 3, 4], []]


def test_the_weight_is_relative_to_the_mean_absolute_contribution():
    contributions = np.array([[9.0, 1, -3, 2, 2, 9]])
    bases = np.array([[0, 0, 1, 1, 0, 0]], bool)
    assert relative_weight(contributions, bases, "pos", 4) == -0.5 / 2
    assert relative_weight(contributions, bases, "neg", 4) == 0.5 / 2
    assert np.isclose(relative_weight(contributions, bases, "pos", 0), -0.5 / (26 / 6))
    assert relative_weight(0 * contributions, bases, "pos", 0) == 0


def searched(model: str, height: float, *patterns: Pattern) -> Searched:
    contributions = np.full((2, 20), 0.1)
    contributions[:, 5:9] = height
    return Searched(model, "t", contributions, Patterns(patterns, 0, "", (None, None)))


def test_seqlets_and_weights_tell_who_found_and_who_reads_a_pattern():
    high = pattern("TTAT", [0, 1], [4, 4], [1, 1])
    all_searched = [searched("a0", 1.0, high), searched("a1", 1.0), searched("b", 1.0)]
    (use,) = pattern_uses(
        ["a0", "a1", "b"], all_searched, shared_patterns(found_patterns(all_searched)), REPLICATES
    )
    assert use.seqlets.tolist() == [2, 0, 0]
    np.testing.assert_allclose(use.weight, 1 / (5.6 / 20))
    assert use.found_by(REPLICATES) == [0]
    assert use.only(REPLICATES) == 0
    assert use.strong_in(REPLICATES) == [0, 1]  # b's search missed what it uses
    assert use.spread(REPLICATES) == 0
    blind = [*all_searched[:2], searched("b", 0.1)]
    (use,) = pattern_uses(
        ["a0", "a1", "b"], blind, shared_patterns(found_patterns(blind)), REPLICATES
    )
    assert use.strong_in(REPLICATES) == [0]
    assert use.weak_in(REPLICATES) == [1]
    np.testing.assert_allclose(use.mean_weights(REPLICATES), [20 / 5.6, 1])


def test_what_is_strong_in_fewest_stands_first_then_what_has_most_seqlets():
    def use(name: str, seqlets: list[int], weight: list[float]) -> PatternUse:
        shared = SharedPattern(name, "pos", Motif(name, np.full((4, 4), 0.25)), ())
        return PatternUse("t", shared, np.array(seqlets), np.array(weight))

    uses = [
        use("many", [40, 40, 40], [3, 3, 3]),
        use("further apart", [20, 0, 0], [3, 3, 0]),
        use("one alone", [20, 20, 20], [3, 3, 1]),
        use("nobody", [20, 20, 20], [-1, 0, -1]),
        use("more", [50, 40, 40], [3, 3, 3]),
    ]
    order = sorted(uses, key=lambda each: _rank(each, REPLICATES))
    assert [each.pattern.name for each in order] == [
        "nobody", "further apart", "one alone", "more", "many",
    ]  # fmt: skip
    assert order[0].weak_in(REPLICATES) == [0, 1]
