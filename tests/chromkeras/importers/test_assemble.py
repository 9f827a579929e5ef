from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chromkeras.data.packed import PackedSequences
from chromkeras.importers.assemble import (
    ALL_UNKNOWN,
    STRADDLING,
    Rows,
    all_unknown,
    assemble,
    pack_blocks,
)


def make(**changes: Any) -> Rows:
    codes = np.arange(7 * 5, dtype=np.uint8).reshape(7, 5) % 4
    values: dict[str, Any] = {
        "dna": PackedSequences.from_codes(codes),
        "labels": np.array([[1], [0], [1], [0], [1], [0], [1]], np.int8),
        "tasks": ("a",),
        "split": np.array(["train", "train", "valid", "valid", "test", "test", ""]),
        "problem": "binary",
        "chrom": np.array(["c"] * 7),
        "start": np.arange(7) * 5,
        "kind": np.array(["element"] * 7),
    }
    return Rows(**(values | changes))


@given(hnp.arrays(np.uint8, st.tuples(st.integers(0, 20), st.just(9)), elements=st.integers(0, 4)))
def test_blocks_are_packed_as_one(codes: np.ndarray) -> None:
    whole = PackedSequences.from_codes(codes)
    blocks = pack_blocks((codes[i : i + 3] for i in range(0, len(codes), 3)), 9)
    for name in ("packed", "unknown_rows", "unknown_bits"):
        np.testing.assert_array_equal(getattr(blocks, name), getattr(whole, name))


def test_rows_that_are_nothing_but_n() -> None:
    codes = np.array([[4, 4, 4], [0, 4, 4], [1, 2, 3], [4, 4, 4]], np.uint8)
    np.testing.assert_array_equal(all_unknown(PackedSequences.from_codes(codes)), [0, 3])


def test_rows_across_a_boundary_are_dropped_and_counted() -> None:
    prepared = assemble(make(), dropped={"before": 2}, notes=["note"])
    assert len(prepared.dataset) == 6
    assert prepared.dropped == {"before": 2, ALL_UNKNOWN: 0, STRADDLING: 1}
    assert prepared.notes == ("note",)
    rows = make()
    np.testing.assert_array_equal(
        prepared.dataset.codes(np.arange(6)), rows.dna.codes(np.arange(6))
    )
    np.testing.assert_array_equal(prepared.dataset.start, np.arange(6) * 5)


def test_rows_of_n_fail_or_are_dropped() -> None:
    codes = make().dna.codes(slice(None))
    codes[1] = 4
    rows = make(dna=PackedSequences.from_codes(codes), labels=np.array([[1, 0, 0, 1, 0, 1, 0]]).T)
    with pytest.raises(ValueError, match=r"row 1 \(c:5-10\) is nothing but N \(1 such rows\)"):
        assemble(rows)
    with pytest.raises(ValueError, match="task 'a' has only positives"):
        assemble(rows, drop_unknown=True)
    with pytest.raises(ValueError, match="row 1 is nothing but N"):
        assemble(make(dna=rows.dna, chrom=None))


def test_a_part_may_be_missing_where_that_is_allowed() -> None:
    split = np.array(["train", "train", "valid", "valid", "valid", "valid", ""])
    prepared = assemble(make(split=split), may_lack=True)
    assert prepared.notes == ("no row is for test",)
    assert len(prepared.dataset.rows("test")) == 0
    with pytest.raises(ValueError, match="no row is left for train"):
        assemble(make(split=np.full(7, "")), may_lack=True)


@pytest.mark.parametrize(("split", "message"), [
    (["train"] * 4 + ["valid"] * 3, r"no row is left for test \(train 4, valid 3, test 0\)"),
    (["test"] * 4 + ["valid"] * 3, "no row is left for train"),
    (["train", "", "valid", "valid", "test", "test", "test"], "'a' has only positives"),
])  # fmt: skip
def test_parts_that_cannot_train_fail(split: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        assemble(make(split=np.array(split)))
