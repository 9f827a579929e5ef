import os

from chromkeras.installation.caches import caches, look_at, writable


def test_folders_have_a_size_and_may_be_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "chromkeras").mkdir()
    (tmp_path / "chromkeras" / "demo.h5").write_bytes(b"x" * 10)
    found = caches()
    assert found["demo data set"].size == 10
    assert (found["Keras settings"].size, found["Keras settings"].writable) == (0, True)


def test_a_folder_that_cannot_be_written_is_known(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    assert not writable(tmp_path / "file" / "below")
    monkeypatch.setattr(os, "access", lambda place, mode: place != tmp_path)
    assert not look_at(tmp_path / "new").writable
