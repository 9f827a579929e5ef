import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chromkeras.data.codes import encode
from chromkeras.scoring.indexed_genome import IndexedGenome
from chromkeras.variant_effects import windows as module
from chromkeras.variant_effects.windows import (
    Windows,
    allele_windows,
    context_name,
    context_of,
    letters,
    trimmed,
)

LENGTH = 50


class Bases:
    """A genome in memory."""

    def __init__(self, **chroms):
        self.chroms = {name: encode(text) for name, text in chroms.items()}
        self.lengths = {name: len(codes) for name, codes in self.chroms.items()}

    def codes(self, chrom, start, end):
        return self.chroms[chrom][start:end]


TEXT = "".join(np.random.default_rng(1).choice(list("ACGT"), 400))
GENOME = Bases(one=TEXT)


def windows_of(position, ref, alt, shifts=(0,), genome=GENOME, length=LENGTH):
    return allele_windows(genome, "one", position, ref, alt, length, shifts)


def test_a_substitution_lies_in_the_middle_and_shifts_move_the_window():
    ref = TEXT[199]
    alt = "A" if ref != "A" else "C"
    found = windows_of(200, ref, alt, (0, -7, 3))
    for row, shift in enumerate((0, -7, 3)):
        first = 199 - 25 + shift
        assert letters(found.ref[row]) == TEXT[first : first + LENGTH]
        changed = TEXT[:199] + alt + TEXT[200:]
        assert letters(found.alt[row]) == changed[first : first + LENGTH]
    assert found.start == 174
    assert context_name(found.context)[1] in "CT"


@given(
    st.integers(100, 300), st.integers(1, 12), st.text("ACGT", min_size=1, max_size=12),
    st.lists(st.integers(-8, 8), min_size=1, max_size=3, unique=True),
)  # fmt: skip
def test_windows_are_those_of_the_changed_chromosome(start, width, alt, shifts):
    ref = TEXT[start : start + width]
    if ref == alt:
        return
    found = windows_of(start + 1, ref, alt, tuple(shifts))
    changed = TEXT[:start] + alt + TEXT[start + width :]
    at, a, b = trimmed(start, ref, alt)
    for row, shift in enumerate(shifts):
        first = at + len(a) // 2 - LENGTH // 2 + shift
        assert letters(found.ref[row]) == TEXT[first : first + LENGTH]
        assert letters(found.alt[row]) == changed[first : first + LENGTH]  # left flank fixed
        if len(a) != len(b):
            end = first + LENGTH + len(b) - len(a)
            right = letters(found.alt[len(shifts) + row])
            assert right == changed[end - LENGTH : end]
    assert len(found.alt) == len(shifts) * (1 + (len(a) != len(b)))
    assert (found.context >= 0) == (len(a) == len(b) == 1)


@given(st.integers(100, 250), st.text("ACGT", max_size=5), st.integers(0, 4), st.integers(0, 4))
def test_bases_that_both_alleles_share_change_nothing(start, inserted, before, after):
    ref = TEXT[start]
    alt = inserted + ("A" if ref != "A" else "C")
    plain = windows_of(start + 1, ref, alt)
    low, high = start - before, start + 1 + after
    padded = windows_of(low + 1, TEXT[low:high], TEXT[low:start] + alt + TEXT[start + 1 : high])
    assert np.array_equal(plain.ref, padded.ref)
    assert np.array_equal(plain.alt, padded.alt)


@pytest.mark.parametrize(
    ("position", "ref", "alt", "reason"),
    [
        (401, "A", "C", module.OFF_THE_END),
        (400, TEXT[399] + "A", "C", module.OFF_THE_END),
        (25, TEXT[24], "ACGTA", module.WINDOW_OFF),
        (376, TEXT[375], "ACGTA", ""),
        (377, TEXT[376], "ACGTA", module.WINDOW_OFF),
        (200, TEXT[199:251], TEXT[199], module.TOO_LONG),
        (200, TEXT[199], TEXT[199] + "C" * 40, module.TOO_LONG),
    ],
)
def test_the_reason_is_said(position, ref, alt, reason):
    found = windows_of(position, ref, alt)
    assert isinstance(found, Windows) if not reason else found == reason


def test_other_reasons():
    assert allele_windows(GENOME, "two", 3, "A", "C", LENGTH, (0,)) == module.NOT_IN_GENOME
    wrong = "A" if TEXT[199] != "A" else "C"
    assert windows_of(200, wrong, "G") == f"{module.MISMATCH}{TEXT[199]}"
    sparse = Bases(one=TEXT[:195] + "N" * 4 + TEXT[199] + "N" * 40 + TEXT[240:])
    assert windows_of(200, TEXT[199], wrong, genome=sparse) == module.MOSTLY_N
    few = Bases(one=TEXT[:198] + "N" + TEXT[199:])
    assert windows_of(200, TEXT[199], wrong, genome=few).context == -1


def test_contexts_are_those_of_either_strand():
    names = {context_name(c): c for c in range(32)}
    assert len(names) == 32
    for name, c in names.items():
        assert context_of(encode(name)) == c
        turned = name.translate(str.maketrans("ACGT", "TGCA"))[::-1]
        assert context_of(encode(turned)) == c


def test_an_indexed_genome_gives_the_same(genome, bases):
    with IndexedGenome(genome) as opened:
        found = allele_windows(opened, "chr1", 1000, bases["chr1"][999], "GATTACA", 300, (0, 4))
    plain = allele_windows(Bases(**bases), "chr1", 1000, bases["chr1"][999], "GATTACA", 300, (0, 4))
    assert np.array_equal(found.alt, plain.alt)
