"""The search itself is replaced where it would take long."""

import json
from dataclasses import replace

import numpy as np
import pytest

from chrominterpret.motifs.modisco import Pattern, Patterns
from chrominterpret.motifs.motif_files import write_meme
from chrominterpret.motifs.pwm import Motif, Sites
from chrominterpret.sequences import BASES
from chromkeras.comparison.core.comparison import CompareOptions, Comparison
from chromkeras.comparison.patterns import compared_patterns
from chromkeras.comparison.patterns.compared_patterns import compare_patterns
from chromkeras.comparison.patterns.pattern_search import Searched
from chromkeras.tables import plain

RANDOM = np.random.default_rng(3)
KNOWN = [Motif(f"M{i}", RANDOM.dirichlet([0.15] * 4, 16), f"known{i}") for i in range(30)]
WORDS = {"AGTGATAAGA": 1, "CCTTTGTC": 1, "GGGACATTCC": -1, "GCACGTGACC": -1}
EACH, LENGTH = 40, 120


@pytest.fixture
def compare_searched(make_model, tiny_dataset, tmp_path, monkeypatch):
    """Return a function that compares what was found in models of different recipes."""
    write_meme(tmp_path / "known.meme", KNOWN)
    dataset = tiny_dataset(rows=24)

    def compare(*searched: Searched):
        plans = dict(
            zip(dict.fromkeys(s.model for s in searched), ("hard", "single", "soft"), strict=False)
        )
        models = tuple(make_model(plan, name=name) for name, plan in plans.items())
        options = CompareOptions(motifs=str(tmp_path / "known.meme"), modisco=6)
        monkeypatch.setattr(compared_patterns, "search_all", lambda comparison: list(searched))
        comparison = Comparison(models, dataset, dataset, np.arange(24), options, 0, ())
        return compare_patterns(comparison)

    return compare


def found(model: str, task: str, *known: int) -> Searched:
    patterns = []
    for count, i in enumerate(known):
        sites = Sites(np.arange(4), np.full(4, 20 * count), np.ones(4, np.int8), np.ones(4))
        ppm = KNOWN[i].ppm
        patterns.append(Pattern(f"p{i}", "pos", ppm, ppm - 0.25, ppm, sites))
    contributions = np.random.default_rng(0).random((6, 300))
    why = "" if patterns else "nothing"
    return Searched(model, task, contributions, Patterns(tuple(patterns), 0, why, (None, None)))


def test_a_model_compared_with_itself_shows_no_difference(compare_searched):
    both = compare_searched(*(found(m, t, 1, 2, 3) for t in ("task0", "task1") for m in "ab"))
    facts = json.loads(json.dumps(plain(both.facts()), allow_nan=False))
    assert facts["found"] == facts["found by all"] == 6
    assert facts["found by one alone"] == facts["weak"] == {"a": [], "b": []}
    assert facts["found again"] == {"a and b": [1, 1]}
    rows = both.rows()
    assert {row["match_id"] for row in rows} == {"M1", "M2", "M3"}
    assert all(row["seqlets_a"] == row["seqlets_b"] == 4 for row in rows)
    assert all(row["weight_a"] == row["weight_b"] for row in rows)
    assert {(row["found_only_by"], row["strong_in"]) for row in rows} == {("", "a, b")}


def test_a_pattern_of_one_model_alone_is_said_to_be(compare_searched):
    some = compare_searched(found("a", "task0", 1), found("b", "task0", 5, 1), found("c", "task0"))
    (alone,) = [row for row in some.rows() if row["found_only_by"]]
    assert (alone["match_name"], alone["found_only_by"]) == ("known5", "b")
    assert (alone["seqlets_a"], alone["seqlets_b"]) == (0, 4)
    by_one = some.facts()["found by one alone"]
    assert by_one["a"] == by_one["c"] == []
    assert by_one["b"][0].endswith("known5")
    assert some.reasons == ("c, task0: nothing.",)
    assert [pair["kind"] for pair in some.pairs] == ["models"] * 3


