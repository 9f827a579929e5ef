"""Splits of rows by homology and by whole chromosomes, and what is said of them."""

from dataclasses import replace

import numpy as np
import pytest

from chromkeras.data.packed import PackedSequences
from chromkeras.data.splits import SplitPlan, make_split_plan
from chromkeras.errors import InputError
from chromkeras.importers.assemble import Rows, assemble
from chromkeras.importers.row_splits import gc_shares, row_families, split_rows

N = 120


@pytest.fixture
def rows() -> Rows:
    """Rows on four chromosomes; each tenth is a copy of the first, some on the other strand."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (N, 80)).astype(np.uint8)
    for i, row in enumerate(range(10, N, 10)):
        codes[row] = 3 - codes[0][::-1] if i % 2 else codes[0]
        codes[row, :8] = rng.integers(0, 4, 8)
    return Rows(
        dna=PackedSequences.from_codes(codes),
        labels=rng.integers(0, 2, (N, 2)).astype(np.int8),
        tasks=("a", "b"),
        split=np.full(N, "train"),
        problem="binary",
        chrom=np.array([f"chr{i % 4}" for i in range(N)]),
        start=np.arange(N) * 1000,
    )


COPIES = np.arange(0, N, 10)


def test_families_join_copies_on_both_strands(rows: Rows) -> None:
    families = row_families(rows, 0.1)
    assert len(set(families[COPIES].tolist())) == 1
    assert len(set(families.tolist())) == N - len(COPIES) + 1
    near = replace(rows, chrom=np.full(N, "chr1"), start=np.arange(N) * 79)
    assert len(set(row_families(near, 0.1).tolist())) == 1  # all overlap


def test_homology_keeps_relatives_in_one_split(rows: Rows) -> None:
    for seed in range(5):
        plan = make_split_plan(
            valid_fraction=0.2, test_fraction=0.2, split_by="homology", seed=seed
        )
        divided, notes = split_rows(rows, plan)
        assert len(set(divided.split[COPIES].tolist())) == 1
        assert [(divided.split == s).sum() for s in ("valid", "test")] == [24, 24]
        again, _ = split_rows(rows, plan)
        np.testing.assert_array_equal(again.split, divided.split)
        assert notes[0].startswith("homology: 12 of 120 rows overlap or share 0.1")
        assert "in 1 families; the largest has 12 (10.0%)" in notes[0]
        assert "with a relative in training" in notes[-1]
        dataset = assemble(divided).dataset
        assert "drawn by homology" in dataset.split_by


def test_a_giant_family_stays_in_training_and_is_said(rows: Rows) -> None:
    plan = make_split_plan(valid_fraction=0.05, test_fraction=0.05, split_by="homology")
    divided, notes = split_rows(rows, plan)
    assert (divided.split[COPIES] == "train").all()
    assert "families larger than a drawn split stay in training whole" in notes


def test_relatives_of_held_out_regions_are_dropped_and_counted(rows: Rows) -> None:
    plan = make_split_plan(valid="chr0", test="chr1", split_by="homology")
    prepared = assemble(split_rows(rows, plan)[0])
    chrom = rows.chrom[COPIES]
    lost = int(np.isin(chrom, ("chr2", "chr3")).sum())
    assert prepared.dropped["with a relative in a region that is held out"] == lost > 0
    assert len(prepared.dataset) == N - lost


def test_rows_that_share_their_dna(rows: Rows) -> None:
    index = np.arange(N) // 2 * 2
    shared = replace(rows, index={"dna": index})
    families = row_families(shared, 0.1)
    assert (families[::2] == families[1::2]).all()
    np.testing.assert_allclose(gc_shares(shared), gc_shares(rows)[index])


def test_whole_chromosomes(rows: Rows) -> None:
    plan = make_split_plan(valid_fraction=0.25, test_fraction=0.25, split_by="chromosomes")
    divided, notes = split_rows(rows, plan)
    for chrom in ("chr0", "chr1", "chr2", "chr3"):
        assert len(set(divided.split[rows.chrom == chrom].tolist())) == 1
    assert [note.split(":")[0] for note in notes] == ["valid", "test"]
    assert "with 25.0% of the rows (25.0% asked for), GC" in notes[0]
    assert "positives of a task" in notes[0]
    assert "whole chromosomes, chosen by rows, GC and positives" in divided.split_by


def test_one_chromosome_by_region_and_another_chosen(rows: Rows) -> None:
    plan = make_split_plan(test="chr2", split_by="chromosomes")
    divided, notes = split_rows(rows, plan)
    assert (divided.split[rows.chrom == "chr2"] == "test").all()
    assert (divided.split == "valid").sum() == 30
    assert len(notes) == 1


def test_listed_rows_count_nowhere(rows: Rows) -> None:
    listed = rows.chrom == "chr0"
    plan = make_split_plan(split_by="chromosomes")
    divided, _ = split_rows(rows, plan, listed=listed)
    prepared = assemble(divided)
    assert prepared.dropped["touching the blacklist"] == 30
    assert "chr0" not in prepared.dataset.chrom


def test_gc_is_that_of_known_bases(rows: Rows) -> None:
    codes = np.array([[1, 2, 4, 4], [0, 0, 1, 3], [4, 4, 4, 4]], np.uint8)
    some = replace(rows, dna=PackedSequences.from_codes(codes))
    assert gc_shares(some).tolist() == [1.0, 0.25, 0.0]


def test_chromosomes_need_places(rows: Rows) -> None:
    with pytest.raises(InputError, match="`split_by` chromosomes needs chrom and start"):
        split_rows(replace(rows, chrom=None), SplitPlan(by="chromosomes"))
