from dataclasses import replace

import numpy as np
import pytest

from chromkeras.data.dataset import Dataset
from chromkeras.data.factor import Factor, grouped_rows, held_out_strata
from chromkeras.data.hdf5 import load_dataset, save_dataset
from chromkeras.data.held_out import held_out
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable
from chromkeras.errors import InputError


@pytest.fixture
def pairs() -> Dataset:
    """Three genes in two conditions; gene c and condition hot are held out."""
    codes = np.random.default_rng(0).integers(0, 4, (3, 8), dtype=np.uint8)
    gene, condition = np.repeat(np.arange(3), 2), np.tile(np.arange(2), 3)
    split = np.array(["train", "test", "valid", "test", "test", "test"])
    dna = PackedSequences.from_codes(codes)
    return Dataset(
        inputs={"dna": replace(dna, stranded=True), "state": DenseTable(np.eye(2))},
        index={"dna": gene, "state": condition},
        labels=np.arange(6.0)[:, None],
        tasks=("expression",),
        problem="regression",
        split=split,
        factors={
            "gene": Factor(("a", "b", "c"), gene),
            "condition": Factor(("cold", "hot"), condition),
        },
    )


def test_a_data_set_says_what_training_has_seen(pairs):
    assert pairs.factors["gene"].seen.tolist() == [True, False, False]
    assert pairs.factors["condition"].seen.tolist() == [True, False]


def test_strata_are_the_combinations_there_are(pairs):
    strata = held_out_strata(pairs.factors, pairs.rows("test"))
    assert {name: mask.tolist() for name, mask in strata.items()} == {
        "seen gene, new condition": [True, False, False, False],
        "new gene, seen condition": [False, False, True, False],
        "new gene, new condition": [False, True, False, True],
    }


def test_a_factor_that_a_finer_one_goes_with_is_left_out(pairs):
    chrom = Factor(("I", "II", "III"), pairs.factors["gene"].of, np.array([True, False, False]))
    gene = replace(pairs.factors["gene"], names=("a", "b", "c"))
    finer = Factor(("a", "b", "c", "d"), gene.of, np.array([True, False, False, False]))
    rows = np.arange(6)
    assert list(held_out_strata({"chrom": chrom, "gene": finer}, rows)) == ["seen gene", "new gene"]


def test_a_factor_seen_by_all_rows_tells_nothing(pairs):
    assert held_out_strata(pairs.factors, pairs.rows("train")) == {}
    rows = np.array([0, 2, 4])  # all of the condition seen
    assert list(held_out_strata(pairs.factors, rows)) == ["seen gene", "new gene"]


def test_round_trip_and_held_out_rows_remember(pairs, tmp_path):
    save_dataset(pairs, tmp_path / "p.h5")
    loaded = load_dataset(tmp_path / "p.h5")
    assert loaded.fingerprint == pairs.fingerprint
    assert loaded.inputs["dna"].stranded
    part = held_out(loaded)
    assert part.factors["gene"].names == ("a", "b", "c")
    assert part.factors["gene"].of.tolist() == [0, 1, 1, 2, 2]
    assert part.factors["gene"].seen.tolist() == [True, False, False]
    save_dataset(part, tmp_path / "part.h5")
    again = load_dataset(tmp_path / "part.h5", mmap=True)
    assert again.factors["condition"].seen.tolist() == [True, False]


def test_stranded_sequences_have_one_strand(pairs):
    assert not pairs.has_two_strands()
    plain = replace(pairs, inputs=pairs.inputs | {"dna": replace(pairs.dna, stranded=False)})
    assert plain.has_two_strands()
    assert not plain.has_two_strands(["state"])
    assert plain.fingerprint != pairs.fingerprint
    assert pairs.dna.select(np.array([1])).stranded


@pytest.mark.parametrize(
    ("factor", "message"),
    [
        (lambda: Factor(("a", "a"), np.array([0])), "duplicate level"),
        (lambda: Factor(("a", "b"), np.array([2])), "levels from 0 to 1"),
        (lambda: Factor(("a",), np.array([0.0])), "float64"),
        (lambda: Factor(("a",), np.array([0]), np.array([1])), "seen of shape"),
    ],
)
def test_bad_factors_are_refused(factor, message):
    with pytest.raises(InputError, match=message):
        factor()


def test_a_factor_has_a_level_for_every_row(pairs):
    with pytest.raises(InputError, match="factor gene"):
        replace(pairs, factors={"gene": Factor(("a",), np.array([0]))})


def test_grouped_rows_are_places_by_level():
    assert [group.tolist() for group in grouped_rows(np.array([2, 0, 2, 1]))] == [[1], [3], [0, 2]]
    assert grouped_rows(np.array([], int)) == []
