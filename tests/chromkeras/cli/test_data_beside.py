import os
from dataclasses import replace
from pathlib import Path

import h5py
import pytest

from chromkeras.cli.data_beside import find_data
from chromkeras.data.hdf5 import save_dataset


@pytest.fixture(autouse=True)
def notes_are_logged(caplog):
    caplog.set_level("INFO")


@pytest.fixture
def put(tiny_dataset, tmp_path):
    """A function that writes a data set of some of the tasks task0 to task2 in the folder."""

    def write(name, *tasks):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        dataset = tiny_dataset(rows=8)
        save_dataset(dataset.select_tasks(tasks) if tasks else dataset, path)
        return path

    return write


TASKS = ("task1", "task0")


def test_what_is_given_is_taken(put, tmp_path, caplog):
    put("beside.h5")
    given = tmp_path / "none.h5"
    assert find_data(given, {tmp_path / "m.keras": TASKS}) == given
    assert caplog.messages == []


def test_what_an_interrupted_command_left_is_no_candidate(put, tmp_path):
    put(".data.550475a8.h5")
    os.mkfifo(tmp_path / "pipe.h5")
    expected = put("data.h5")
    assert find_data(None, {tmp_path / "m.keras": TASKS}) == expected


def test_found_beside_the_model_and_said(put, tmp_path, caplog, monkeypatch):
    expected = put("models/data.h5")
    put("around.h5")
    monkeypatch.chdir(tmp_path)
    assert find_data(None, {tmp_path / "models" / "m.keras": TASKS}) == expected
    assert caplog.messages == ["no --data given: using models/data.h5"]


def test_a_relative_model_in_the_current_folder(put, tmp_path, monkeypatch):
    expected = put("data.h5")
    monkeypatch.chdir(tmp_path)
    assert find_data(None, {Path("m.keras"): TASKS}) == expected


def test_dots_in_a_path_are_followed(put, tmp_path, caplog, monkeypatch):
    expected = put("data.h5")
    (tmp_path / "models" / "inner").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "models" / "inner")
    assert find_data(None, {Path("../m.keras"): TASKS}) == expected
    assert find_data(None, {Path("../m.keras"): TASKS, Path("../inner/../n.keras"): TASKS})


def test_found_around_the_models_folders(put, tmp_path, caplog):
    expected = put("data.h5")
    models = {tmp_path / "a" / "m.keras": TASKS, tmp_path / "b" / "m.keras": ("task0", "task1")}
    assert find_data(None, models) == expected
    assert str(expected) in caplog.text


def test_one_folder_inside_the_other_is_searched_once(put, tmp_path):
    expected = put("data.h5")
    models = {tmp_path / "m.keras": TASKS, tmp_path / "deep" / "m.keras": TASKS}
    assert find_data(None, models) == expected


def test_common_tasks_are_enough(put, tmp_path):
    expected = put("data.h5", "task0")
    models = {tmp_path / "a.keras": ("task0", "x"), tmp_path / "b.keras": ("y", "task0")}
    assert find_data(None, models) == expected


def test_only_data_sets_with_the_tasks_count(put, tmp_path):
    put("fewer.h5", "task0")
    (tmp_path / "text.h5").write_text("no data set")
    (tmp_path / "folder.h5").mkdir()
    with h5py.File(tmp_path / "arrays.h5", "w") as file:
        file["tasks"] = [b"task0", b"task1"]
    with h5py.File(tmp_path / "damaged.h5", "w") as file:
        file.attrs["format"] = "chromkeras dataset"
    with h5py.File(tmp_path / "strange.h5", "w") as file:
        file.attrs["format"] = [1, 2]
    assert find_data(None, {tmp_path / "m.keras": TASKS[1:]}) == tmp_path / "fewer.h5"
    with pytest.raises(ValueError, match="expected --data, or a data set with the tasks"):
        find_data(None, {tmp_path / "m.keras": TASKS})


def test_several_are_named_and_none_is_taken(put, tmp_path):
    first, second = put("one.h5"), put("two.h5")
    with pytest.raises(ValueError, match="no --data given, and several data sets would do") as said:
        find_data(None, {tmp_path / "m.keras": TASKS})
    assert f"{first}, {second}" in str(said.value)


def test_none_says_what_was_wanted_and_where(tmp_path):
    models = {tmp_path / "deep" / "m.keras": tuple(f"t{i}" for i in range(9))}
    with pytest.raises(ValueError, match="the tasks t0, t1, t2, t3, … in one of") as said:
        find_data(None, models)
    assert str(said.value).endswith(f"{tmp_path / 'deep'}, {tmp_path}")


@pytest.mark.parametrize("tasks", [("cell_1", "cell_3"), ("cell_4",)])
def test_models_of_the_demo_have_the_demo(tasks, tmp_path, caplog):
    assert find_data(None, {tmp_path / "m.keras": tasks}) is None
    assert caplog.messages == []


def test_what_lies_beside_comes_before_the_demo(put, tiny_dataset, tmp_path):
    simulated = replace(tiny_dataset(rows=8), tasks=("cell_1", "cell_2", "cell_3"))
    save_dataset(simulated, tmp_path / "mine.h5")
    models = {tmp_path / "m.keras": ("cell_1", "cell_2")}
    assert find_data(None, models) == tmp_path / "mine.h5"


def test_models_with_nothing_in_common_are_left_to_the_command(put, tmp_path):
    put("data.h5")
    assert find_data(None, {tmp_path / "a.keras": ("x",), tmp_path / "b.keras": ("y",)}) is None
