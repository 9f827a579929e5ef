"""Nothing that comes from a file acts on the terminal by way of standard error."""

import io
import logging
import re
import sys
from dataclasses import replace

import h5py
import pytest

from chromkeras.cli.app import main, run
from chromkeras.cli.terminal import shown
from chromkeras.data.hdf5 import save_dataset
from chromkeras.data.tables import DenseTable
from chromkeras.progress import progress

NAME = "ma\x1b[31mrks"
SAFE = r"ma\x1b[31mrks"


class Terminal(io.StringIO):
    """Standard error of someone who looks at it."""

    def isatty(self):
        return True


def chunked(dataset, path):
    """Write a data set with an input of a hostile name, stored in pieces."""
    tables = {**dataset.inputs, "marks": DenseTable(dataset.labels.astype("f4"))}
    save_dataset(replace(dataset, inputs=tables), path)
    with h5py.File(path, "r+") as file:
        file.move("inputs/marks", f"inputs/{NAME}")
        group = file[f"inputs/{NAME}"]
        values = group["values"][()]
        del group["values"]
        group.create_dataset("values", data=values, chunks=True)
    return path


def test_names_of_a_file_in_the_log(tiny_dataset, tmp_path, capsys):
    data = chunked(tiny_dataset(), tmp_path / "d.h5")
    run(["train", "hard", "--data", str(data), "--mmap", "--dry-run"])
    printed = capsys.readouterr().err
    assert SAFE in printed
    assert "\x1b" not in printed


def test_prints_and_errors(monkeypatch, capsys):
    def tell(*arguments, **options):
        print(NAME, file=sys.stderr)
        raise OSError(NAME)

    monkeypatch.setattr("chromkeras.model_file.info.require_file", tell)
    assert run(["info", "none.h5"]) == 2
    assert capsys.readouterr().err == f"{SAFE}\nchromkeras: {SAFE}\n"


def test_tracebacks(monkeypatch, capsys):
    def fail(*arguments, **options):
        raise RuntimeError(NAME)

    monkeypatch.setattr("chromkeras.model_file.info.require_file", fail)
    monkeypatch.setattr(sys, "argv", ["chromkeras", "info", "x.h5"])
    monkeypatch.setattr(sys, "stderr", sys.stderr)  # so that it is put back
    with pytest.raises(RuntimeError) as caught:
        main()
    sys.excepthook(caught.type, caught.value, caught.tb)
    printed = capsys.readouterr().err
    assert SAFE in printed
    assert "\x1b" not in printed


def test_labels_notes_and_prints_beside_a_bar(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with shown(), progress(f"{NAME} [bold]label") as report:
        report(1, 2, f"{NAME} [bold]note")
        print(NAME, file=sys.stderr)
        logging.getLogger("chromkeras.test").warning("%s in the log", NAME)
    drawn = terminal.getvalue()
    assert "\x1b" in drawn  # the bar is one
    assert f"{SAFE} in the log" in drawn
    assert "[31mrks" in drawn
    assert "\x1b[31mrks" not in drawn
    assert drawn.count(SAFE) >= 3
    assert "[bold]label" in drawn


@pytest.mark.parametrize(
    ("variable", "value", "left"),
    [("NO_COLOR", "1", {"A", "K", "h", "l"}), ("TERM", "dumb", set())],
)
def test_a_bar_without_colour_or_without_anything_but_text(monkeypatch, variable, value, left):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(variable, value)
    with shown(), progress("work") as report:
        report(1, 2, "note")
    escapes = re.findall(r"\x1b\[[0-9;?]*([A-Za-z])", terminal.getvalue())
    assert set(escapes) <= left, "moves of the cursor alone"
    assert terminal.getvalue().count("\x1b") == len(escapes)
