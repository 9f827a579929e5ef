import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from chrominterpret.sequences import one_hot
from chromkeras.data.known import to_flagged
from chromkeras.importers.formats.arrays import prepare
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
    dataset = prepare(write(tmp_path, suffix, x=x)).dataset
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
    dataset = prepare(path).dataset
    assert dataset.tasks == ("task0", "task1")
    assert dataset.chrom is None
    assert [len(dataset.rows(s)) for s in ("train", "valid", "test")] == [32, 4, 4]
    assert (dataset.problem, dataset.classes) == ("binary", ())


GIVEN = np.random.default_rng(5)
BINARY = [
    (GIVEN.random((ROWS, 2)) < 0.5, "which is taken for labels of type bool"),
    (GIVEN.integers(-1, 2, (ROWS, 2), np.int8), "which is taken for labels of type int8"),
    (GIVEN.integers(0, 2, (ROWS, 2)).astype(np.uint16), "for labels of type uint16"),
    (GIVEN.choice([0.0, 1.0, np.nan], (ROWS, 2)), "as the labels are 0, 1 and unknown"),
    (GIVEN.choice([0.0, 1.0, -1.0], (ROWS, 2)), "as the labels are 0, 1 and unknown"),
]


@pytest.mark.parametrize(("y", "why"), BINARY, ids=lambda y: str(getattr(y, "dtype", "")))
def test_labels_of_two_values_are_binary(tmp_path: Path, y: np.ndarray, why: str) -> None:
    prepared = prepare(write(tmp_path, y=y))
    assert prepared.dataset.problem == "binary"
    expected = np.where(y == -1, np.nan, y.astype(float))
    np.testing.assert_array_equal(prepared.dataset.values(np.arange(ROWS)), expected)
    assert any(note.startswith("problem: binary, ") and why in note for note in prepared.notes)


def test_other_real_values_are_a_regression(tmp_path: Path) -> None:
    y = np.where(GIVEN.random((ROWS, 2)) < 0.1, np.nan, GIVEN.normal(size=(ROWS, 2)) * 3)
    y[0, 0] = -1
    prepared = prepare(write(tmp_path, y=y))
    dataset = prepared.dataset
    assert dataset.problem == "regression"
    assert dataset.labels.dtype == np.float32
    np.testing.assert_array_equal(dataset.values(np.arange(ROWS)), y.astype(np.float32))
    assert "problem: regression, as the labels are real values" in prepared.notes
    assert any("float64 rounded to float32" in note for note in prepared.notes)


def test_soft_labels_are_a_regression_where_that_is_asked_for(tmp_path: Path) -> None:
    y = GIVEN.random((ROWS, 2)).astype(np.float32)
    with pytest.raises(ValueError, match="cut fractions at a threshold of your own, or take prob"):
        prepare(write(tmp_path, y=y))
    dataset = prepare(write(tmp_path, y=y), problem="regression").dataset
    np.testing.assert_array_equal(dataset.labels, y)


@pytest.mark.parametrize("dtype", [np.int64, np.uint16, np.float32])
def test_whole_numbers_are_classes_or_values_where_that_is_asked_for(
    tmp_path: Path, dtype: type
) -> None:
    y = (np.arange(2 * ROWS).reshape(ROWS, 2) % 3).astype(dtype)
    if dtype != np.float32:
        with pytest.raises(ValueError, match="other values are for problem regression or classes"):
            prepare(write(tmp_path, y=y))
    values = prepare(write(tmp_path, y=y), problem="regression").dataset
    assert (values.problem, values.labels.dtype) == ("regression", np.float32)
    for names in ((), ("low", "mid", "high")):
        dataset = prepare(write(tmp_path, y=y), problem="classes", classes=names).dataset
        assert (dataset.problem, dataset.classes) == ("classes", names or ("0", "1", "2"))
        np.testing.assert_array_equal(dataset.labels, y)


