from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from chrominterpret.sequences import one_hot
from chromkeras.importers.formats.basset import prepare

SIZES = {"train": 20, "valid": 6, "test": 5}
LENGTH = 30


def codes() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {p: rng.integers(0, 5, (n, LENGTH), dtype=np.uint8) for p, n in SIZES.items()}


def write(tmp_path: Path, scrambled: bool = False, dtype: str = "u1", **changes: Any) -> Path:
    rng = np.random.default_rng(1)
    content: dict[str, Any] = {"target_labels": np.array([b"8988T", b"AoSMC"])}
    for part, one in codes().items():
        x = one_hot(one).astype(dtype)
        flat = x if scrambled else x.transpose(0, 2, 1)
        content[f"{part}_in"] = flat.reshape(len(x), 4, 1, LENGTH)
        content[f"{part}_out"] = rng.integers(0, 2, (len(x), 2)).astype(dtype)
    with h5py.File(tmp_path / "basset.h5", "w") as file:
        for name, value in (content | changes).items():
            if value is not None:
                file[name] = value
    return tmp_path / "basset.h5"


@pytest.mark.parametrize("dtype", ["u1", "f4", "?"])
@pytest.mark.parametrize("repair", [False, True])
def test_published_layout(tmp_path: Path, dtype: str, repair: bool) -> None:
    prepared = prepare(write(tmp_path, dtype=dtype), repair=repair)
    dataset = prepared.dataset
    assert dataset.tasks == ("8988T", "AoSMC")
    for part, expected in codes().items():
        np.testing.assert_array_equal(dataset.codes(dataset.rows(part)), expected)
    assert ("not scrambled: nothing repaired" in prepared.notes) == repair


def test_scrambled_rows_are_refused_and_repaired(tmp_path: Path) -> None:
    path = write(tmp_path, scrambled=True)
    with pytest.raises(ValueError, match=r"basset\.h5 is scrambled: .*pass `repair`"):
        prepare(path)
    prepared = prepare(path, repair=True)
    for part, expected in codes().items():
        rows = prepared.dataset.rows(part)
        np.testing.assert_array_equal(prepared.dataset.codes(rows), expected)
    assert "scrambled rows repaired" in prepared.notes


def test_a_later_part_may_be_wrong_too(tmp_path: Path) -> None:
    x = np.zeros((5, 4, 1, LENGTH), np.uint8)
    x[3, :, 0, 7] = 1
    with pytest.raises(ValueError, match=r"test_in, from row 0: .*first in row 3"):
        prepare(write(tmp_path, test_in=x))


@pytest.mark.parametrize(("changes", "message"), [
    ({"target_labels": None}, "it lacks target_labels"),
    ({"valid_out": None, "test_in": None}, "it lacks valid_out, test_in"),
    ({"train_in": np.zeros((20, LENGTH, 4))}, r"train_in: expected shape \(N, 4, 1, 4\)"),
    ({"train_in": np.zeros((20, LENGTH, 1, 4))}, "second, received"),
    ({"valid_in": np.full((6, 4, 1, LENGTH), b"A")}, r"valid_in: expected numbers, received \|S1"),
    ({"train_in": np.ones((20, 4, 1, LENGTH))}, "sum neither to 1 nor to 0"),
    ({"test_in": np.zeros((5, 4, 1, 9))}, r"test_in: expected shape \(N, 4, 1, 30\)"),
    ({"test_out": np.zeros((5, 3))}, r"test_out: expected shape \(5, 2\), received \(5, 3\)"),
    ({"test_out": np.full((5, 2), 2)}, "test_out: expected labels 1, 0 or -1"),
    ({"train_out": np.zeros((20, 2))}, "task '8988T' has only negatives"),
    ({"train_in": np.zeros((20, 4, 1, LENGTH))}, "row 0 is nothing but N"),
    ({"target_labels": np.array([b"a", b"a"])}, "duplicate task name 'a'"),
])  # fmt: skip
def test_other_files_fail(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        prepare(write(tmp_path, **changes))


def test_no_hdf5_and_another_length_fail(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected sequences of 600 bases, received 30"):
        prepare(write(tmp_path), length=600)
    (tmp_path / "x.h5").write_text("text")
    with pytest.raises(ValueError, match="is not an HDF5 file"):
        prepare(tmp_path / "x.h5")


@pytest.mark.parametrize(("name", "value"), [
    ("target_labels", np.bytes_("a")), ("train_in", np.float32(0)),
])  # fmt: skip
def test_arrays_without_axes_are_refused(tmp_path: Path, name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"basset\.h5, {name}: expected an array with axes"):
        prepare(write(tmp_path, **{name: value}))


def test_a_name_that_stands_twice_names_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, target_labels=np.array([b"a", b"a"]))
    with pytest.raises(ValueError, match=r"basset\.h5: duplicate task name 'a'"):
        prepare(path)
