import os

import pytest

from chromkeras.cli.places import check_output_file, check_output_folder


def test_new_files_and_folders_are_fine(tmp_path):
    check_output_file(tmp_path / "new" / "deep" / "out.h5", inputs=(None, tmp_path / "in.h5"))
    check_output_folder(tmp_path / "new" / "deep")
    check_output_folder(tmp_path)
    assert not list(tmp_path.iterdir()), "it only looks"


def test_a_folder_is_no_file_and_a_file_no_folder(tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(ValueError, match="is a folder; expected the name of a file"):
        check_output_file(tmp_path)
    with pytest.raises(ValueError, match=r"--plots .*file is a file; expected a folder"):
        check_output_folder(file, "--plots")
    with pytest.raises(ValueError, match="file is a file, not a folder"):
        check_output_file(file / "out.h5")
    with pytest.raises(ValueError, match="file is a file, not a folder"):
        check_output_folder(file / "below")


def test_an_input_is_not_written_over(tmp_path, monkeypatch):
    file = tmp_path / "in.h5"
    file.write_text("x")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="is also the input"):
        check_output_file(file.relative_to(tmp_path), inputs=(file,))


def test_a_folder_that_cannot_be_written_is_named_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda place, mode: place != tmp_path)
    with pytest.raises(ValueError, match=f"--out .*: cannot write in folder {tmp_path}"):
        check_output_file(tmp_path / "new" / "out.h5")
