from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chromkeras.data.codes import encode
from chromkeras.data.packed import PackedSequences
from chromkeras.importers.annotation import GenePlaces
from chromkeras.importers.genome import Genome
from chromkeras.importers.promoters import (
    Windows,
    cut_promoters,
    read_promoters,
    related_genes,
    windows_around,
)

#          0         10
LETTERS = "AACCGGTTACGATTACAGGC"


def places(base: list[int], strand: list[int]) -> GenePlaces:
    chrom = np.repeat("chrI", len(base))
    return GenePlaces(Path("g"), {}, chrom, np.array(base), np.array(strand, np.int8))


def letters(dna: PackedSequences) -> list[str]:
    return ["".join("ACGTN"[code] for code in row) for row in dna.codes(slice(None))]


def test_windows_read_in_the_direction_of_the_gene() -> None:
    genome = Genome(Path("g.fa"), {"chrI": encode(LETTERS)})
    windows = windows_around(places([10, 7, 2, 18, 18], [1, -1, 1, -1, 1]), 4, 2)
    assert windows.start.tolist() == [6, 6, -2, 17, 14]
    dna, beyond = cut_promoters(genome, windows)
    # by hand: the divergent genes 0 and 1 read the same bases, TTACGA, from both strands; gene 2
    # begins before the chromosome; gene 3 reads GGC + NNN backwards
    assert letters(dna) == ["TTACGA", "TCGTAA", "NNAACC", "NNNGCC", "ACAGGC"]
    assert beyond == 2
    assert dna.stranded


def test_the_start_is_the_first_base_downstream() -> None:
    genome = Genome(Path("g.fa"), {"chrI": encode(LETTERS)})
    windows = windows_around(places([10, 10], [1, -1]), 0, 1)
    assert letters(cut_promoters(genome, windows)[0]) == ["G", "C"]


def test_a_window_beyond_the_chromosome_is_nothing_but_n() -> None:
    genome = Genome(Path("g.fa"), {"chrI": encode(LETTERS)})
    dna, beyond = cut_promoters(genome, windows_around(places([0], [1]), 3, 0))
    assert (letters(dna), beyond) == (["NNN"], 1)


def test_promoters_of_fasta(tmp_path: Path) -> None:
    path = tmp_path / "p.fa"
    path.write_text(">b more\nACG\nTN\n>a\nttttt\n")
    names, dna = read_promoters(path)
    assert names == ("b", "a")
    assert letters(dna) == ["ACGTN", "TTTTT"]
    assert dna.stranded


@pytest.mark.parametrize(("text", "told"), [
    (">a\nACGT\n>b\nACG\n", "received 4 bases of a and 3 of b"),
    (">a\nACGT\n>a\nACGT\n", "'a' stands twice"),
    (">a\nAC-T\n", "IUPAC"),
])  # fmt: skip
def test_bad_promoters_are_one_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "p.fa"
    path.write_text(text)
    with pytest.raises(ValueError, match=told) as raised:
        read_promoters(path)
    assert str(path) in str(raised.value)


def test_overlapping_and_equal_promoters_are_related() -> None:
    plus = np.ones(5, np.int8)
    chrom = np.array(["I", "I", "I", "II", "II"])
    windows = Windows(chrom, np.array([0, 3, 50, 3, 90]), plus, 5)
    codes = np.zeros((5, 4), np.uint8)
    codes[:, 0] = [0, 1, 2, 3, 2]  # 2 and 4 are the same
    found = related_genes(5, windows, PackedSequences.from_codes(codes))
    assert found[0] == found[1]
    assert found[2] == found[4]
    assert len(set(found.tolist())) == 3
    assert len(set(related_genes(5).tolist())) == 5


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 8)), max_size=12))
def test_relation_is_the_closure_of_both(rows: list[tuple[int, int]]) -> None:
    start = np.array([row[0] for row in rows], np.int64)
    codes = np.array([[row[1] // 3, row[1] % 3] for row in rows], np.uint8).reshape(-1, 2)
    chrom, plus = np.repeat("I", len(rows)), np.ones(len(rows), np.int8)
    found = related_genes(
        len(rows), Windows(chrom, start, plus, 4), PackedSequences.from_codes(codes)
    )
    near = (np.abs(start[:, None] - start) < 4) | (codes[:, None] == codes).all(-1)
    for _ in rows:
        near = near @ near
    np.testing.assert_array_equal(found[:, None] == found, near)