def test_classes_are_named_in_the_file_and_a_mask_is_read(tmp_path: Path) -> None:
    y, known = GIVEN.integers(0, 2, (ROWS, 2)), GIVEN.random((ROWS, 2)) < 0.8
    path = write(tmp_path, y=y, known=known, classes=np.array([b"closed", b"open", b"poised"]))
    dataset = prepare(path, problem="classes").dataset
    assert dataset.classes == ("closed", "open", "poised")
    np.testing.assert_array_equal(dataset.known, known)
    with pytest.raises(ValueError, match="unknown problem 'ranks'"):
        prepare(path, problem="ranks")


@pytest.mark.parametrize("suffix", ["h5", "npz"])
def test_further_inputs_become_tables(tmp_path: Path, suffix: str) -> None:
    signal, cell = GIVEN.normal(size=(ROWS, 12)), GIVEN.integers(0, 9, (3, 4), np.int8)
    share = np.arange(ROWS) % 3
    path = write(tmp_path, suffix, **{"x_signal": signal, "inputs/cell": cell}, index_cell=share)
    prepared = prepare(path, along_dna=["signal"])
    dataset = prepared.dataset
    assert dataset.shapes == {"dna": (12, 4), "cell": (4,), "signal": (12,)}
    assert [name for name, table in dataset.inputs.items() if table.along_dna] == ["dna", "signal"]
    batch = dataset.batch(np.arange(ROWS))
    np.testing.assert_array_equal(batch["signal"], signal.astype(np.float32))
    np.testing.assert_array_equal(batch["cell"], cell[share])
    assert len(dataset.inputs["cell"]) == 3
    assert "input signal: float64 rounded to float32, about 7 digits" in prepared.notes
    assert "input signal: 40 rows of shape (12,), along the DNA" in prepared.notes


@pytest.mark.parametrize("suffix", ["h5", "npz"])
def test_tracks_and_vectors_have_named_channels(tmp_path: Path, suffix: str) -> None:
    signal, vector = np.ones((ROWS, 12, 2), np.float32), np.ones((ROWS, 3), np.int8)
    arrays = {"inputs/signal": signal, "channels/signal": np.array([b"DNase", b"mappability"]),
              "x_annotation": vector, "channels_annotation": np.array(["a", "b", "c"])}  # fmt: skip
    if suffix == "h5":
        arrays["channels_annotation"] = arrays["channels_annotation"].astype("S1")
    dataset = prepare(write(tmp_path, suffix, **arrays), along_dna=["signal"]).dataset
    assert dataset.inputs["signal"].channels == ("DNase", "mappability")
    assert dataset.inputs["annotation"].channels == ("a", "b", "c")
    assert dataset.shapes == {"dna": (12, 4), "annotation": (3,), "signal": (12, 2)}
    with pytest.raises(ValueError, match=r"x_signal: expected names of 2 channels, received 1"):
        prepare(write(tmp_path, x_signal=signal, channels_signal=np.array([b"DNase"])))
    with pytest.raises(ValueError, match="channels_signals: unknown input 'signals'"):
        prepare(write(tmp_path, x_signal=signal, channels_signals=np.array([b"a", b"b"])))


def test_rows_may_share_sequences_and_leave_some_out(tmp_path: Path) -> None:
    """Pairs of 10 sequences and 4 cells: rows across a boundary go, the tables stay."""
    x = np.random.default_rng(0).integers(0, 4, (10, 12), np.uint8)
    pairs = np.indices((10, 4)).reshape(2, ROWS)
    path = write(tmp_path, x=x, index_dna=pairs[0], **{"index/cell": pairs[1]},
                 x_cell=np.eye(4), split=None, chrom=None, start_hg38=None)  # fmt: skip
    dataset = prepare(path, valid_fraction=0.2, test_fraction=0.2).dataset
    assert (len(dataset.dna), len(dataset.inputs["cell"]), len(dataset)) == (10, 4, ROWS)
    np.testing.assert_array_equal(dataset.codes(np.arange(ROWS)), x[pairs[0]])
    np.testing.assert_array_equal(dataset.batch(np.arange(ROWS))["cell"], np.eye(4)[pairs[1]])
    assert (dataset.split.reshape(10, 4) == dataset.split.reshape(10, 4)[:, :1]).all()


