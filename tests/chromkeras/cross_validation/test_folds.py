"""Folds: no group in two of them, no test row in any, every other row in exactly one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chromkeras.cross_validation import folds as module
from chromkeras.cross_validation.folds import label_strata, make_folds, row_groups
from chromkeras.data.dataset import Dataset
from chromkeras.data.factor import Factor
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable
from chromkeras.errors import InputError
from chromkeras.importers.simulate import demo_dataset

SPLITS = np.array(["train", "valid", "test"])
PROBLEMS = ("binary", "regression", "classes")


@st.composite
def datasets(draw):
    """Draw a data set of at most 80 rows, with a factor of 3 to 20 levels, each outside of test."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    levels, kind = draw(st.integers(3, 20)), draw(st.sampled_from(PROBLEMS))
    rows = draw(st.integers(levels, 80))
    gene = rng.permutation(np.r_[np.arange(levels), rng.integers(0, levels, rows - levels)])
    split = rng.choice(SPLITS, rows, p=draw(st.sampled_from([(0.8, 0.1, 0.1), (0.4, 0.2, 0.4)])))
    split[np.unique(gene, return_index=True)[1]] = "train"
    labels = rng.normal(size=(rows, 2)) if kind == "regression" else rng.integers(0, 2, (rows, 2))
    classes = ("a", "b") if kind == "classes" else ()
    codes = rng.integers(0, 4, (rows, 12)).astype(np.uint8)
    names = tuple(f"g{i}" for i in range(levels))
    return Dataset(
        {"dna": PackedSequences.from_codes(codes)},
        labels,
        ("t", "u"),
        split,
        rng.random((rows, 2)) < 0.9,
        problem=kind,
        classes=classes,
        factors={"gene": Factor(names, gene)},
    )


@settings(max_examples=60, deadline=None)
@given(datasets(), st.data())
def test_groups_are_whole_and_test_rows_in_no_fold(dataset, data):
    levels = len(dataset.factors["gene"].names)
    count, seed = data.draw(st.integers(3, levels)), data.draw(st.integers(0, 99))
    folds = make_folds(dataset, count, group="gene", seed=seed)
    test = dataset.split == "test"
    np.testing.assert_array_equal(folds.of == 0, test)
    assert set(folds.of[~test].tolist()) == set(range(1, count + 1))  # no fold is empty
    for level in range(levels):
        assert len(set(folds.of[~test & (dataset.factors["gene"].of == level)].tolist())) == 1
    again = make_folds(dataset, count, group="gene", seed=seed)
    assert again.fingerprint == folds.fingerprint
    for fold in range(1, count + 1):
        view = folds.dataset(dataset, fold)
        assert not set(view.rows("train")) & set(folds.rows(fold))
        assert set(view.rows("valid")) == set(folds.rows(folds.validation(fold)))
        assert not test[view.rows("train")].any()
        assert not test[view.rows("valid")].any()
        gene = view.factors["gene"]
        assert not gene.seen[gene.of[folds.rows(fold)]].any()  # new to the model


@settings(max_examples=25, deadline=None)
@given(datasets(), st.integers(3, 6))
def test_any_seed_and_bundle_keep_rows_apart_evenly(dataset, count):
    free = int((dataset.split != "test").sum())
    if free < count:
        return
    folds = make_folds(dataset, count)
    sizes = [len(folds.rows(fold)) for fold in range(1, count + 1)]
    assert sum(sizes) == free
    assert min(sizes) > 0


def test_labels_are_spread_evenly():
    dataset = demo_dataset()
    folds = make_folds(dataset, 4, seed=3)
    shares = [dataset.values(folds.rows(fold)).mean(axis=0) for fold in range(1, 5)]
    assert np.ptp(shares, axis=0).max() < 0.01
    other = make_folds(dataset, 4, seed=4)
    assert other.fingerprint != folds.fingerprint


def test_rows_alone_are_bundled_where_there_are_many(monkeypatch):
    monkeypatch.setattr(module, "MOST_UNITS", 1000)
    dataset = demo_dataset()
    folds = make_folds(dataset, 4)
    sizes = [len(folds.rows(fold)) for fold in range(1, 5)]
    assert np.ptp(sizes) <= 10
    shares = [dataset.values(folds.rows(fold)).mean(axis=0) for fold in range(1, 5)]
    assert np.ptp(shares, axis=0).max() < 0.03


def test_overlapping_rows_and_equal_dna_stay_together():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (9, 20)).astype(np.uint8)
    codes[5] = codes[0]
    codes[6] = 3 - codes[1][::-1]  # the other strand
    chrom = np.array(["chrI"] * 5 + ["chrII"] * 4)
    start = np.array([0, 19, 100, 200, 300, 0, 500, 519, 1000])
    split, labels = np.repeat("train", 9), np.zeros((9, 1))
    dna = PackedSequences.from_codes(codes)
    dataset = Dataset({"dna": dna}, labels, ("t",), split, chrom=chrom, start=start)
    groups = row_groups(dataset, np.arange(9))[0]
    # 0 and 1 overlap, 5 is 0's DNA, 6 is 1's other strand, 7 overlaps with 6
    assert len(set(groups[[0, 1, 5, 6, 7]].tolist())) == 1
    assert len(set(groups.tolist())) == 5
    stranded = replace(dna, stranded=True)
    groups = row_groups(replace(dataset, inputs={"dna": stranded}), np.arange(9))[0]
    assert groups[6] != groups[1]
    assert groups[5] == groups[0] == groups[1]


