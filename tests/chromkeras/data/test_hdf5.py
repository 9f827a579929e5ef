import resource
import shutil
import zlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from chromkeras.data.dataset import Dataset
from chromkeras.data.hdf5 import dataset_tasks, load_dataset, save_dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable
from chromkeras.data.truth import Truth
from chromkeras.errors import InputError
from chromkeras.model_file.card import read_card

MODELS = Path(__file__).resolve().parents[3] / "models"


def small() -> Dataset:
    codes = np.random.default_rng(0).integers(0, 5, (4, 9), dtype=np.uint8)
    return Dataset(
        inputs={"dna": PackedSequences.from_codes(codes)},
        labels=np.array([[1, 0], [0, 1], [0, 1], [0, 0]], np.int8),
        known=np.array([[True, True], [True, True], [False, True], [True, True]]),
        tasks=("Germline", "épiderme"),
        split=np.array(["train", "train", "valid", "test"]),
    )


def full() -> Dataset:
    plain = small()
    one = np.array([0, 1])
    return Dataset(
        inputs=plain.inputs
        | {
            "marks": DenseTable(np.arange(6.0).reshape(2, 3), channels=("H3K4me3", "H3K27ac", "é")),
            "signal": DenseTable(np.arange(36, dtype=np.float16).reshape(4, 9), along_dna=True),
        },
        labels=plain.labels.astype(np.float32) - 1,
        known=plain.known,
        problem="regression",
        tasks=plain.tasks,
        split=plain.split,
        index={"marks": np.array([0, 0, 1, 1])},
        chrom=np.array(["chrI", "chrI", "chrII", "chrX"]),
        start=np.array([5, 0, 7, 9]),
        kind=np.array(["element", "element", "background", "element"]),
        truth=Truth(one, one, one + 3, one, np.array([1, -1], np.int8), ("GATA", "E-box")),
        motifs="MEME version 4\n" * 9000,
        together=np.array([3, 3, 1, 0]),
        split_by="test 0.25 drawn by chance, seed 0",
    )


@pytest.mark.parametrize("make", [small, full])
def test_round_trip(tmp_path: Path, make: type[Dataset]) -> None:
    saved = make()
    save_dataset(saved, tmp_path / "d.h5")
    loaded = load_dataset(tmp_path / "d.h5")
    assert loaded.fingerprint == saved.fingerprint
    assert loaded.tasks == saved.tasks
    assert loaded.motifs == saved.motifs
    assert loaded.labels.dtype == saved.labels.dtype
    assert (loaded.problem, loaded.classes) == (saved.problem, saved.classes)
    for name in ("labels", "known", "split", "chrom", "start", "kind", "together", "split_by"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(saved, name))
    np.testing.assert_array_equal(loaded.codes(np.arange(4)), saved.codes(np.arange(4)))
    assert (loaded.truth is None) == (saved.truth is None)
    if saved.truth is not None and loaded.truth is not None:
        assert loaded.truth.names == saved.truth.names
        np.testing.assert_array_equal(loaded.truth.end, saved.truth.end)
    for name, table in saved.inputs.items():
        again = loaded.inputs[name]
        assert (type(again), again.along_dna, again.shape) == (
            type(table), table.along_dna, table.shape
        )  # fmt: skip
        assert getattr(again, "channels", ()) == getattr(table, "channels", ())
        for part, array in table.arrays().items():
            np.testing.assert_array_equal(again.arrays()[part], array)
            assert again.arrays()[part].dtype == array.dtype


def as_version_1(path: Path, labels: np.ndarray) -> None:
    """Write a file as the version did that flagged unknown labels."""
    plain = small()
    save_dataset(plain, path)
    with h5py.File(path, "a") as file:
        file.attrs["version"] = 1
        del file.attrs["problem"], file["known"], file["labels"]
        del file["inputs/dna"].attrs["kind"]
        file["labels"] = labels


def test_a_file_of_version_1_opens(tmp_path: Path) -> None:
    flagged = np.array([[1, 0], [0, 1], [-1, 1], [0, 0]], np.int8)
    as_version_1(tmp_path / "d.h5", flagged)
    loaded, saved = load_dataset(tmp_path / "d.h5"), small()
    assert loaded.problem == "binary"
    np.testing.assert_array_equal(loaded.labels, saved.labels)
    np.testing.assert_array_equal(loaded.known, saved.known)
    assert loaded.fingerprint == saved.fingerprint == "57876eebc74c57f5"  # of the code of then


def test_a_dense_input_of_version_1_opens(tmp_path: Path) -> None:
    as_version_1(tmp_path / "d.h5", np.zeros((4, 2), np.int8))
    with h5py.File(tmp_path / "d.h5", "a") as file:
        file["inputs/marks/values"] = np.ones((4, 3))
    table = load_dataset(tmp_path / "d.h5").inputs["marks"]
    assert (type(table), table.shape, table.along_dna) == (DenseTable, (3,), False)


