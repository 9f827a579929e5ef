import itertools

import numpy as np
import pytest

from chrominterpret.motifs.pwm import Motif, pssm
from chrominterpret.sequences import encode
from chromkeras.variant_effects.motif_changes import P_CUT, Scanner, lowest_score

GATA = Motif("M1", np.array([[0.01 + 0.96 * (b == base) for b in "ACGT"] for base in "TGATAA"]))


@pytest.mark.parametrize("p", [1 / 4**5, 0.01, 0.1, 0.5])
def test_the_lowest_score_is_that_of_all_words(p):
    rng = np.random.default_rng(0)
    matrix = rng.normal(0, 2, (5, 4))
    words = [
        sum(row[b] for row, b in zip(matrix, w, strict=True))
        for w in itertools.product(range(4), repeat=5)
    ]
    cut = lowest_score(matrix, p)
    share = np.mean(np.array(words) >= cut)
    assert p * 0.5 <= share <= p + 3 / 4**5


def test_the_best_word_is_always_a_site():
    matrix = np.array([[1.0, -1, -1, -1]] * 3)
    assert lowest_score(matrix, P_CUT) == pytest.approx(3)
    assert lowest_score(matrix, P_CUT) <= 3


def changes(ref, alt, place, lengths):
    ones = np.ones(max(len(ref), len(alt)))
    scanner = Scanner.of([GATA])
    return scanner.changes(encode(ref), encode(alt), place, lengths, (ones[: len(ref)], ones))


FLANK = "CCGGCCGGCCGG"


def test_a_substitution_breaks_a_site_or_makes_it():
    ref, alt = FLANK + "TGATAA" + FLANK, FLANK + "TGCTAA" + FLANK
    (broken,) = changes(ref, alt, 14, (1, 1))
    assert (broken.made, broken.start, broken.stop, broken.strand) == (False, 12, 18, "+")
    assert broken.contribution == 6
    assert broken.score == pytest.approx(pssm(GATA).max(axis=1).sum())
    assert broken.other < broken.score - 3
    (made,) = changes(alt, ref, 14, (1, 1))
    assert (made.made, made.start, made.score) == (True, 12, broken.score)


def test_a_change_beside_a_site_is_none():
    ref, alt = FLANK + "TGATAA" + FLANK, FLANK + "TGATAAT" + FLANK[1:]
    assert changes(ref, alt, 18, (1, 1)) == []


def test_an_insertion_within_a_site_breaks_it_on_the_other_strand_too():
    ref, alt = FLANK + "TTATCA" + FLANK, FLANK + "TTAGGTCA" + FLANK
    (broken,) = changes(ref, alt, 15, (0, 2))
    assert (broken.made, broken.strand, broken.start) == (False, "-", 12)
    (made,) = changes(alt, ref, 15, (2, 0))
    assert (made.made, made.start) == (True, 12)
