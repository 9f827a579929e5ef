from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chromkeras.importers.held_out_levels import (
    HeldOut,
    make_held_out,
    split_conditions,
    split_genes,
    split_rows,
)
from chromkeras.importers.promoters import Windows

SPLITS = ("train", "valid", "test", "")


def held_out(**given: Any) -> HeldOut:
    """Return what is held out, of options named as those of the command."""
    pair = {
        kind: {split: given.get(f"{split}{kind}", nothing) for split in ("valid", "test")}
        for kind, nothing in (("", ()), ("_fraction", None), ("_genes", ()), ("_conditions", ()))
    }
    return make_held_out(
        pair[""], pair["_fraction"], pair["_genes"], pair["_conditions"], given.get("seed")
    )


def windows(*places: tuple[str, int]) -> Windows:
    chrom, start = zip(*places, strict=True)
    return Windows(np.array(chrom), np.array(start), np.ones(len(start), np.int8), 10)


def test_a_split_of_which_nothing_is_said_is_drawn() -> None:
    assert held_out().drawn == {"valid": 0.1, "test": 0.1}
    assert held_out(valid="chrI", test_genes=("a",)).drawn == {}
    assert held_out(valid_conditions=("heat",)).drawn == {"test": 0.1}
    both = held_out(valid_conditions=("heat",), valid_fraction=0.2)
    assert both.drawn == {"valid": 0.2, "test": 0.1}


def test_what_is_held_out_is_described() -> None:
    told = held_out(valid="chrI", test_genes=("a", "b"), test_conditions=("heat",))
    assert told.described == "valid chrI; test 2 named genes; test conditions heat"
    assert held_out(seed=2).described == (
        "valid 0.1 and test 0.1 of the genes drawn by chance, seed 2"
    )