def test_rows_left_out_take_their_inputs_along(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 4, (ROWS, 12), np.uint8)
    x[[3, 7]] = 4
    signal = np.arange(ROWS * 2).reshape(ROWS, 2)
    path = write(tmp_path, x=x, x_signal=signal, **{"inputs/cell": np.arange(9).reshape(3, 3)},
                 index_cell=np.arange(ROWS) % 3)  # fmt: skip
    dataset = prepare(path, drop_unknown=True).dataset
    kept = np.delete(np.arange(ROWS), [3, 7])
    batch = dataset.batch(np.arange(len(kept)))
    np.testing.assert_array_equal(batch["signal"], signal[kept])
    np.testing.assert_array_equal(batch["cell"][:, 0] / 3, kept % 3)


def test_a_part_may_be_missing_from_the_files_own_split(tmp_path: Path) -> None:
    prepared = prepare(write(tmp_path, split=np.full(ROWS, b"test"), y=np.ones((ROWS, 2))))
    assert [len(prepared.dataset.rows(part)) for part in ("train", "valid", "test")] == [0, 0, ROWS]
    assert "no row is for train or valid" in prepared.notes


def test_equal_sequences_are_not_torn_apart(tmp_path: Path) -> None:
    x = np.repeat(np.random.default_rng(1).integers(0, 4, (ROWS // 4, 12), np.uint8), 4, axis=0)
    path = write(tmp_path, x=x, chrom=None, split=None)
    split = prepare(path, valid_fraction=0.3, test_fraction=0.3).dataset.split.reshape(-1, 4)
    assert (split == split[:, :1]).all()


def test_a_plan_replaces_the_files_own_split(tmp_path: Path) -> None:
    prepared = prepare(write(tmp_path), valid="chr2:0-3005", test="chr2:3005-9000")
    sizes = [len(prepared.dataset.rows(s)) for s in ("train", "valid", "test")]
    assert sizes == [20, 10, 9]
    assert prepared.dropped["across a split boundary"] == 1
    assert prepared.notes[-1] == "split: made here, not the file's own"


def test_a_plan_with_an_unknown_chromosome_fails(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no row of .*f\.h5 lies on '2'; did you mean chr2\?"):
        prepare(write(tmp_path), test=["2"])


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
    ({"kind": np.repeat([b"peak"], ROWS)}, "kind: unknown kind 'peak'; expected one of"),
    ({"start_mm10": np.arange(ROWS)}, "has start_hg38, start_mm10; rename the one to use"),
    ({"start": np.arange(ROWS) + 0.5}, "start: expected one row of integers"),
    ({"x_cell": np.full((ROWS, 2), np.nan)}, r"x_cell: expected finite numbers.* in row 0"),
    ({"x_cell": np.full((ROWS, 2), b"a")}, "x_cell: expected numbers of shape"),
    ({"x_cell": np.full((ROWS, 2), 1e300)}, r"x_cell: expected finite numbers"),
    ({"x_cell": np.zeros((7, 2))}, "x has 40 rows and input cell 7"),
    ({"x_dna": np.zeros((ROWS, 2))}, "has x_dna; the DNA is the array 'x'"),
    ({"x_cell": np.zeros((7, 2)), "index_cell": np.arange(ROWS)}, "from 0 to 6 in index of cell"),
    ({"index_cell": np.arange(ROWS)}, "unknown input of an index 'cell'; expected one of dna"),
    ({"index_dna": np.arange(7)}, "index of dna has 7 rows and y 40"),
    ({"known": np.ones((ROWS, 2))}, "expected a mask of known labels of shape"),
])  # fmt: skip
def test_bad_arrays_fail(
    tmp_path: Path, suffix: str, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        prepare(write(tmp_path, suffix, **changes))


def test_the_length_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected sequences of 600 bases, received 12"):
        prepare(write(tmp_path), length=600)


def test_other_files_fail(tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_text("text")
    with pytest.raises(ValueError, match=r"x\.npz is neither HDF5 nor \.npz"):
        prepare(tmp_path / "x.npz")
    whole = write(tmp_path)
    whole.write_bytes(whole.read_bytes()[:2500])
    with pytest.raises(ValueError, match="is cut short or damaged"):
        prepare(whole)


def test_pickled_arrays_fail(tmp_path: Path) -> None:
    path = write(tmp_path, "npz", tasks=np.array(["a", None], object))
    with pytest.raises(ValueError, match=r"f\.npz, tasks: .*pickle"):
        prepare(path)


def test_worm_keeps_rows_tasks_and_split(real_data: Callable[[str], Path]) -> None:
    path = real_data("worm/worm_atac.h5")
    dataset = prepare(path).dataset
    assert (len(dataset), len(dataset.tasks)) == (29_633, 16)
    sizes = [len(dataset.rows(s)) for s in ("train", "valid", "test")]
    assert sizes == [22_685, 3_429, 3_519]
    with h5py.File(path) as file:
        np.testing.assert_array_equal(dataset.codes(np.arange(29_633)), file["x"][:])
        np.testing.assert_array_equal(to_flagged(dataset.labels, dataset.known), file["y"][:])
        np.testing.assert_array_equal(dataset.start, file["start_ce10"][:])
        np.testing.assert_array_equal(dataset.elements, file["kind"][:] == b"element")


def test_worm_rows_on_chr3_are_those_of_the_genome(real_data: Callable[[str], Path]) -> None:
    dataset = prepare(real_data("worm/worm_atac.h5")).dataset
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
        prepare(write(tmp_path, **changes))


def test_a_zip_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "f.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("x", "y"):
            archive.writestr(f"{name}.npy", "hello")
    with pytest.raises(ValueError, match=r"f\.npz, x: expected an array, found something else"):
        prepare(path)


def test_a_blacklist_also_cuts_the_files_own_split(tmp_path: Path) -> None:
    (tmp_path / "list.bed").write_text("chr1\t100\t220\n")
    prepared = prepare(write(tmp_path), blacklist=tmp_path / "list.bed")
    assert prepared.dropped["touching the blacklist"] == 2  # rows at 100 and 200
    assert [len(prepared.dataset.rows(s)) for s in ("train", "valid", "test")] == [28, 5, 5]
    assert prepared.dataset.split_by == "the file's own"
    path = write(tmp_path, chrom=None, start_hg38=None)
    with pytest.raises(ValueError, match="`blacklist` needs chrom and start"):
        prepare(path, blacklist=tmp_path / "list.bed")


@pytest.mark.parametrize("way", ["chance", "chromosomes", "homology"])
def test_a_split_that_is_asked_for_replaces_the_files_own(tmp_path: Path, way: str) -> None:
    chrom = np.repeat([b"chr1", b"chr2", b"chr3", b"chr4"], ROWS // 4)
    x = np.random.default_rng(0).integers(0, 4, (ROWS, 60), dtype=np.uint8)
    prepared = prepare(
        write(tmp_path, chrom=chrom, x=x), split_by=way, valid_fraction=0.25, test_fraction=0.25
    )
    assert [len(prepared.dataset.rows(s)) for s in ("train", "valid", "test")] == [20, 10, 10]
    assert "split: made here, not the file's own" in prepared.notes
    assert prepared.to_json()["split by"] == prepared.dataset.split_by != ""
