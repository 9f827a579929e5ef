import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chromkeras.data.splits import (
    LISTED,
    RELATED,
    Region,
    SplitPlan,
    assign,
    make_split_plan,
    parse_regions,
)


@pytest.mark.parametrize(("texts", "regions"), [
    (["chrX"], [Region("chrX")]),
    (["chrX:0-3000000"], [Region("chrX", 0, 3_000_000)]),
    (["chrX:1,000-3,000,000,chrIII"], [Region("chrX", 1000, 3_000_000), Region("chrIII")]),
    (["1,2:5-10", "HLA*01"], [Region("1"), Region("2", 5, 10), Region("HLA*01")]),
    (["chrI, chrII"], [Region("chrI"), Region("chrII")]),
])  # fmt: skip
def test_region_texts(texts: list[str], regions: list[Region]) -> None:
    assert parse_regions(texts) == tuple(regions)


@pytest.mark.parametrize("text", [
    "", ",", "chrX:", "chrX:5", "chrX:5-", "chrX:-5-9", "chrX:a-b", "chrX:1,0-2,0", "chrX,",
    "chrX:5-9:7", "chr X",
])  # fmt: skip
def test_other_texts_fail(text: str) -> None:
    with pytest.raises(ValueError, match="expected a region such as"):
        parse_regions([text])


def test_a_region_must_end_after_its_start() -> None:
    with pytest.raises(ValueError, match="'chrX:9-9' ends at 9, not after its start 9"):
        parse_regions(["chrX:9-9"])


@pytest.mark.parametrize(("plan", "message"), [
    ({"valid_fraction": 0.0}, "valid fraction between 0 and 1, received 0.0"),
    ({"test_fraction": 1.5}, "test fraction between 0 and 1, received 1.5"),
    ({"valid_fraction": 0.5, "test_fraction": 0.5}, "sum to 1"),
    ({"valid": (Region("a", 0, 9),), "test": (Region("a", 8, 12),)}, "overlap"),
    ({"valid": (Region("a", 50, 60),), "test": (Region("a"),)}, "overlap"),
])  # fmt: skip
def test_plans_that_cannot_be(plan: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SplitPlan(**plan)


def test_rows_across_a_boundary_are_dropped() -> None:
    start = np.array([0, 90, 91, 100, 199, 200, 90])
    chrom = np.array(["a"] * 6 + ["b"])
    plan = SplitPlan(valid=(Region("a", 0, 100),), test=(Region("a", 100, 200), Region("b")))
    part = assign(plan, rows=7, length=10, chrom=chrom, start=start)
    assert part.tolist() == ["valid", "valid", "", "test", "", "train", "test"]


def test_touching_regions_of_one_part_have_no_boundary() -> None:
    plan = SplitPlan(valid=(Region("a", 0, 10), Region("a", 10, 20)), test=(Region("b"),))
    part = assign(plan, rows=1, length=4, chrom=np.array(["a"]), start=np.array([8]))
    assert part.tolist() == ["valid"]


def test_regions_need_places() -> None:
    with pytest.raises(ValueError, match="needs chrom and start"):
        assign(SplitPlan(valid=(Region("a"),)), rows=3, length=4)


def test_one_part_by_region_and_the_other_by_chance() -> None:
    chrom = np.repeat(["a", "b"], 50)
    start = np.tile(np.arange(50) * 10, 2)
    part = assign(SplitPlan(test=(Region("b"),)), rows=100, length=10, chrom=chrom, start=start)
    assert (part[chrom == "b"] == "test").all()
    assert (part == "valid").sum() == 10


def test_the_draw_follows_the_seed() -> None:
    first, again, other = (assign(SplitPlan(seed=s), rows=200, length=1) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert [(first == p).sum() for p in ("train", "valid", "test")] == [160, 20, 20]


places = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2000)), max_size=60)


@settings(deadline=None)
@given(places, st.integers(0, 5))
def test_rows_that_overlap_are_never_torn(rows: list[tuple[str, int]], seed: int) -> None:
    chrom = np.array([c for c, _ in rows], dtype=str)
    start = np.array([s for _, s in rows], np.int64)
    plan = SplitPlan(valid_fraction=0.3, test_fraction=0.3, seed=seed)
    part = assign(plan, rows=len(rows), length=40, chrom=chrom, start=start)
    for i, (c, s) in enumerate(rows):
        clash = (chrom == c) & (np.abs(start - s) < 40)
        assert (part[clash] == part[i]).all()
    assert (part == "valid").sum() <= round(0.3 * len(rows))


def test_relatives_of_what_a_region_holds_out_are_left_out() -> None:
    plan = SplitPlan(valid=(Region("a"),), test_fraction=0.2, by="homology")
    chrom, start = np.array(["a", *"b" * 9]), np.arange(10) * 100
    groups = np.array([0, 0, 1, 1, 2, 3, 4, 5, 6, 7])
    part = assign(plan, rows=10, length=10, chrom=chrom, start=start, groups=groups)
    assert part[:2].tolist() == ["valid", RELATED]
    assert part[2] == part[3]
    assert (part == "test").sum() == 2
    by_chance = assign(
        SplitPlan(valid=(Region("a"),), test_fraction=0.2),
        rows=10, length=10, chrom=chrom, start=start, groups=groups,
    )  # fmt: skip
    assert RELATED not in by_chance


def test_listed_rows_are_in_no_split_and_count_in_no_share() -> None:
    listed = np.arange(100) < 50
    part = assign(SplitPlan(), rows=100, length=10, listed=listed)
    assert (part[listed] == LISTED).all()
    assert [(part == p).sum() for p in ("train", "valid", "test")] == [40, 5, 5]


@pytest.mark.parametrize(("options", "message"), [
    ({"split_by": "gene"}, "unknown `split_by` 'gene'"),
    ({"similarity": 0.2}, "`similarity` is for `split_by` homology"),
    ({"similarity": 2.0, "split_by": "homology"}, "above 0 and at most 1, received 2"),
    ({"valid": "a", "test": "b", "split_by": "chromosomes"}, "regions for both splits"),
])  # fmt: skip
def test_options_that_do_not_go_together(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_split_plan(**options)


def test_a_plan_says_how_the_split_is_made() -> None:
    plan = make_split_plan(valid="chrX:0-9", split_by="homology", seed=3)
    assert plan.described == (
        "valid chrX:0-9; test 0.1 drawn by homology, seed 3; relatives share 0.1 of their 14-mers"
    )
