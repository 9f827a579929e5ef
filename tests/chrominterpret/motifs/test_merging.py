import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chrominterpret.motifs.jaspar import jaspar_motifs
from chrominterpret.motifs.merging import merge_motifs
from chrominterpret.motifs.pwm import Motif, consensus, reverse_complement, trim
from chrominterpret.sequences import BASES

KNOWN = jaspar_motifs("nematodes")


def motif(name: str, word: str, nsites: float | None = 20, top: float = 0.91) -> Motif:
    """A motif of a word; N is an even position."""
    rows = [
        [0.25] * 4 if base == "N" else [top if b == base else (1 - top) / 3 for b in BASES]
        for base in word
    ]
    return Motif(name, np.array(rows), nsites=nsites)


def test_shifted_and_turned_motifs_become_one() -> None:
    one = motif("a", "NNNAGATAAGNN", nsites=60)
    other = motif("b", "NNCTTATCTNNN", nsites=20, top=0.79)
    alien = motif("c", "NCACGTGNNNNN", nsites=10)
    merged = merge_motifs([alien, other, one])
    assert [m.motif.name for m in merged] == ["a", "c"]
    first = merged[0]
    assert [(m.name, m.strand, m.offset) for m in first.members] == [("a", "+", 0), ("b", "-", 0)]
    assert first.members[1].similarity == pytest.approx(1)
    assert first.motif.nsites == 80
    assert consensus(first.motif) == consensus(one)
    assert first.motif.ppm[3].max() == pytest.approx((60 * 0.91 + 20 * 0.79) / 80)
    assert [m.name for m in merged[1].members] == ["c"]
    np.testing.assert_allclose(merged[1].motif.ppm, alien.ppm)


def test_parts_that_few_sites_have_are_cut() -> None:
    long, short = motif("long", "ACGGATAAGC", nsites=10), motif("short", "GGATAAGCNN", nsites=90)
    merged = merge_motifs([long, short], threshold=0.5)[0]
    assert merged.motif.name == "short"
    assert len(merged.motif) == 10
    assert [(m.name, m.offset) for m in merged.members] == [("short", 0), ("long", -2)]


def test_nothing_is_chained() -> None:
    # b is like a and like c, which are unlike
    a, b = motif("a", "AAAACCCC", nsites=500), motif("b", "AACCCCGG", nsites=20)
    c = motif("c", "CCCCGGAT", nsites=20)
    merged = merge_motifs([a, b, c], threshold=0.6)
    assert [[m.name for m in each.members] for each in merged] == [["a", "b"], ["c"]]
    assert len(merge_motifs([b, c], threshold=0.6)) == 1


def test_each_joins_the_first_that_is_nearest() -> None:
    # b would do for a, the strongest, but is nearer to c, which is unlike a
    a, b = motif("a", "AAAACCCC", nsites=500), motif("b", "AACCCCGG", nsites=90)
    c = motif("c", "ACCCCGGT", nsites=100)
    merged = merge_motifs([a, b, c], threshold=0.7)
    assert [[m.name for m in each.members] for each in merged] == [["a"], ["c", "b"]]
    assert [[m.name for m in each.members] for each in merge_motifs([a, b], threshold=0.7)] == [
        ["a", "b"]
    ]


@given(st.integers(0, 102), st.integers(0, 6), st.integers(0, 6), st.booleans())
def test_flat_flanks_and_strand_do_not_matter(
    index: int, left: int, right: int, turn: bool
) -> None:
    known = KNOWN[index]
    flanked = np.concatenate([np.full((left, 4), 0.25), known.ppm, np.full((right, 4), 0.25)])
    other = Motif("other", flanked)
    merged = merge_motifs([known, reverse_complement(other) if turn else other], threshold=0.999)
    assert len(merged) == 1
    ours, theirs = trim(merged[0].motif), trim(known)
    assert ours is not None
    assert theirs is not None
    if merged[0].motif.name != known.name and merged[0].members[1].strand == "-":
        ours = reverse_complement(ours)
    np.testing.assert_allclose(ours.ppm, theirs.ppm, atol=1e-9)


def test_every_motif_goes_somewhere_once() -> None:
    merged = merge_motifs(KNOWN)
    names = [member.name for each in merged for member in each.members]
    assert sorted(names) == sorted(m.name for m in KNOWN)
    assert len(merged) < len(KNOWN)
    gata = next(m for m in merged if "MA0542.1" in [member.name for member in m.members])  # elt-3
    factors = {m.name: m.alt_name for m in KNOWN}
    assert "elt-6" in [factors[member.name] for member in gata.members]


def test_edges_and_options() -> None:
    assert merge_motifs([]) == []
    flat = [Motif(name, np.full((3, 4), 0.25)) for name in "ab"]
    assert len(merge_motifs(flat)) == 2
    with pytest.raises(ValueError, match="threshold above 0 and at most 1; received 0"):
        merge_motifs(flat, threshold=0)
    with pytest.raises(ValueError, match="different names"):
        merge_motifs([flat[0], flat[0]])
