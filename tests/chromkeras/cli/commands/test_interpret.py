import json
from dataclasses import replace

import pytest

from chromkeras.cli.app import run
from chromkeras.data.hdf5 import save_dataset
from chromkeras.model_file.save_model import save_model
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

TASKS = ("Muscle", "Hypod", "T-cell", "T", "cell-Muscle")
QUICK = ("--sequences=2", "--scan=8", "--modisco=0", "--motifs=jaspar:nematodes")


@pytest.fixture
def files(tiny_dataset, tiny_recipe, tmp_path, monkeypatch):
    """A folder with data.h5 and model.keras, untrained, which is the current one."""
    monkeypatch.chdir(tmp_path)
    dataset = tiny_dataset(tasks=len(TASKS))
    dataset = replace(dataset, tasks=TASKS)
    save_dataset(dataset, tmp_path / "data.h5")
    recipe = tiny_recipe("hard")
    weights = build_model(
        resolve_plan(recipe, TASKS, {"dna": (300, 4)}, problem="binary")
    ).get_weights()
    save_model(
        tmp_path / "model.keras",
        resolve_plan(recipe, TASKS, {"dna": (300, 4)}, problem="binary"),
        weights,
        fingerprint=dataset.fingerprint,
        scores={},
    )
    return tmp_path


def call(*arguments):
    return run(["interpret", "--model", "model.keras", "--data", "data.h5", *arguments])


def test_a_contrast_against_background(files, capsys):
    words = (
        "--contrast",
        "Muscle-Hypod",
        "--reference-kind",
        "background",
        "--methods",
        "deep_lift_shap",
    )
    assert call("--out", "out", *words, *QUICK) == 0
    said = capsys.readouterr().out
    assert "largest relative convergence delta of deep_lift_shap" in said
    assert "look first at out/report.html: what the model reads" in said
    assert call("--out", "out", *words, *QUICK, "--json") == 0
    summary = json.loads((files / "out" / "summary.json").read_text(encoding="utf-8"))
    told = json.loads(capsys.readouterr().out)
    assert (told.pop("out"), told.pop("report")) == ("out", "out/report.html")
    assert {"report.html", "summary.json", "deep_lift_shap.npz"} <= set(told.pop("written"))
    assert told == summary
    assert summary["options"]["contrasts"] == ["Muscle-Hypod"]
    assert summary["attributions"]["deep_lift_shap"]["references"] == "1 background"


BAD = {
    ("--contrast", "Muscle-Hypd"): "unknown task 'Hypd'; did you mean Hypod",
    ("--contrast", "T-cell-Muscle"): "put spaces around the minus",
    ("--contrast", "?!"): "expected TASK-TASK, TASK+TASK-TASK or TASK-rest",
    ("--contrast", ""): "expected TASK-TASK",
    ("--tasks", "Muscel"): "unknown task 'Muscel'; did you mean Muscle",
    ("--reference-kind", "shufle"): "unknown reference kind 'shufle'; did you mean shuffle",
    ("--reference-kind", "genomic", "--references", "999"): "expected at least 999 training rows",
    ("--contrast", "Muscle-Hypod", "--truth"): "--truth: expected no --contrast",
    ("--split", "vald"): "unknown split 'vald'",
    ("--level", "condition=heat"): "expected a data set whose rows have factors",
    ("--targets", "data.h5"): "expected UTF-8 text",
    ("--targets", "none.tsv"): "none.tsv",
    ("--pairs", "0"): "--pairs: expected at least 1",
    ("--part", "3/2"): "--part: expected K/N with 1 <= K <= N, received 3/2",
}  # fmt: skip


@pytest.mark.parametrize("arguments", BAD)
def test_bad_input_is_one_line_and_code_2(arguments, files, capsys):
    assert call("--out", "out", *arguments, *QUICK) == 2
    printed = capsys.readouterr()
    assert BAD[arguments] in printed.err
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("chromkeras: ")
    assert {path.name for path in files.iterdir()} == {"data.h5", "model.keras"}
