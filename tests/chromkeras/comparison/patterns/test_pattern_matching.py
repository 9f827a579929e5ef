import numpy as np

from chrominterpret.motifs.modisco import Patterns
from chromkeras.comparison.patterns.pattern_matching import (
    FoundPattern,
    found_pattern,
    found_patterns,
    shared_patterns,
)
from chromkeras.comparison.patterns.pattern_search import Searched

GATA, EBOX = "TTATCAGT", "ACAGCTGT"


def complement(word: str) -> str:
    return word[::-1].translate(str.maketrans("ACGT", "TGCA"))


def groups(patterns: list[FoundPattern]) -> list[set[str]]:
    return [{each.model for each in shared.members} for shared in shared_patterns(patterns)]


def test_a_motif_is_matched_on_either_strand_at_any_shift_and_no_other_is(make_pattern):
    found = [
        found_pattern("a", "t", make_pattern(GATA, seqlets=50)),
        found_pattern("b", "t", make_pattern(complement("CC" + GATA), flank=9, purity=0.7)),
        found_pattern("c", "t", make_pattern(GATA[1:])),
        found_pattern("d", "t", make_pattern(EBOX)),
    ]
    assert groups(found) == [{"a", "b", "c"}, {"d"}]
    first, second = shared_patterns(found)
    assert (first.name, second.name) == ("P1", "P2")
    assert (first.motif.name, first.motif.nsites) == ("P1", 110)
    assert len(first.of(model="b", task="t")) == 1
    assert first.of(model="d") == [] == first.of(task="other")


def test_what_raises_and_what_lowers_are_not_one(make_pattern):
    found = [
        found_pattern("a", "t", make_pattern(GATA)),
        found_pattern("b", "t", make_pattern(GATA, sign="neg")),
    ]
    assert [shared.sign for shared in shared_patterns(found)] == ["pos", "neg"]
    assert groups(found) == [{"a"}, {"b"}]


def test_a_pattern_joins_the_one_it_is_most_like(make_pattern):
    between = "AACCCCGGT"  # begins with 6 bases of the first, ends with 7 of the second
    found = [
        found_pattern("a", "t", make_pattern("TAAACCCC", seqlets=500)),
        found_pattern("b", "t", make_pattern(between)),
        found_pattern("c", "t", make_pattern("CCCCGGTA", seqlets=60)),
    ]
    assert groups(found) == [{"a"}, {"b", "c"}]
    assert groups(found[:2]) == [{"a", "b"}]


def test_patterns_know_their_model_and_task(make_pattern):
    patterns = Patterns((make_pattern(GATA), make_pattern(EBOX)), 0, "", (None, None))
    searched = Searched("a", "t", np.zeros((1, 9)), patterns)
    listed = found_patterns([searched])
    assert [each.motif.name for each in listed] == [
        f"a: t: pos_patterns.{word}" for word in (GATA, EBOX)
    ]
    assert [len(each.motif) for each in listed] == [8, 8]
    assert [each.pattern for each in listed] == list(patterns.patterns)
    assert shared_patterns([]) == []
