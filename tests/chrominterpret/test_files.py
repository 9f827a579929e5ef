import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chrominterpret.errors import InputError
from chrominterpret.files import filling, replacing, replacing_together, write_text


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old\n")

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert path.read_bytes() == b"old\n"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "folder" / "a.txt", "text")
    assert (tmp_path / "new" / "folder" / "a.txt").read_text() == "text"


def test_what_a_link_points_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    path, target = tmp_path / "link.txt", tmp_path / "there" / "file.txt"
    target.write_text("old")
    path.symlink_to(target)
    write_text(path, "new")
    assert path.is_symlink()
    assert target.read_text() == "new"


def test_no_device_pipe_or_read_only_file_is_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    kept = tmp_path / "kept"
    kept.write_text("old")
    kept.chmod(0o444)
    for path, why in {
        "/dev/null": "no regular file",
        tmp_path / "pipe": "no regular file",
        tmp_path / "folder": "a folder",
        kept: "read-only",
    }.items():
        with pytest.raises(InputError, match=why):
            write_text(path, "new")
    assert kept.read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"pipe", "folder", "kept"}


KILLED = """
import os, signal, sys
from chrominterpret.files import replacing
with replacing(sys.argv[1]) as beside:
    beside.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    subprocess.run([sys.executable, "-c", KILLED, path], check=False)
    [left] = tmp_path.iterdir()
    assert left.name.startswith(".a.")
    with replacing(path) as beside:
        beside.write_text("new")
        with replacing(path) as other:  # a process that lives keeps its own
            other.write_text("newer")
        assert beside.exists()
    assert list(tmp_path.iterdir()) == [path]


def test_another_machines_files_are_left(tmp_path: Path) -> None:
    strange = tmp_path / ".a.00000000-999999999-00000000.txt"
    strange.write_text("half")
    write_text(tmp_path / "a.txt", "new")
    assert strange.exists()


def test_a_disk_that_fills_at_the_end_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_several_files_are_replaced_together_or_not_at_all(tmp_path: Path) -> None:
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for path in paths:
        write_text(path, "old")

    def fail() -> None:
        with replacing_together(*paths) as besides:
            besides[0].write_text("new")  # the other one was never written

    with pytest.raises(FileNotFoundError):
        fail()
    assert [path.read_text() for path in paths] == ["old", "old"]
    with replacing_together(*paths) as besides:
        for beside in besides:
            beside.write_text("new")
    assert [path.read_text() for path in paths] == ["new", "new"]
    assert sorted(tmp_path.iterdir()) == paths


def test_a_folder_is_filled_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with filling(folder) as inner:
        write_text(inner / "page.html", "old")
        write_text(inner / "tables" / "a.tsv", "old")
    write_text(folder / "mine.txt", "kept")

    def fail() -> None:
        with filling(folder) as inner:
            write_text(inner / "page.html", "new")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    found = {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}
    assert found == {"page.html": "old", "tables/a.tsv": "old", "mine.txt": "kept"}
    assert {path.name for path in folder.iterdir()} == {"page.html", "tables", "mine.txt"}


def test_a_file_that_cannot_be_replaced_leaves_the_whole_folder(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "old")
    write_text(tmp_path / "b.txt", "old")
    (tmp_path / "b.txt").chmod(0o444)

    def fill() -> None:
        with filling(tmp_path) as inner:
            write_text(inner / "a.txt", "new")
            write_text(inner / "b.txt", "new")

    with pytest.raises(InputError, match="read-only"):
        fill()
    assert (tmp_path / "a.txt").read_text() == "old"


KILLED_FILLING = """
import os, signal, sys
from chrominterpret.files import filling
with filling(sys.argv[1]) as inner:
    (inner / "a.txt").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_in_a_folder_is_swept(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED_FILLING, tmp_path], check=False)
    assert [path.suffix for path in tmp_path.iterdir()] == [".partial"]
    with filling(tmp_path) as inner:
        write_text(inner / "b.txt", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]
