import gzip
from pathlib import Path

import pytest

from chromkeras.importers.compressed import open_maybe_gzip, open_text


def read(path: Path) -> bytes:
    with open_maybe_gzip(path, "peak file") as stream:
        return stream.read()


@pytest.mark.parametrize("name", ["plain.bed", "zipped.bed.gz", "zipped_but_named.bed"])
def test_text_is_the_same_zipped_or_not(tmp_path: Path, name: str) -> None:
    text = b"chr1\t1\t2\n" * 100
    (tmp_path / name).write_bytes(gzip.compress(text) if "zipped" in name else text)
    assert read(tmp_path / name) == text


def test_members_of_a_bgzip_file_follow_each_other(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(gzip.compress(b"one") + gzip.compress(b"two"))
    assert read(tmp_path / "x.gz") == b"onetwo"


def test_a_name_that_lies_fails(tmp_path: Path) -> None:
    (tmp_path / "x.bed.gz").write_bytes(b"chr1\t1\t2\n")
    with pytest.raises(ValueError, match=r"x\.bed\.gz is named \.gz but is no gzip file"):
        read(tmp_path / "x.bed.gz")


@pytest.mark.parametrize("damage", [slice(0, -9), slice(0, 12)])
def test_a_file_cut_short_fails(tmp_path: Path, damage: slice) -> None:
    whole = gzip.compress(bytes(range(256)) * 40)
    (tmp_path / "x.gz").write_bytes(whole[damage])
    with pytest.raises(ValueError, match="is cut short or damaged"):
        read(tmp_path / "x.gz")


def test_a_damaged_checksum_fails(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(b"chr1\t1\t2\n"))
    whole[-6] ^= 255
    (tmp_path / "x.gz").write_bytes(whole)
    with pytest.raises(ValueError, match="is cut short or damaged"):
        read(tmp_path / "x.gz")


@pytest.mark.parametrize("zipped", [False, True])
def test_text_keeps_its_line_ends_and_loses_its_mark(tmp_path: Path, zipped: bool) -> None:
    path, content = tmp_path / "t.txt", "\ufeffä\r\nb".encode()
    path.write_bytes(gzip.compress(content) if zipped else content)
    with open_text(path, "list") as text:
        assert text.read() == "ä\r\nb"


def test_what_is_no_text_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes(b"\xff")
    with (
        pytest.raises(ValueError, match=f"list {path}: expected UTF-8"),
        open_text(path, "list") as f,
    ):
        f.read()
    with open_text(path, "list", errors="replace") as text:
        assert text.read() == "\ufffd"