def test_relatives_stay_together():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (40, 60)).astype(np.uint8)
    codes[10:20, 30:] = codes[0, 30:]
    codes[20:24] = (3 - codes[1])[::-1]
    codes[20:24, :30] = rng.integers(0, 4, (4, 30))
    dna = PackedSequences.from_codes(codes)
    dataset = Dataset({"dna": dna}, np.zeros((40, 1)), ("t",), np.repeat("train", 40))
    groups = row_groups(dataset, np.arange(40), "homology")[0]
    assert len(set(groups[[0, *range(10, 20)]].tolist())) == 1
    assert len(set(groups[[1, *range(20, 24)]].tolist())) == 1
    assert len(set(groups.tolist())) == 40 - 10 - 4
    assert len(set(row_groups(dataset, np.arange(40), "homology:0.9")[0].tolist())) == 40
    folds = make_folds(dataset, 3, group="homology")
    assert folds.group == "homology"
    assert len(set(folds.of[groups == groups[0]].tolist())) == 1
    for group, message in (("homology:x", "such as homology:0.2"), ("homology:2", "at most 1")):
        with pytest.raises(InputError, match=message):
            row_groups(dataset, np.arange(40), group)


def test_rows_that_belong_together_stay_together(grouped_dataset, caplog):
    dataset = replace(grouped_dataset(), together=np.arange(96) // 16)
    folds = make_folds(dataset, 3)
    free = dataset.split != "test"
    for number in range(6):
        assert len(set(folds.of[free & (dataset.together == number)].tolist())) <= 1
    with caplog.at_level("INFO"):
        make_folds(dataset, 4, group="chrom")
    assert "or have the promoter of, a gene of another fold" in caplog.text


def test_rows_of_one_promoter_stay_together(tiny_dataset):
    whole = tiny_dataset(rows=96)
    index = np.arange(96) // 4
    dataset = replace(whole, index={"dna": index})
    folds = make_folds(dataset, 3)
    free = dataset.split != "test"
    assert all(len(set(folds.of[free & (index == i)].tolist())) == 1 for i in range(24))


def test_chromosomes_and_factors_are_groups(grouped_dataset):
    dataset = grouped_dataset()
    folds = make_folds(dataset, 4, group="chrom")
    free = dataset.split != "test"
    assert folds.names == ("chrI", "chrII", "chrIII", "chrX")
    for chrom in folds.names:
        assert len(set(folds.of[free & (dataset.chrom == chrom)].tolist())) == 1


def test_strata_are_combinations_or_counts_of_labels():
    rng = np.random.default_rng(0)
    codes, split = rng.integers(0, 4, (200, 8)).astype(np.uint8), np.repeat("train", 200)
    dna, rows = {"dna": PackedSequences.from_codes(codes)}, np.arange(200)
    few = Dataset(dna, rng.integers(0, 2, (200, 2)), ("a", "b"), split)
    strata = label_strata(few, rows, 3)
    assert len(set(strata.tolist())) == 4
    for stratum in range(4):
        assert len(np.unique(few.labels[strata == stratum], axis=0)) == 1
    many = Dataset(dna, rng.integers(0, 2, (200, 9)), tuple("abcdefghi"), split)
    strata = label_strata(many, rows, 3)
    assert 4 < len(set(strata.tolist())) <= module.MOST_STRATA
    assert np.bincount(strata).min() >= 3
    values = Dataset(dna, rng.normal(size=(200, 1)), ("a",), split, problem="regression")
    assert not label_strata(values, rows, 3).any()


def test_a_level_is_seen_out_of_fold_where_its_model_saw_it(grouped_dataset):
    dataset = grouped_dataset()
    by_gene = make_folds(dataset, 3, group="gene").out_of_fold(dataset)
    assert not by_gene.factors["gene"].seen.any()
    by_row = make_folds(dataset, 4).out_of_fold(dataset)
    assert by_row.factors["gene"].seen.any()


def test_tables_are_not_copied(grouped_dataset):
    dataset = grouped_dataset()
    view = make_folds(dataset, 3).dataset(dataset, 1)
    assert view.inputs["dna"].packed is dataset.inputs["dna"].packed
    assert view.labels is dataset.labels
    assert view.known is dataset.known
    assert view.fingerprint != dataset.fingerprint


BAD = {
    "`folds`: expected at least 3, as one is held out": {"count": 2},
    "expected at most 12, the number of groups of gene": {"count": 13, "group": "gene"},
    "expected at most 72, the number of groups of rows that": {"count": 73},
    "unknown `group` 'gen'; did you mean gene": {"group": "gen"},
    "`seed`: expected at least 0, received -1": {"seed": -1},
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input(message, grouped_dataset):
    with pytest.raises(InputError) as caught:
        make_folds(grouped_dataset(), **BAD[message])
    assert message in str(caught.value)


def test_bad_data(tiny_dataset):
    dataset = tiny_dataset()
    with pytest.raises(InputError, match="unknown `group` 'chrom'"):
        make_folds(dataset, group="chrom")
    bare = replace(dataset, inputs={"marks": DenseTable(np.zeros((96, 2)))})
    with pytest.raises(InputError, match="neither factors, chromosomes nor DNA; received chrom"):
        make_folds(bare, group="chrom")
    placed = replace(dataset, chrom=np.repeat("chrX", 96), start=np.arange(96))
    with pytest.raises(InputError, match=r"at least 3 groups of chrom .* received 1; choose"):
        make_folds(placed, group="chrom")
    held = replace(dataset, split=np.repeat("test", len(dataset)))
    with pytest.raises(InputError, match="rows outside of the test split, received none"):
        make_folds(held)
