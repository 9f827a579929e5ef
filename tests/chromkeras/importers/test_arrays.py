import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from chromkeras.data.codes import one_hot
from chromkeras.data.known import to_flagged
from chromkeras.data.splits import Region, SplitPlan
from chromkeras.importers.arrays import prepare_arrays
from chromkeras.importers.genome import load_genome

ROWS = 40


def content(**changes: Any) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    values = {
        "x": rng.integers(0, 5, (ROWS, 12), dtype=np.uint8),
        "y": rng.integers(-1, 2, (ROWS, 2), dtype=np.int8),
        "tasks": np.array([b"gut", b"skin"]),
        "split": np.repeat([b"train", b"valid", b"test"], [30, 5, 5]),
        "chrom": np.repeat([b"chr1", b"chr2"], ROWS // 2),
        "start_hg38": np.arange(ROWS) * 100,
        "kind": np.repeat([b"element", b"negative"], ROWS // 2),
    } | changes
    return {name: value for name, value in values.items() if value is not None}


def write(tmp_path: Path, suffix: str = "h5", **changes: Any) -> Path:
    path = tmp_path / f"f.{suffix}"
    if suffix == "npz":
        np.savez(path, **content(**changes))
    else:
        with h5py.File(path, "w") as file:
            for name, value in content(**changes).items():
                file[name] = value
    return path


@pytest.mark.parametrize("suffix", ["h5", "npz"])
@pytest.mark.parametrize("encoded", [False, True])
def test_everything_is_kept(tmp_path: Path, suffix: str, encoded: bool) -> None:
    given = content()
    x = one_hot(given["x"]) if encoded else given["x"]
    dataset = prepare_arrays(write(tmp_path, suffix, x=x)).dataset
    np.testing.assert_array_equal(dataset.codes(np.arange(ROWS)), given["x"])
    np.testing.assert_array_equal(to_flagged(dataset.labels, dataset.known), given["y"])
    assert dataset.tasks == ("gut", "skin")
    assert dataset.chrom is not None
    assert dataset.chrom.tolist() == ["chr1"] * 20 + ["chr2"] * 20
    np.testing.assert_array_equal(dataset.start, given["start_hg38"])
    np.testing.assert_array_equal(dataset.elements, np.arange(ROWS) < 20)
    assert [len(dataset.rows(s)) for s in ("train", "valid", "test")] == [30, 5, 5]


def test_only_x_and_y_are_needed(tmp_path: Path) -> None:
    path = write(tmp_path, tasks=None, split=None, chrom=None, start_hg38=None, kind=None)
    dataset = prepare_arrays(path).dataset
    assert dataset.tasks == ("task0", "task1")
    assert dataset.chrom is None
    assert [len(dataset.rows(s)) for s in ("train", "valid", "test")] == [32, 4, 4]


def test_equal_sequences_are_not_torn_apart(tmp_path: Path) -> None:
    x = np.repeat(np.random.default_rng(1).integers(0, 4, (ROWS // 4, 12), np.uint8), 4, axis=0)
    plan = SplitPlan(valid_fraction=0.3, test_fraction=0.3)
    path = write(tmp_path, x=x, chrom=None, split=None)
    split = prepare_arrays(path, plan).dataset.split.reshape(-1, 4)
    assert (split == split[:, :1]).all()


def test_a_plan_replaces_the_files_own_split(tmp_path: Path) -> None:
    plan = SplitPlan(valid=(Region("chr2", 0, 3005),), test=(Region("chr2", 3005),))
    prepared = prepare_arrays(write(tmp_path), plan)
    sizes = [len(prepared.dataset.rows(s)) for s in ("train", "valid", "test")]
    assert sizes == [20, 10, 9]
    assert prepared.dropped["across a split boundary"] == 1
    assert prepared.notes == ("split: made here, not the file's own",)


def test_a_plan_with_an_unknown_chromosome_fails(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no row of .*f\.h5 lies on '2'; did you mean chr2\?"):
        prepare_arrays(write(tmp_path), SplitPlan(test=(Region("2"),)))


@pytest.mark.parametrize("suffix", ["h5", "npz"])
@pytest.mark.parametrize(("changes", "message"), [
    ({"x": None}, "expected an array 'x', found .*chrom, "),
    ({"y": None}, "expected an array 'y'"),
    ({"x": np.zeros((ROWS, 4, 12))}, r"f\.\w+, x, rows 0 to 39: .*transpose"),
    ({"x": np.full((ROWS, 12), 7)}, "expected base codes .*received 7"),
    ({"x": np.full((ROWS, 12), 4)}, r"row 0 \(chr1:0-12\) is nothing but N \(40 such rows\)"),
    ({"y": np.full((ROWS, 2), 3)}, "expected labels 1, 0 or -1 .*received 3 in row 0"),
    ({"y": np.zeros((ROWS, 2))}, "task 'gut' has only negatives"),
    ({"y": np.zeros((7, 2))}, "x has 40 rows and y 7"),
    ({"kind": np.array([b"element"])}, "x has 40 rows and kind 1"),
    ({"tasks": np.array([b"gut", b"gut"])}, "duplicate task name 'gut'"),
    ({"tasks": np.array([b"gut"])}, "expected labels of shape"),
    ({"split": np.repeat([b"train", b"val"], 20)}, "unknown split 'val'; did you mean valid"),
    ({"split": np.repeat([b"train", b"test"], 20)}, "no row is left for valid"),
    ({"kind": np.repeat([b"peak"], ROWS)}, "kind: unknown kind 'peak'; expected one of"),
    ({"start_mm10": np.arange(ROWS)}, "has start_hg38, start_mm10; rename the one to use"),
    ({"start": np.arange(ROWS) + 0.5}, "start: expected one row of integers"),
])  # fmt: skip
def test_bad_arrays_fail(
    tmp_path: Path, suffix: str, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        prepare_arrays(write(tmp_path, suffix, **changes))


def test_the_length_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected sequences of 600 bases, received 12"):
        prepare_arrays(write(tmp_path), length=600)


def test_other_files_fail(tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_text("text")
    with pytest.raises(ValueError, match=r"x\.npz is neither HDF5 nor \.npz"):
        prepare_arrays(tmp_path / "x.npz")
    whole = write(tmp_path)
    whole.write_bytes(whole.read_bytes()[:2500])
    with pytest.raises(ValueError, match="is cut short or damaged"):
        prepare_arrays(whole)


def test_pickled_arrays_fail(tmp_path: Path) -> None:
    path = write(tmp_path, "npz", tasks=np.array(["a", None], object))
    with pytest.raises(ValueError, match=r"f\.npz, tasks: .*pickle"):
        prepare_arrays(path)


def test_worm_keeps_rows_tasks_and_split(real_data: Callable[[str], Path]) -> None:
    path = real_data("worm/worm_atac.h5")
    dataset = prepare_arrays(path).dataset
    assert (len(dataset), len(dataset.tasks)) == (29_633, 16)
    sizes = [len(dataset.rows(s)) for s in ("train", "valid", "test")]
    assert sizes == [22_685, 3_429, 3_519]
    with h5py.File(path) as file:
        np.testing.assert_array_equal(dataset.codes(np.arange(29_633)), file["x"][:])
        np.testing.assert_array_equal(to_flagged(dataset.labels, dataset.known), file["y"][:])
        np.testing.assert_array_equal(dataset.start, file["start_ce10"][:])
        np.testing.assert_array_equal(dataset.elements, file["kind"][:] == b"element")


def test_worm_rows_on_chr3_are_those_of_the_genome(real_data: Callable[[str], Path]) -> None:
    dataset = prepare_arrays(real_data("worm/worm_atac.h5")).dataset
    genome = load_genome(real_data("worm/genome.fa.gz"))
    assert dataset.chrom is not None
    assert dataset.start is not None
    rows = np.flatnonzero(dataset.chrom == "chrIII")
    assert len(rows) > 500
    blocks = genome.blocks(dataset.chrom[rows], dataset.start[rows], 600)
    np.testing.assert_array_equal(np.concatenate(list(blocks)), dataset.codes(rows))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tasks": np.array([b"a", b"a"])}, r"f\.h5: duplicate task name 'a'"),
        ({"tasks": np.array([b"a", b""])}, r"f\.h5: task name '' of column 1 is blank"),
        ({"tasks": np.array([[b"a", b"b"]])}, "tasks: expected one row of names"),
        ({"split": np.full((ROWS, 1), b"train")}, "split: expected one row of names"),
        ({"y": np.zeros((ROWS, 0))}, r"y: expected numeric labels .* received \(40, 0\)"),
        ({"start_hg38": -np.arange(ROWS)}, "start_hg38: start -1 of row 1 is negative"),
        ({"start_hg38": np.zeros((ROWS, 1), int)}, r"one row of integers, received \(40, 1\)"),
    ],
)
def test_columns_of_another_shape_or_content(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        prepare_arrays(write(tmp_path, **changes))


def test_a_zip_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "f.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("x", "y"):
            archive.writestr(f"{name}.npy", "hello")
    with pytest.raises(ValueError, match=r"f\.npz, x: expected an array, found something else"):
        prepare_arrays(path)
