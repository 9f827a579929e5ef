import json
from dataclasses import replace

import numpy as np
import pytest

from chromkeras.cli.app import run
from chromkeras.cli.stop import Stopped
from chromkeras.data.factor import Factor
from chromkeras.data.hdf5 import save_dataset

SHOWN = (
    "fold  train  validation  held out", "AUROC, validation", "mean", "SD",
    "out-of-fold predictions", "chromkeras evaluate --model cv", "curves.png",
)  # fmt: skip
TINY = ["--set", "architecture.filters=[6,5,4]", "--set", "architecture.dense=[7,6]"]


@pytest.fixture
def data(tiny_dataset, tmp_path):
    path, dataset = tmp_path / "data.h5", tiny_dataset()
    gene = Factor(tuple("abcdefgh"), np.arange(len(dataset)) // 4 % 8)
    save_dataset(replace(dataset, factors={"gene": gene}), path)
    return path


def test_crossval_then_evaluate_and_compare(data, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["crossval", "hard", "--data", "data.h5", "--epochs", "1", "--folds", "3", *TINY]
    assert run([*words, "--group", "gene", "--out", "cv"]) == 0
    printed = capsys.readouterr()
    for text in SHOWN:
        assert text in printed.out
    assert "fold 2 of 3: AUROC" in printed.err
    assert (tmp_path / "cv" / "curves.png").stat().st_size > 10_000

    assert run([*words, "--group", "gene", "--out", "cv", "--resume", "--json", "-q"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["folds"] == 3
    assert told["results"]["score"] == "auroc"
    assert len(told["models"]) == len(told["results"]["each fold"]) == 3

    assert run(["evaluate", "--model", "cv"]) == 0  # finds data.h5 beside the folder
    printed = capsys.readouterr()
    assert "cv on the test split: 24 rows" in printed.out
    assert "other data" not in printed.err
    assert (tmp_path / "cv_evaluation" / "metrics.json").exists()
    assert run(["evaluate", "--model", "cv", "--split", "valid"]) == 0
    assert "WARNING: cv: its members were trained on rows of" in capsys.readouterr().err

    parts = "predictions,costs,layers,distances,attributions,gradients"
    words = ["compare", "cv", "cv/fold_1.keras", "cv/fold_2.keras", "--parts", parts]
    assert (
        run([*words, "--bootstrap", "20", "--json", "--sequences", "4", "--attributed", "1"]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert set(told["models"]) == {"cv", "fold_1", "fold_2"}
    assert not any(note.startswith("cv was trained on other data") for note in told["notes"])
    page = (tmp_path / "compare" / "report.html").read_text()
    assert page.count("an ensemble is no single network: cv") >= 3
    costs = told["costs"]
    assert costs["cv"]["parameters"] == 3 * costs["fold_1"]["parameters"]
    assert costs["cv"]["epochs"] == 3
    assert all("cv" not in pair for pair in told["attributions"])


BAD = {
    ("crossval",): "Missing argument 'PLAN'",
    ("crossval", "hrd"): "unknown plan 'hrd'",
    ("crossval", "hard", "--folds", "2"): "--folds: expected at least 3, as one is held out",
    (
        "crossval",
        "hard",
        "--folds",
        "9",
        "--group",
        "gene",
    ): "--folds: expected at most 8, the number",
    ("crossval", "hard", "--group", "cell"): "unknown --group 'cell'; expected one of gene",
    ("crossval", "hard", "--seed", "-1"): "--seed",
    ("crossval", "hard", "--set", "training.epoch=1"): "did you mean --epochs (training.epochs)",
    ("crossval", "hard", "--out", "data.h5"): "is a file; expected a folder",
    ("crossval", "hard", "--init", "absent.keras"): "model absent.keras does not exist",
    ("evaluate", "--model", "empty"): "model empty is a folder without ensemble.json",
}


@pytest.mark.parametrize("arguments", BAD)
def test_bad_input_is_one_line_and_code_2(arguments, data, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    words = [*arguments, *(["--data", "data.h5"] if len(arguments) > 2 else [])]
    assert run(words) == 2
    printed = capsys.readouterr()
    assert BAD[arguments] in printed.err
    assert printed.err.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"data.h5", "empty"}


def test_a_stopped_run_says_how_to_go_on(data, tmp_path, capsys, monkeypatch):
    def stop(*arguments, **options):
        raise Stopped(2)

    monkeypatch.chdir(tmp_path)
    words = ["crossval", "hard", "--data", "data.h5", *TINY]
    monkeypatch.setattr("chromkeras.cross_validation.run.train", stop)
    with pytest.raises(Stopped) as caught:
        run(words)
    assert "hard_crossval keeps every whole epoch: the same command with --resume" in str(
        caught.value.message
    )
    with pytest.raises(Stopped):
        run(words)
    assert "note: the run in hard_crossval will be replaced" in capsys.readouterr().err
    assert run([*words, "--set", "training.seed=1", "--resume"]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "belongs to another cross-validation (training.seed was 0, now 1)" in error
    assert error.endswith("or start anew without --resume")
