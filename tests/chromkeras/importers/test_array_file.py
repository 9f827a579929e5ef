from pathlib import Path

import h5py
import numpy as np
import pytest

from chromkeras.errors import InputError
from chromkeras.importers.array_file import open_arrays, to_text


@pytest.mark.parametrize("values", [
    ["é", "b"], ["é".encode(), b"b"], np.array(["é".encode(), b"b"], object), np.array(["é", "b"]),
])  # fmt: skip
def test_text(values: object) -> None:
    assert to_text(values, "F.h5, tasks").tolist() == ["é", "b"]


@pytest.mark.parametrize(("values", "message"), [
    ([["a", "b"]], r"F.h5, tasks: expected one row of names, received shape \(1, 2\)"),
    ("a", r"one row of names, received shape \(\)"),
    ([b"\xe9"], "F.h5, tasks: expected UTF-8 text"),
])  # fmt: skip
def test_other_text_fails(values: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_text(values, "F.h5, tasks")


def written(path: Path, **arrays: np.ndarray) -> Path:
    """Write arrays as .npz or HDF5; __ in a name stands for /."""
    named = {name.replace("__", "/"): array for name, array in arrays.items()}
    if path.suffix == ".npz":
        np.savez(path, **named)
    else:
        with h5py.File(path, "w") as file:
            for name, array in named.items():
                file[name] = array
    return path


@pytest.mark.parametrize("suffix", ["npz", "h5"])
def test_members_are_found_by_folder_and_by_prefix(tmp_path: Path, suffix: str) -> None:
    one = np.ones(3)
    path = written(tmp_path / f"f.{suffix}", x=one, inputs__cell=one, x_signal=one, index_dna=one,
                   index__cell=one)  # fmt: skip
    with open_arrays(path) as file:
        assert file.members("inputs") == {"cell": "inputs/cell", "signal": "x_signal"}
        assert file.members("index") == {"cell": "index/cell", "dna": "index_dna"}
        np.testing.assert_array_equal(file.read("inputs/cell"), one)


@pytest.mark.parametrize("suffix", ["npz", "h5"])
def test_a_member_by_both_names_fails(tmp_path: Path, suffix: str) -> None:
    one = np.ones(3)
    path = written(tmp_path / f"f.{suffix}", inputs__cell=one, x_cell=one)
    with (
        open_arrays(path) as file,
        pytest.raises(ValueError, match="has inputs/cell and x_cell; leave one of them out"),
    ):
        file.members("inputs")


def test_an_array_that_is_no_group_of_inputs_has_no_members(tmp_path: Path) -> None:
    with open_arrays(written(tmp_path / "f.h5", inputs=np.ones(3))) as file:
        assert file.members("inputs") == {}


def test_columns_of_whole_numbers(tmp_path: Path) -> None:
    path = written(tmp_path / "f.npz", a=np.array([2, 1], np.uint8), b=np.array([0.5]))
    with open_arrays(path) as file:
        assert file.integers("a").dtype == np.int64
        with pytest.raises(ValueError, match=r"f\.npz, b: expected one row of integers"):
            file.integers("b")


def test_a_damaged_npz_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.arange(6).reshape(2, 3), y=np.array(["a", "b"]))
    whole, failed = path.read_bytes(), []
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            with open_arrays(path) as arrays:
                for name in arrays:
                    arrays.get(name)
        except InputError as error:
            failed.append(str(error))
    assert len(failed) > len(whole) / 4
    assert all(str(path) in text for text in failed)
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(InputError, match=r"neither HDF5 nor \.npz"), open_arrays(path):
        pass
