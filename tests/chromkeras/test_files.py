import json
from pathlib import Path

import pytest

from chromkeras.files import file_names, replacing, require_file, write_json


def test_the_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "new" / "out.h5"
    with replacing(target) as beside:
        beside.write_text("whole")
        assert beside.parent == target.parent
        assert beside.suffix == ".h5"
        assert not target.exists()
    assert target.read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


def write_half(path: Path) -> None:
    path.write_text("half")
    raise RuntimeError("stopped")


def test_an_exception_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "out.h5"
    target.write_text("old")
    with pytest.raises(RuntimeError, match="stopped"), replacing(target) as beside:
        write_half(beside)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_json_is_written_whole_and_holds_no_nan(tmp_path: Path) -> None:
    target = tmp_path / "new" / "summary.json"
    values = {"name": "Müller", "scores": [0.5, None]}
    write_json(target, values)
    assert json.loads(target.read_text(encoding="utf-8")) == values
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(target, {"score": float("nan")})
    assert json.loads(target.read_text(encoding="utf-8")) == values
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("name", ["file/out.h5", "file/more/out.h5"])
def test_the_folder_may_not_be_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ValueError, match=r"cannot write .*out\.h5: its folder is a file"):
        replacing(tmp_path / name).__enter__()


@pytest.mark.parametrize(("name", "message"), [
    ("gone", "genome .*gone does not exist"),
    ("folder", "genome .*folder is a folder"),
    ("empty", "genome .*empty is empty"),
])  # fmt: skip
def test_require_file_says_what_is_wrong(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    with pytest.raises(ValueError, match=message):
        require_file(tmp_path / name, "genome")


def test_require_file_returns_the_path(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    assert require_file(str(tmp_path / "x"), "genome") == tmp_path / "x"


def test_file_names_never_collide() -> None:
    long = file_names(["ä" * 999, "Ä" * 999, "x" * 300])
    assert len(set(long)) == 3
    assert max(len(name.encode()) for name in long) < 110
    assert file_names(["a/b", "a b", "A_B", "gut", "Ä"]) == ["a_b_0", "a_b_1", "A_B_2", "gut", "Ä"]
    assert file_names(["a", "A", "a_0", "a_0_"]) == ["a_0__", "A_1", "a_0", "a_0_"]
