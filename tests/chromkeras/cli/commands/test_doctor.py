import json

import pytest

from chromkeras.cli.app import run
from chromkeras.installation import doctor as module
from chromkeras.installation.packages import Package

KEYS = {
    "versions", "backends", "active", "machine", "folder", "caches", "jaspar", "shipped", "extras",
    "problems", "notes",
}  # fmt: skip


@pytest.fixture
def works(monkeypatch):
    """A backend that answers at once."""
    active = {"backend": "tensorflow", "devices": ["cpu:0"], "warning": ""}
    monkeypatch.setattr(module, "start_probe", lambda: None)
    monkeypatch.setattr(module, "read_probe", lambda probe: active)
    monkeypatch.setattr(module, "packages", lambda: [Package("numpy", ">=2", "2.3")])
    monkeypatch.setattr(module, "BESIDE", {"json": "json", "chromkeras_absent": "absent"})
    return active


def test_it_ends_with_everything_in_place(works, capsys):
    assert run(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[0] == "chromkeras"
    assert any("active on cpu:0" in line for line in lines)
    assert lines[-1] == "everything is in place"


def test_json_has_every_part(works, capsys):
    assert run(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == KEYS
    assert told["problems"] == []
    assert told["active"] == works
    assert told["caches"]["TomTom"]["compiled"] in (True, False)


def test_what_is_broken_is_named_with_what_mends_it(works, capsys, monkeypatch):
    wanted = [
        Package("numpy", ">=2", "1.26"),
        Package("scipy", "", None),
        Package("mypy", ">=1", None, "dev"),
    ]
    monkeypatch.setattr(module, "packages", lambda: wanted)
    monkeypatch.setattr(module, "read_probe", lambda probe: {"error": "ImportError: no xyz"})
    assert run(["doctor"]) == 2
    printed = capsys.readouterr().out
    mended = "numpy is 1.26, expected >=2, scipy is missing: pip install 'numpy>=2' 'scipy'"
    assert f"broken: {mended}\n" in printed
    assert "broken: Keras's backend does not work: ImportError: no xyz" in printed
    assert "mypy is missing: pip install 'chromkeras[dev]'" in printed
    assert "everything is in place" not in printed


def test_a_look_that_fails_stops_no_other(works, capsys, monkeypatch):
    def fail():
        raise RuntimeError("no disk")

    monkeypatch.setattr(module, "caches", fail)
    assert run(["doctor", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert "no disk" in told["problems"][0]
    assert told["jaspar"]


def test_what_keras_imports_beside_it_is_imported_too(works, capsys, monkeypatch, tmp_path):
    (tmp_path / "chromkeras_broken.py").write_text("raise ValueError('numpy.dtype size changed')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(module, "BESIDE", {"chromkeras_broken": "some-broken"})
    assert run(["doctor", "--json"]) == 2
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem == (
        "some-broken cannot be imported: numpy.dtype size changed; "
        "pip install --force-reinstall 'some-broken'"
    )


def test_a_folder_that_cannot_be_written_is_noted_without_an_option(works, capsys, monkeypatch):
    monkeypatch.setattr(module, "writable", lambda folder: False)
    assert run(["doctor", "--json"]) == 0
    notes = json.loads(capsys.readouterr().out)["notes"]
    assert any(note.endswith("cannot be written to: write elsewhere") for note in notes)
