from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chromkeras.importers.background import BINS, draw_background, gc_bins
from chromkeras.importers.genome import Genome
from chromkeras.importers.intervals import Intervals

LENGTH = 30


def random_genome(seed: int = 0, bases: int = 20_000) -> Genome:
    rng = np.random.default_rng(seed)
    codes = {name: rng.integers(0, 4, bases, dtype=np.uint8) for name in ("a", "b")}
    codes["a"][500:900] = 4
    codes["short"] = codes["a"][:10]
    return Genome(Path("g.fa"), codes)


def intervals(*places: tuple[str, int, int]) -> Intervals:
    chrom, start, end = zip(*places, strict=True)
    return Intervals(np.array(chrom), np.array(start), np.array(end))


def test_gc_bins_by_hand() -> None:
    codes = np.array(
        [[0, 3, 0, 3], [1, 2, 0, 3], [1, 1, 2, 2], [1, 4, 4, 0], [4, 4, 4, 4]], np.uint8
    )
    bins = gc_bins([codes[:2], codes[2:]])
    np.testing.assert_array_equal(bins, [0, BINS // 2, BINS, BINS // 2, 0])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 19_800), min_size=1, max_size=40), st.integers(0, 9))
def test_windows_touch_nothing_and_have_no_n(starts: list[int], seed: int) -> None:
    genome = random_genome()
    avoid = intervals(*(("ab"[i % 2], s, s + 1 + s % 200) for i, s in enumerate(starts)))
    bins = np.full(60, BINS // 2)
    chrom, start = draw_background(genome, bins, avoid, length=LENGTH, ratio=1, seed=seed)
    for c, s in zip(chrom, start, strict=True):
        here = avoid.chrom == c
        assert not ((avoid.start[here] < s + LENGTH) & (avoid.end[here] > s)).any()
        assert (genome.codes[c][s : s + LENGTH] < 4).all()
        assert ((chrom == c) & (np.abs(start - s) < LENGTH)).sum() == 1


def test_gc_content_is_that_of_the_elements() -> None:
    genome = random_genome()
    wanted = np.repeat([20, 23, 26, 30], [10, 40, 30, 5])
    chrom, start = draw_background(
        genome, wanted, intervals(("a", 0, 100)), length=LENGTH, ratio=2, seed=0
    )
    drawn = gc_bins(genome.blocks(chrom, start, LENGTH))
    np.testing.assert_array_equal(np.bincount(drawn), 2 * np.bincount(wanted))


@pytest.mark.parametrize("ratio", [0.1, 0.33, 1.7])
def test_the_number_is_the_ratio_of_all_elements(ratio: float) -> None:
    genome = random_genome()
    places = np.arange(0, 20_000 - LENGTH, 200)
    bins = gc_bins(genome.blocks(np.full(len(places), "b"), places, LENGTH))
    chrom, _ = draw_background(
        genome, bins, intervals(("a", 0, 1)), length=LENGTH, ratio=ratio, seed=0
    )
    assert len(chrom) == round(ratio * len(bins))


def test_the_draw_follows_the_seed() -> None:
    draws = [
        draw_background(
            random_genome(), np.full(20, 25), intervals(("a", 0, 1)), length=LENGTH, ratio=1, seed=s
        )[1]
        for s in (1, 1, 2)
    ]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert draws[0].tolist() != draws[2].tolist()


def test_a_bin_that_runs_out_stays_short() -> None:
    genome = Genome(Path("g.fa"), {"a": np.zeros(300, np.uint8)})
    bins = np.array([0] * 50 + [25] * 3)
    _, start = draw_background(
        genome, bins, intervals(("a", 100, 130)), length=LENGTH, ratio=1, seed=0
    )
    assert 0 < len(start) <= 9


def test_an_empty_draw_is_no_error() -> None:
    genome = Genome(Path("g.fa"), {"a": np.zeros(90, np.uint8)})
    chrom, start = draw_background(
        genome, np.array([0]), intervals(("a", 0, 90)), length=LENGTH, ratio=1, seed=0
    )
    assert len(chrom) == len(start) == 0


@pytest.mark.parametrize("ratio", [0, -1, float("nan"), float("inf")])
def test_other_ratios_fail(ratio: float) -> None:
    with pytest.raises(ValueError, match="expected a positive background ratio"):
        draw_background(
            random_genome(), np.array([25]), intervals(("a", 0, 1)), length=9, ratio=ratio, seed=0
        )
