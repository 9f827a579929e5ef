import os
import subprocess
import sys

import pytest

from chrominterpret.registry import METHODS
from chromkeras.cli import completion
from chromkeras.cli.app import run
from chromkeras.data.split_names import CHOICES
from chromkeras.model_file.shipped import shipped_models
from chromkeras.recipe.choices import OPTIMIZERS, PLANS
from chromkeras.registry import (
    ARCHITECTURES,
    BASELINES,
    COMMANDS,
    COMPARISON_PARTS,
    GRAMMARS,
    IMPORT_FORMATS,
    PROBLEMS,
)

HEAVY = ("keras", "tensorflow", "numpy", "h5py", "matplotlib", "pandas")
COMPLETE = "from chromkeras.cli.app import main; main()"


def asked(line, monkeypatch, capsys):
    """Return what the program answers bash at the end of a line."""
    words = line.split(" ")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    monkeypatch.setenv("_CHROMKERAS_COMPLETE", "complete_bash")
    with pytest.raises(SystemExit, match="0"):
        run([])
    return capsys.readouterr().out.split()


ANSWERS = {
    "chromkeras ": COMMANDS.names(),
    "chromkeras prepare ": IMPORT_FORMATS.names(),
    "chromkeras train ": (*PLANS, *BASELINES.names()),
    "chromkeras train hard --architecture ": ARCHITECTURES.names(),
    "chromkeras train hard --set training.optimizer=": [
        f"training.optimizer={name}" for name in OPTIMIZERS
    ],
    "chromkeras interpret --methods ": METHODS.names(),
    "chromkeras evaluate --split ": CHOICES,
    "chromkeras compare --parts ": COMPARISON_PARTS.names(),
    "chromkeras simulate --grammar ": GRAMMARS.names(),
    "chromkeras prepare arrays x.h5 --problem ": PROBLEMS.names(),
    "chromkeras info ": tuple(shipped_models()),
    "chromkeras finetune --model worm_h": ("worm_hard",),
    "chromkeras info absent": (),
}


@pytest.mark.parametrize("line", ANSWERS)
def test_the_shell_completes_what_registries_hold(line, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert asked(line, monkeypatch, capsys) == list(ANSWERS[line])


def test_names_with_commas_between_stand_once():
    complete = completion.several(lambda: ("costs", "filters", "layers"))
    assert complete("") == ["costs", "filters", "layers"]
    assert complete("filters,") == ["filters,costs", "filters,layers"]


def test_settings_are_keys_and_then_values():
    assert "training.epochs=" in completion.setting("train")
    assert completion.setting("training.epochs=") == []
    assert completion.setting("trainign.epochs=") == []


def test_models_are_files_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "cv").mkdir(parents=True)
    for name in ("hard.keras", "hard.h5", "runs/soft.keras", "runs/cv/ensemble.json"):
        (tmp_path / name).write_text("x")
    assert completion.model("h") == ["hard.keras"]
    assert completion.model("runs/") == ["runs/soft.keras", "runs/cv"]


def test_a_script_is_printed_for_the_shell():
    code = f"import sys; sys.argv = ['chromkeras', '--show-completion']; {COMPLETE}"
    environment = os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    code = code.replace("'--show-completion'", "'--show-completion', 'bash'")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert "complete -o default -F" in done.stdout


def test_completion_imports_nothing_heavy():
    environment = os.environ | {
        "COMP_WORDS": "chromkeras train hard --architecture ",
        "COMP_CWORD": "4",
        "_CHROMKERAS_COMPLETE": "complete_bash",
    }
    code = (
        f"import atexit, sys; atexit.register(lambda: print([name for name in {HEAVY} "
        f"if name in sys.modules])); {COMPLETE}"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.split() == [*ARCHITECTURES.names(), "[]"]
