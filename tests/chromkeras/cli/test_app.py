import subprocess
import sys
import time

import pytest

from chrominterpret.filters.rules import RULES
from chrominterpret.registry import METHODS
from chromkeras.backend.shards import SHARDS
from chromkeras.cli.app import run
from chromkeras.data.split_names import CHOICES
from chromkeras.model_report.choices import REFERENCE_KINDS
from chromkeras.recipe.reading import size_names
from chromkeras.registry import (
    ARCHITECTURES,
    COMMANDS,
    COMPARISON_PARTS,
    GRAMMARS,
    IMPORT_FORMATS,
)

EVERY = [[name] for name in COMMANDS.names()] + [["prepare", n] for n in IMPORT_FORMATS.names()]
HEAVY = ("keras", "tensorflow", "numpy", "h5py", "matplotlib", "pandas")


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_has_help(words, capsys):
    assert run([*words, "--help"]) == 0
    printed = capsys.readouterr().out
    assert f"Usage: chromkeras {' '.join(words)} " in printed
    assert "Options:" in printed


def test_the_help_of_the_program_is_whole_and_lists_the_exit_codes(capsys):
    assert run(["--help"]) == 0
    printed = capsys.readouterr().out
    assert "..." not in printed.partition("Commands:")[2]
    for code in ("0", "1", "2", "130", "143"):
        assert f" {code}" in printed.partition("Exit codes:")[2]


@pytest.mark.parametrize(
    ("lines", "code", "ending"),
    [
        ("return Outcome({}, 'done')", 0, ""),
        ("raise RuntimeError('ours')", 1, "RuntimeError: ours"),
        ("raise InputError('yours')", 2, "chromkeras: yours"),
        ("os.kill(os.getpid(), signal.SIGINT)", 130, "chromkeras: stopped by SIGINT"),
        ("os.kill(os.getpid(), signal.SIGTERM)", 143, "chromkeras: stopped by SIGTERM"),
    ],
)
def test_exit_codes(lines, code, ending):
    program = (
        "import os, signal, sys; from types import SimpleNamespace;"
        "from chromkeras.cli.app import main; from chromkeras.cli.outcome import Outcome;"
        "from chromkeras.errors import InputError; from chromkeras.registry import COMMANDS\n"
        f"def command() -> Outcome:\n    {lines}\n"
        "COMMANDS.register('toy', SimpleNamespace(command=command));"
        "sys.argv[1:] = ['toy']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert done.stderr.strip().split("\n")[-1] == ending


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["trian"], "unknown command 'trian'; did you mean train or variants?"),
        (["prepare", "peeks"], "unknown import format 'peeks'; did you mean peaks?"),
        (["train"], "Missing argument 'PLAN'; see `chromkeras train --help`"),
        (["info"], "Missing argument 'FILE'; see `chromkeras info --help`"),
        (["--jsn"], "No such option: --jsn; see `chromkeras --help`"),
    ],
)
def test_a_wrong_command_line_says_where_to_look(words, message, capsys):
    assert run(words) == 2
    assert capsys.readouterr().err == f"chromkeras: {message}\n"


@pytest.mark.parametrize("words", [[], ["prepare"]])
def test_a_group_without_a_command_prints_its_help(words, capsys):
    assert run(words) == 2
    printed = capsys.readouterr()
    assert printed.out.startswith(f"Usage: {' '.join(['chromkeras', *words])} [OPTIONS] COMMAND")
    assert printed.err == ""


@pytest.mark.parametrize("command", ["train", "tune", "simulate", "compare", "interpret"])
def test_help_imports_nothing_heavy(command):
    code = (
        f"import sys; from chromkeras.cli.app import run; run(['{command}', '--help']); "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.slow
def test_help_takes_less_than_5_seconds_by_the_clock():
    code = "from chromkeras.cli.app import run; run(['train', '--help'])"
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert time.monotonic() - began < 5  # 0.2 s on a quiet machine


def test_errors_can_be_traced(monkeypatch):
    monkeypatch.setenv("CHROMKERAS_TRACEBACK", "1")
    with pytest.raises(ValueError, match="unknown plan"):
        run(["train", "hrd"])


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(28, "No space left on device", "x.h5"), "x.h5: no space left on device"),
        (MemoryError("8 TiB"), "out of memory (8 TiB); ask for less"),
        (EOFError("no data left"), "no data left"),
    ],
)
def test_errors_of_the_machine_are_one_line(error, message, monkeypatch, capsys):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr("chromkeras.model_file.info.require_file", fail)
    assert run(["info", "x.h5"]) == 2
    assert capsys.readouterr().err.strip() == f"chromkeras: {message}"


def test_help_lists_what_registries_hold(capsys):
    def words(command):
        assert run([command, "--help"]) == 0
        return capsys.readouterr().out.replace("-\n", "-").split()

    listed = {
        "train": {*ARCHITECTURES.names(), *SHARDS, *size_names()},
        "simulate": {*GRAMMARS.names()},
        "compare": {*COMPARISON_PARTS.names(), *CHOICES},
        "interpret": {*METHODS.names(), *REFERENCE_KINDS, *RULES, *CHOICES},
        "evaluate": {*CHOICES},
    }
    for command, names in listed.items():
        shown = {word.strip(",.:;()[]") for word in words(command)}
        assert names <= shown, command


@pytest.mark.parametrize("names", ["a\rb", "a\nb", "a" * 140_000])
def test_lists_of_names_that_cannot_be_read_are_one_line(names, capsys):
    assert run(["train", "hard", "--tasks", names]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("chromkeras: expected names with commas between")