def test_an_unknown_kind_of_table_is_named(tmp_path: Path) -> None:
    save_dataset(small(), tmp_path / "d.h5")
    with h5py.File(tmp_path / "d.h5", "a") as file:
        file["inputs/dna"].attrs["kind"] = "protein"
    with pytest.raises(ValueError, match=r"d\.h5: unknown kind of table 'protein'"):
        load_dataset(tmp_path / "d.h5")


def test_real_labels_of_version_1_are_a_regression(tmp_path: Path) -> None:
    flagged = np.array([[0.5, -1], [np.nan, 1], [2, 1], [0, np.nan]], np.float32)
    as_version_1(tmp_path / "d.h5", flagged)
    loaded = load_dataset(tmp_path / "d.h5")
    assert loaded.problem == "regression"
    np.testing.assert_array_equal(loaded.values(np.arange(4)), flagged)


def test_class_names_are_kept(tmp_path: Path) -> None:
    saved = replace(small(), labels=np.arange(8).reshape(4, 2) % 3, problem="classes",
                    classes=("low", "mid", "high"))  # fmt: skip
    save_dataset(saved, tmp_path / "d.h5")
    loaded = load_dataset(tmp_path / "d.h5")
    assert (loaded.problem, loaded.classes) == ("classes", ("low", "mid", "high"))
    assert loaded.fingerprint == saved.fingerprint


@pytest.mark.parametrize("path", sorted(MODELS.glob("*/*.keras")), ids=lambda path: path.stem)
def test_shipped_models_know_the_shipped_data(path: Path) -> None:
    data, card = load_dataset(MODELS / "worm.h5"), read_card(path)
    chosen = data.select_tasks(card.tasks)
    assert any(one.was_trained_on(card.fingerprint) for one in (data, chosen))


