"""Round trip of the result type through its file."""

import json
from dataclasses import fields

import h5py
import numpy as np
import pytest

from chrominterpret.attribution import Attribution
from chrominterpret.errors import InputError


def example() -> Attribution:
    rng = np.random.default_rng(0)
    return Attribution(
        method="deep_lift_shap",
        target_names=("Intest − Neurons",),
        output="logit",
        attributions=rng.random((1, 2, 5, 4), np.float32),
        prediction=rng.random((1, 2), np.float32),
        delta=rng.random((1, 2, 3), np.float32),
        reference_kind="dinucleotide_shuffle",
        n_references=3,
        seed=11,
        reference_codes=rng.integers(0, 5, (2, 3, 5)).astype(np.uint8),
        warnings=("careful",),
    )


@pytest.mark.parametrize("name", ["result.npz", "result.h5", "result.HDF5"])
def test_round_trip(tmp_path, name):
    saved, path = example(), tmp_path / "here" / name
    saved.save(path)
    loaded = Attribution.load(path)
    for field in fields(Attribution):
        before, after = getattr(saved, field.name), getattr(loaded, field.name)
        if isinstance(before, np.ndarray):
            np.testing.assert_array_equal(after, before)
            assert after.dtype == before.dtype
        else:
            assert after == before
            assert type(after) is type(before)
    assert [file.name for file in path.parent.iterdir()] == [name]


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "result.npz"
    example().save(path)
    before = path.read_bytes()

    def fail(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        example().save(path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_another_file_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(ValueError, match="saved Attribution"):
        Attribution.load(tmp_path / "other.npz")


@pytest.mark.parametrize("name", ["other.npz", "other.h5"])
def test_damaged_files_are_refused_in_one_line(tmp_path, name):
    path = tmp_path / name
    example().save(path)
    whole = path.read_bytes()
    for content in (b"text", b"", whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises((InputError, OSError)) as error:
            Attribution.load(path)
        assert "\n" not in str(error.value)
    with pytest.raises(FileNotFoundError):
        Attribution.load(tmp_path / f"missing-{name}")


def test_objects_and_texts_in_the_place_of_arrays_are_refused(tmp_path):
    path = tmp_path / "objects.npz"
    np.savez(path, attributions=np.array([{"a": 1}], dtype=object), description=np.array("{}"))
    with pytest.raises(InputError, match="saved Attribution"):
        Attribution.load(path)
    np.savez(path, description=np.array("[1, 2"))
    with pytest.raises(InputError, match="saved Attribution"):
        Attribution.load(path)


def test_an_older_file_without_references_is_read(tmp_path):
    path = tmp_path / "old.npz"
    example().save(path)
    with np.load(path) as file:
        arrays = dict(file)
    description = json.loads(str(arrays.pop("description")))
    del description["references"]
    np.savez(path, description=np.array(json.dumps(description)), **arrays)
    assert Attribution.load(path).references is None


def test_the_hdf5_file_is_plain(tmp_path):
    path = tmp_path / "result.h5"
    example().save(path)
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["attributions"][()], example().attributions)
        assert json.loads(file.attrs["description"])["method"] == "deep_lift_shap"
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["attributions"] = np.zeros(3)
    with pytest.raises(ValueError, match="saved Attribution"):
        Attribution.load(tmp_path / "other.h5")
