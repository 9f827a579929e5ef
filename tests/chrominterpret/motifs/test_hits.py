from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from chrominterpret.motifs.hits import COLUMNS, genome_hits, scanned_sites, seqlet_sites, write_bed
from chrominterpret.motifs.modisco import Pattern
from chrominterpret.motifs.pwm import Sites
from chrominterpret.sequences import BASES

WORD, WIDTH = "GATAAG", 10
MATRIX = np.eye(4)[[BASES.index(base) for base in WORD]]


def pattern(places: list[tuple[int, int, int, float]], sign: int = 1) -> Pattern:
    """A pattern whose core, the word, starts 3 bp into its 10 bp."""
    cwm = np.zeros((WIDTH, 4))
    cwm[3:9] = sign * MATRIX
    ppm = np.where(np.abs(cwm).sum(axis=1, keepdims=True) > 0, np.abs(cwm), 0.25)
    sequence, start, strand, score = (np.array(column) for column in zip(*places, strict=True))
    name = "pos" if sign > 0 else "neg"
    at = Sites(sequence, start, strand.astype(np.int8), score.astype(float))
    return Pattern(f"{name}_patterns.pattern_0", name, ppm, cwm, cwm, at)  # type: ignore[arg-type]


def planted(places: list[tuple[int, int, int, float]], n: int, length: int) -> np.ndarray:
    """Contributions with the word at places of (sequence, start, strand, size)."""
    c = np.random.default_rng(0).normal(0, 0.01, (n, length, 4))
    c *= np.eye(4)[np.random.default_rng(1).integers(0, 4, (n, length))]
    for i, start, strand, size in places:
        c[i, start : start + len(WORD)] = size * (MATRIX if strand > 0 else MATRIX[::-1, ::-1])
    return c


def test_cores_lie_where_the_strand_puts_them() -> None:
    found = pattern([(0, 5, 1, 2.0), (1, 5, -1, 1.0)])
    assert found.core == slice(3, 9)
    width, at = seqlet_sites([found])["pos_patterns.pattern_0"]
    assert (width, at.sequence.tolist(), at.start.tolist()) == (6, [0, 1], [8, 6])
    assert at.strand.tolist() == [1, -1]


@pytest.mark.parametrize("sign", [1, -1])
def test_scan_finds_places_that_were_no_seqlets(sign: int) -> None:
    seqlets = [(i, 20, 1, 1.0 + i / 10) for i in range(5)]
    others = [(5, 3, -1, 1.2), (5, 30, 1, 1.1), (6, 40, -1, 1.4)]
    weak = [(7, 10, 1, 0.2)]
    c = sign * planted(seqlets + others + weak, 9, 60)
    found = pattern([(i, start - 3, strand, 1.0) for i, start, strand, _ in seqlets], sign)
    ((width, at),) = scanned_sites([found], c, quantile=0).values()
    assert width == 6
    hits = list(zip(at.sequence.tolist(), at.start.tolist(), at.strand.tolist(), strict=True))
    assert hits == [place[:3] for place in seqlets + others]
    sizes = [6 * sign * place[3] for place in seqlets + others]
    np.testing.assert_allclose(at.score, sizes)
    # stricter than the weakest seqlet
    ((_, fewer),) = scanned_sites([found], c, quantile=0.5).values()
    assert 0 < len(fewer) < len(at)


def test_of_overlapping_places_the_best_stays() -> None:
    c = planted([(0, 20, 1, 1.0)], 1, 60)
    palindrome = np.zeros((6, 4))
    palindrome[:] = np.eye(4)[[BASES.index(base) for base in "GAATTC"]]
    c[0, 20:26] = palindrome
    found = pattern([(0, 20, 1, 1.0)])
    both = Pattern("p", "pos", found.ppm[:6], palindrome, palindrome, found.seqlets)
    ((_, at),) = scanned_sites([both], c).values()
    assert list(zip(at.start.tolist(), at.strand.tolist(), strict=True)) == [(20, 1)]


def test_genome_hits_by_hand(tmp_path: Path) -> None:
    sites = {
        "b": (6, Sites(np.array([0, 1]), np.array([8, 6]), np.array([1, -1]), np.array([-2, 0.5]))),
        "a": (4, Sites(np.array([2]), np.array([0]), np.array([1]), np.array([3.0]))),
        "none": (4, Sites(*np.zeros((4, 0), int))),
    }
    hits = genome_hits(sites, ["chr2", "chr1", "chr1"], [100, 1000, 1006])
    write_bed(tmp_path / "new" / "hits.bed", hits)
    assert (tmp_path / "new" / "hits.bed").read_text() == (
        "chr1\t1006\t1010\ta\t1000\t+\t3\t2\n"
        "chr1\t1006\t1012\tb\t250\t-\t0.5\t1\n"
        "chr2\t108\t114\tb\t1000\t+\t-2\t0\n"
    )


def test_overlapping_regions_give_a_place_once() -> None:
    at = Sites(np.array([0, 1]), np.array([15, 5]), np.array([1, 1]), np.array([0.5, 0.7]))
    hits = genome_hits({"a": (4, at)}, ["c", "c"], [0, 10])
    assert hits[["start", "contribution", "sequence"]].to_numpy().tolist() == [[15, 0.7, 1]]


def test_no_hits_is_an_empty_file(tmp_path: Path) -> None:
    for sites in ({}, seqlet_sites([])):
        hits = genome_hits(sites, ["chr1"], [0])
        assert list(hits.columns) == list(COLUMNS)
        write_bed(tmp_path / "hits.bed", hits)
        assert (tmp_path / "hits.bed").read_text() == ""


def test_pandas_reads_the_file_back(tmp_path: Path) -> None:
    found = pattern([(i % 4, 2 * i, (-1) ** i, i + 0.25) for i in range(12)])
    chroms = np.array(["chr1", "chr10", "chr2", "chr1"])
    hits = genome_hits(seqlet_sites([found]), chroms, np.arange(4) * 10**6)
    write_bed(tmp_path / "hits.bed", hits)
    back = pd.read_csv(tmp_path / "hits.bed", sep="\t", names=list(COLUMNS))
    pd.testing.assert_frame_equal(back, hits, check_dtype=False)
    assert len(back) == 12
    assert back.chrom.is_monotonic_increasing
    assert back.score.between(0, 1000).all()


def test_what_does_not_fit_is_said() -> None:
    found = pattern([(3, 5, 1, 1.0)])
    sites = seqlet_sites([found])
    with pytest.raises(ValueError, match=r"received \(2,\) and \(1,\)"):
        genome_hits(sites, ["a", "b"], [0])
    with pytest.raises(ValueError, match="places in 2 sequences; received one in sequence 3"):
        genome_hits(sites, ["a", "b"], [0, 0])
    with pytest.raises(ValueError, match="places on the chromosome; received -92"):
        genome_hits(sites, ["a"] * 4, [0, 0, 0, -100])
    with pytest.raises(ValueError, match=r"contributions of shape \(N, L, 4\); received \(3, 4\)"):
        scanned_sites([found], np.ones((3, 4)))
    with pytest.raises(ValueError, match="quantile from 0 to below 1; received 1"):
        scanned_sites([found], np.ones((4, 30, 4)), quantile=1)
    with pytest.raises(ValueError, match="received 2 of 30 bp, with seqlets outside"):
        scanned_sites([found], np.ones((2, 30, 4)))