def test_nothing_found_says_why(compare_searched):
    nothing = compare_searched(found("a", "task0"), found("b", "task0"))
    assert nothing.reasons == ("a, task0: nothing.", "b, task0: nothing.")
    assert nothing.uses == ()
    assert nothing.facts()["found"] == 0
    plain(nothing.facts())


def simulated(model: str, *, blind_to: tuple[str, ...] = ()) -> Searched:
    """Return what a perfect search finds in contributions that know all but some of the words.

    Every sequence holds one word, every other one on the other strand.
    """
    random = np.random.default_rng(1)
    n = EACH * len(WORDS)
    x = np.eye(4)[random.integers(0, 4, (n, LENGTH))]
    contributions = random.normal(0, 0.02, (n, LENGTH))
    patterns = []
    for k, (word, sign) in enumerate(WORDS.items()):
        at = Sites(np.arange(k * EACH, (k + 1) * EACH), random.integers(9, LENGTH - 19, EACH),
                   np.where(np.arange(EACH) % 2, -1, 1).astype(np.int8), np.ones(EACH))  # fmt: skip
        for i, start, strand in zip(at.sequence, at.start, at.strand, strict=True):
            x[i, start : start + len(word)] = np.eye(4)[[BASES.index(b) for b in word]][
                ::strand, ::strand
            ]
            if word not in blind_to:
                contributions[i, start : start + len(word)] = sign * random.uniform(0.5, 1.5)
        if word not in blind_to:
            patterns.append(pattern_at(at, x, contributions, word))
    return Searched(
        model, "task0", contributions, Patterns(tuple(patterns), LENGTH, "", (None, None))
    )


def pattern_at(at: Sites, x: np.ndarray, contributions: np.ndarray, word: str) -> Pattern:
    """Return the means over some sites and three bases on either side."""
    start, stop = at.start - 3, at.start + len(word) + 3
    cut = np.array([
        [x[i, a:b][::s, ::s], (x[i, a:b] * contributions[i, a:b, None])[::s, ::s]]
        for i, a, b, s in zip(at.sequence, start, stop, at.strand, strict=True)
    ])  # fmt: skip
    ppm, cwm = cut.mean(axis=0)
    sign = "pos" if cwm.sum() > 0 else "neg"
    return Pattern(f"{sign}_patterns.{word}", sign, ppm, cwm, cwm, replace(at, start=start))


def test_a_word_that_one_model_is_blind_to_is_strong_in_the_others_alone(compare_searched):
    missed = ("AGTGATAAGA", "GCACGTGACC")
    known = simulated("all")
    found = compare_searched(
        known, simulated("blind", blind_to=missed), replace(known, model="same")
    )
    rows = found.rows()
    assert len(rows) == len(WORDS)
    for word, sign in WORDS.items():
        (row,) = [row for row in rows if word in (row["consensus"], reverse(row["consensus"]))]
        assert row["effect"] == ("raises" if sign > 0 else "lowers")
        assert row["seqlets_all"] == row["seqlets_same"] == EACH
        assert row["weight_all"] == row["weight_same"] > 3
        if word in missed:
            assert (row["strong_in"], row["seqlets_blind"]) == ("all, same", 0)
            assert abs(row["weight_blind"]) < 0.3
        else:
            assert (row["strong_in"], row["seqlets_blind"]) == ("all, blind, same", EACH)
            assert row["weight_blind"] > row["weight_all"]  # as it has less else to use
    assert [row["consensus"] in missed or reverse(row["consensus"]) in missed for row in rows] == [
        True, True, False, False,
    ]  # fmt: skip
    shares = {
        (pair["first"], pair["second"]): (pair["first_found_again"], pair["second_found_again"])
        for pair in found.pairs
    }
    assert shares == {
        ("all", "blind"): (0.5, 1), ("all", "same"): (1, 1), ("blind", "same"): (1, 0.5)
    }  # fmt: skip
    assert len(found.facts()["weak"]["blind"]) == 2


def reverse(word: str) -> str:
    return word[::-1].translate(str.maketrans("ACGT", "TGCA"))
