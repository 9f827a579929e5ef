"""Every command says what it found as text or as one JSON object, or says nothing."""

import inspect
import json
import logging
import re
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import typer

from chromkeras.cli.app import run
from chromkeras.cli.outcome import Outcome
from chromkeras.progress import progress
from chromkeras.registry import COMMANDS, IMPORT_FORMATS

EVERY = [[name] for name in COMMANDS.names() if name != "prepare"]
EVERY += [["prepare", name] for name in IMPORT_FORMATS.names()]


@dataclass(frozen=True)
class Found:
    """A result of a library."""

    model: Path
    scores: dict[str, float]
    figures: np.ndarray


FOUND = Found(Path("m.keras"), {"a": float("nan"), "b": 0.5}, np.array([1.0, np.inf]))


@pytest.fixture
def toy():
    """A command from outside, whose libraries print, log, warn and take long."""

    def command(code: int = 0) -> Outcome:
        """Find something."""
        print("chatter")
        logging.getLogger("chromkeras.toy").warning("a warning")
        warnings.warn("another", UserWarning, stacklevel=1)
        with progress("work") as report:
            report(1, 2)
        return Outcome(FOUND, "found", code)

    COMMANDS.register("toy", SimpleNamespace(command=command))
    yield
    COMMANDS.unregister("toy")


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_has_json_and_quiet(words, capsys):
    assert run([*words, "--help"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"^  --json ", printed, re.M)
    assert re.search(r"^  -q, --quiet ", printed, re.M)


@pytest.mark.parametrize("name", COMMANDS.names())
def test_every_command_returns_what_it_found(name):
    command = COMMANDS.get(name).command
    if not isinstance(command, typer.Typer):
        assert inspect.signature(command).return_annotation is Outcome


@pytest.mark.filterwarnings("ignore")
def test_text_is_for_people(toy, capsys):
    assert run(["toy"]) == 0
    printed = capsys.readouterr()
    assert printed.out == "chatter\nfound\n"
    assert "WARNING: a warning\n" in printed.err


@pytest.mark.filterwarnings("ignore")
def test_json_is_one_object_and_all_there_is_on_standard_output(toy, capsys):
    assert run(["toy", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {
        "model": "m.keras", "scores": {"a": None, "b": 0.5}, "figures": [1.0, None],
    }  # fmt: skip
    assert "a warning" in printed.err


@pytest.mark.parametrize("words", [["toy", "-q"], ["--quiet", "toy"], ["-q", "toy", "--quiet"]])
def test_quiet_says_nothing(words, toy, capsys):
    assert run(words) == 0
    assert capsys.readouterr() == ("", "")


def test_quiet_json_is_json_alone(toy, capsys):
    assert run(["toy", "--json", "--quiet"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["model"] == "m.keras"
    assert printed.err == ""


@pytest.mark.filterwarnings("ignore")
def test_the_exit_code_is_the_outcome_s(toy, capsys):
    assert run(["toy", "--code", "2"]) == 2
    assert capsys.readouterr().out.endswith("found\n")


@pytest.mark.parametrize("options", [(), ("--json",), ("--quiet",), ("--json", "--quiet")])
def test_errors_are_one_line_whatever_was_asked_for(options, capsys):
    assert run(["info", "absent.keras", *options]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "chromkeras: file absent.keras does not exist; check the path\n"


@pytest.mark.filterwarnings("ignore")
def test_no_escapes_where_there_is_no_terminal(toy, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run(["toy"]) == 0
    assert run(["toy", "--help"]) == 0
    assert run(["toy", "--absent"]) == 2
    assert not sys.stderr.isatty()
    assert "\x1b" not in "".join(capsys.readouterr())