def test_files_that_are_no_data_set_fail(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    with pytest.raises(ValueError, match=r"x\.h5 does not exist"):
        load_dataset(path)
    path.write_text("text")
    with pytest.raises(ValueError, match="is not an HDF5 file"):
        load_dataset(path)


@pytest.mark.parametrize(("name", "hint"), [("train_in", "basset"), ("x", "arrays")])
def test_hdf5_of_another_kind_says_how_to_convert_it(tmp_path: Path, name: str, hint: str) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file[name] = [1]
    with pytest.raises(ValueError, match=f"no chromkeras data set; convert it by .*{hint}"):
        load_dataset(tmp_path / "x.h5")


def test_a_file_of_a_later_version_fails(tmp_path: Path) -> None:
    save_dataset(small(), tmp_path / "x.h5")
    with h5py.File(tmp_path / "x.h5", "a") as file:
        file.attrs["version"] = 99
    with pytest.raises(ValueError, match=r"version 99.*upgrade"):
        load_dataset(tmp_path / "x.h5")


def test_a_file_cut_short_fails(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    save_dataset(full(), path)
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(ValueError, match=r"x\.h5 is cut short or damaged"):
        load_dataset(path)


@pytest.mark.parametrize(
    "name", ["labels", "known", "inputs", "tasks", "split", "inputs/dna/packed"]
)
def test_a_damaged_file_is_named(name, tiny_dataset, tmp_path):
    path = tmp_path / "d.h5"
    save_dataset(tiny_dataset(), path)
    with h5py.File(path, "a") as file:
        del file[name]
    with pytest.raises(ValueError, match=r"d\.h5 is damaged: .*make it again"):
        load_dataset(path)


def test_text_that_is_no_utf8_is_damage(tiny_dataset, tmp_path):
    path = tmp_path / "d.h5"
    save_dataset(tiny_dataset(), path)
    with h5py.File(path, "a") as file:
        del file["tasks"]
        file["tasks"] = np.array([b"\xff", b"b", b"c"])
    with pytest.raises(ValueError, match=r"d\.h5 is damaged"):
        load_dataset(path)


@pytest.mark.parametrize("error", [OSError(27, "time = …"), RuntimeError("cannot close")])
def test_a_refused_write_is_one_line_and_leaves_nothing(error, tiny_dataset, tmp_path, monkeypatch):
    def fail(*arguments):
        raise error

    monkeypatch.setattr("chromkeras.data.hdf5._write", fail)
    with pytest.raises(ValueError, match=r"cannot write .*d\.h5: .*(File too large|cannot close)"):
        save_dataset(tiny_dataset(), tmp_path / "d.h5")
    assert not list(tmp_path.iterdir())


def test_a_damaged_bit_of_the_file_is_noticed(tmp_path: Path) -> None:
    """One bit of a sealed file is turned, many times."""
    path, rng = tmp_path / "d.h5", np.random.default_rng(0)
    save_dataset(replace(full(), motifs="MEME version 4"), path)
    content = path.read_bytes()
    for place in rng.integers(0, 8 * (len(content) - 20), 500):
        damaged = bytearray(content)
        damaged[place // 8] ^= 1 << place % 8
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="its checksum differs"):
            load_dataset(path)


def test_a_damaged_array_is_noticed_without_the_seal(tmp_path: Path) -> None:
    path = tmp_path / "d.h5"
    save_dataset(full(), path)
    with h5py.File(path, "a") as file:  # which cuts the seal off
        file["labels"][2, 1] += 1
    with pytest.raises(InputError, match="labels is damaged: its checksum differs"):
        load_dataset(path)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [("kind", "zzz", "unknown kind 'zzz'"), ("start", -1, "expected start from 0 on")],
)
def test_values_that_are_none_are_refused(column: str, value: object, said: str) -> None:
    values = getattr(full(), column).copy()
    values[2] = value
    with pytest.raises(InputError, match=said):
        replace(full(), **{column: values})


def test_a_file_that_names_another_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.h5"
    save_dataset(small(), path)
    (tmp_path / "secret").write_bytes(b"pass")
    with h5py.File(path, "a") as file:
        del file["tasks"]
        file.create_dataset("tasks", (2,), "S2", external=[(str(tmp_path / "secret"), 0, 4)])
    with pytest.raises(InputError, match="'tasks' lies in another file"):
        load_dataset(path)
    assert dataset_tasks(path) == ()


CHANGES = {
    "another axis": lambda a: a[..., None],
    "one value": lambda a: a.ravel()[:1],
    "no axis": lambda a: np.array(5),
    "texts": lambda a: np.full(a.shape, b"zz"),
    "no row": lambda a: a[:0],
    "negative": lambda a: np.full(a.shape, -7, np.int64),
    "far out": lambda a: np.full(a.shape, 10**9, np.int64),
    "no numbers": lambda a: np.full(a.shape, np.nan),
    "records": lambda a: np.zeros(a.shape, [("a", "f4")]),
    "complex": lambda a: np.zeros(a.shape, np.complex64),
    "nothing": None,
}


@pytest.mark.parametrize("change", CHANGES)
def test_parts_of_another_type_or_shape_are_one_line(change: str, tmp_path: Path) -> None:
    whole, path, refused = tmp_path / "whole.h5", tmp_path / "d.h5", []
    save_dataset(full(), whole)
    names: list[str] = []
    with h5py.File(whole) as file:
        file.visititems(lambda n, x: names.append(n) if isinstance(x, h5py.Dataset) else None)
    for name in names:
        shutil.copy(whole, path)
        with h5py.File(path, "r+") as file:
            array = file[name][...]
            del file[name]
            if CHANGES[change] is not None:
                file[name] = CHANGES[change](array)
        for mmap in (False, True):
            try:
                load_dataset(path, mmap=mmap).batch(np.arange(2))
            except InputError as error:
                refused.append(str(error))
    assert len(refused) >= len(names) / 2
    assert all("d.h5" in text for text in refused)


@pytest.mark.parametrize("value", [None, "x", np.array([1, 2]), b"\xff", np.nan])
@pytest.mark.parametrize("name", ["version", "inputs/dna/length", "inputs/dna/kind", "problem"])
def test_attributes_of_another_type_are_one_line(name: str, value: object, tmp_path: Path) -> None:
    path = tmp_path / "d.h5"
    save_dataset(full(), path)
    place, _, attribute = name.rpartition("/")
    with h5py.File(path, "r+") as file:
        del file[place or "/"].attrs[attribute]
        if value is not None:
            file[place or "/"].attrs[attribute] = value
    with suppress(InputError):
        load_dataset(path)


def test_a_task_name_of_thousands_of_letters_is_refused() -> None:
    with pytest.raises(InputError, match="of column 0 has 10,000 characters, more than 1,000"):
        replace(full(), tasks=("x" * 10_000, *full().tasks[1:]))


@pytest.mark.parametrize("name", ["labels", "kind", "start", "inputs/dna/packed", "tasks"])
def test_a_small_file_does_not_unpack_to_gigabytes(name: str, tmp_path: Path) -> None:
    path, rows = tmp_path / "d.h5", 1 << 20
    save_dataset(full(), path)
    with h5py.File(path, "a") as file:
        old = file[name]
        shape, width = (3000 * rows, *old.shape[1:]), int(np.prod(old.shape[1:]))
        del file[name]
        data = file.create_dataset(
            name, shape, old.dtype, chunks=(rows, *old.shape[1:]), compression="gzip"
        )
        chunk = zlib.compress(bytes(rows * width * old.dtype.itemsize), 9)
        for first in range(0, shape[0], rows):
            data.id.write_direct_chunk((first, *[0] * (len(shape) - 1)), chunk)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match="unpack to at most 64 times"):
        load_dataset(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB


def test_a_number_in_the_place_of_a_text_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "d.h5"
    save_dataset(replace(full(), motifs="MEME"), path)
    with h5py.File(path, "a") as file:
        del file["motifs"]
        file["motifs"] = 2**40
    with pytest.raises(InputError, match="motifs: expected one row of bytes"):
        load_dataset(path)


def test_a_checksum_that_is_no_number_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "d.h5"
    save_dataset(full(), path)
    with h5py.File(path, "a") as file:
        file["labels"].attrs["crc32"] = np.bytes_(b"\xff")
    with pytest.raises(InputError, match="attribute crc32: expected a number"):
        load_dataset(path)