@pytest.mark.parametrize(("given", "told"), [
    ({"valid": "chrI", "valid_genes": ("a",)}, "`valid` or `valid_genes`"),
    ({"test_fraction": 0.1, "test_genes": ("a",)}, "`test_fraction` or `test_genes`"),
    ({"test_fraction": 0.1, "test": "chrI"}, "`test` or `test_fraction`"),
    ({"valid_genes": ("a", "b"), "test_genes": ("b",)}, "gene 'b' is held out for validation and"),
    ({"valid_conditions": ("a",), "test_conditions": ("a",)}, "condition 'a' is held out for"),
    ({"valid_fraction": 1.5}, "between 0 and 1"),
    ({"valid": "chrI", "test": "chrI:0-5"}, "overlap"),
])  # fmt: skip
def test_contradictions_are_one_line(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        held_out(**given)


def test_genes_by_region_name_and_draw() -> None:
    genes = tuple("abcdefgh")
    where = windows(*(("I", 20 * i) for i in range(6)), ("II", 0), ("II", 95))
    given = held_out(valid="II:0-100", test_genes=("a",))
    split, notes = split_genes(given, genes, groups=np.arange(8), windows=where)
    assert split.tolist() == ["test", *["train"] * 5, "valid", ""]
    assert notes == []
    split, _ = split_genes(held_out(valid="II", test_fraction=0.25), genes,
                           groups=np.arange(8), windows=where)  # fmt: skip
    assert split.tolist()[6:] == ["valid", "valid"]
    assert (split == "test").sum() == 2


def test_fixed_genes_and_those_of_their_groups_are_not_drawn() -> None:
    groups, fixed = np.array([0, 0, 1, 2, 3]), np.array([True, False, False, False, False])
    for seed in range(5):
        given = held_out(valid_fraction=0.2, test_fraction=0.4, seed=seed)
        split, _ = split_genes(given, tuple("abcde"), groups=groups, fixed=fixed)
        assert split[:2].tolist() == ["train", "train"]
        assert sorted(split[2:]) == ["test", "test", "valid"]


def test_genes_named_with_another_version_are_found() -> None:
    given = held_out(valid_genes=("ENSG00000000003.4",), test_genes=("b", "none"))
    split, notes = split_genes(given, ("ENSG00000000003", "b", "c"), groups=np.arange(3))
    assert split.tolist() == ["valid", "test", "train"]
    assert notes == ["1 genes of `test_genes` are not among those left"]


def test_a_parted_group_is_said() -> None:
    _, notes = split_genes(
        held_out(valid_genes=("a",), test_genes=("b",)),
        tuple("abcd"),
        groups=np.array([0, 1, 0, 2]),
    )
    assert len(notes) == 1
    assert notes[0].startswith("1 held-out genes overlap a training gene")


@pytest.mark.parametrize(("given", "told"), [
    ({"valid": "I"}, "needs to know where genes lie"),
    ({"valid": "chrI", "where": True}, "no gene lies on 'chrI' .*did you mean I"),
    ({"valid_genes": ("x",)}, "none of the genes of `valid_genes` is left, such as 'x'"),
    ({"valid": "I", "test_genes": ("a",), "where": True}, "'a' of `test_genes` is already .*valid"),
])  # fmt: skip
def test_what_cannot_be_held_out_is_one_line(given: dict[str, Any], told: str) -> None:
    where = windows(("I", 0), ("II", 0)) if given.pop("where", False) else None
    with pytest.raises(ValueError, match=told):
        split_genes(held_out(**given), ("a", "b"), groups=np.arange(2), windows=where)


def test_conditions_by_name() -> None:
    given = held_out(valid_conditions=("heat",), test_conditions=("cold", "salt"))
    found = split_conditions(given, ["none", "cold", "heat", "salt"])
    assert found.tolist() == ["train", "test", "valid", "test"]
    with pytest.raises(ValueError, match="unknown condition of `test_conditions` 'cold'"):
        split_conditions(given, ["none", "heat"])


@pytest.mark.parametrize(("gene", "condition", "row"), [
    ("train", "train", "train"), ("valid", "train", "valid"), ("train", "valid", "valid"),
    ("valid", "valid", "valid"), ("test", "train", "test"), ("train", "test", "test"),
    ("test", "test", "test"), ("valid", "test", ""), ("test", "valid", ""),
    ("", "train", ""), ("train", "", ""), ("", "test", ""),
])  # fmt: skip
def test_the_rule_of_rows(gene: str, condition: str, row: str) -> None:
    assert split_rows(np.array([gene]), np.array([condition])).tolist() == [row]


levels = st.lists(st.sampled_from(SPLITS), min_size=1, max_size=8).map(np.array)


@given(levels, levels)
def test_no_level_is_in_two_splits(genes: np.ndarray, conditions: np.ndarray) -> None:
    rows = split_rows(genes[:, None], conditions)
    train = rows == "train"
    # what training has seen of is held out nowhere
    assert (genes[train.any(axis=1)] == "train").all()
    assert (conditions[train.any(axis=0)] == "train").all()
    for level, rows_of in ((genes, rows), (conditions, rows.T)):
        for own, line in zip(level, rows_of, strict=True):
            held = {split for split in line.tolist() if split}
            if own in ("valid", "test"):
                assert held <= {own}
            if own == "":
                assert not held


@given(st.lists(st.integers(0, 6), min_size=3, max_size=30), st.integers(0, 5), st.data())
def test_no_group_is_in_two_splits(groups: list[int], seed: int, data: st.DataObject) -> None:
    fixed = np.array(data.draw(st.lists(st.booleans(), min_size=len(groups), max_size=len(groups))))
    split, notes = split_genes(
        held_out(valid_fraction=0.3, test_fraction=0.3, seed=seed),
        tuple(f"g{i}" for i in range(len(groups))),
        groups=np.array(groups),
        fixed=fixed,
    )
    assert (split[fixed] == "train").all()
    assert notes == []
    for group in set(groups):
        assert len(set(split[np.array(groups) == group].tolist())) == 1
