import json
from dataclasses import replace

import numpy as np
import pytest

from chromkeras.cli.app import run
from chromkeras.data.hdf5 import save_dataset
from chromkeras.data.held_out import held_out
from chromkeras.data.tables import DenseTable


@pytest.fixture
def files(tiny_dataset, tmp_path):
    """A data set, and the files of it and of its held-out rows."""
    dataset = tiny_dataset(rows=32, length=20)
    whole, part = tmp_path / "whole.h5", tmp_path / "part.h5"
    save_dataset(dataset, whole)
    save_dataset(held_out(dataset, [("task1",)]), part)
    return dataset, whole, part


def test_a_data_set_s_rows_and_labels_are_counted(files, capsys):
    dataset, whole, _ = files
    assert run(["info", str(whole), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["splits"] == {"train": 16, "valid": 8, "test": 8}
    assert facts["positives"]["task1"] == int((dataset.labels[:, 1] == 1).sum())
    assert facts["unknown labels"]["task2"] == int((~dataset.known[:, 2]).sum()) > 0
    assert (facts["length"], facts["fingerprint"]) == (20, dataset.fingerprint)
    assert (facts["inputs"], facts["problem"]) == ({"dna": [20, 4]}, "binary")
    assert "held out of" not in facts


def test_a_data_set_of_other_labels_and_inputs(files, tmp_path, capsys):
    dataset, _, _ = files
    other = replace(
        dataset,
        inputs={"cell": DenseTable(np.zeros((32, 5)))},
        problem="classes",
        classes=("closed", "open"),
    )
    save_dataset(other, tmp_path / "other.h5")
    assert run(["info", str(tmp_path / "other.h5"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["inputs"], facts["problem"]) == ({"cell": [5]}, "classes")
    assert facts["classes"] == ["closed", "open"]
    assert not {"length", "positives"} & set(facts)


def test_held_out_rows_say_of_what(files, capsys):
    dataset, _, part = files
    assert run(["info", str(part), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    alone = dataset.select_tasks(["task1"])
    assert facts["splits"] == {"train": 0, "valid": 8, "test": 8}
    assert facts["held out of"] == [dataset.fingerprint, alone.fingerprint]
    assert run(["info", str(part)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert f"held out of     {dataset.fingerprint}, {alone.fingerprint}" in said


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_held_out_rows_cannot_be_trained_on(files, options, tmp_path, capsys):
    dataset, _, part = files
    out = tmp_path / "m.keras"
    assert run(["train", "hard", "--data", str(part), "--out", str(out), *options]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    whole = dataset.fingerprint
    expected = f"these were held out of the data set {whole}, which has the rows to train on"
    assert expected in error
    assert not out.exists()


def test_a_shipped_model_is_found_by_its_name(capsys):
    assert run(["info", "worm_hard"]) == 0
    assert "Intest" in capsys.readouterr().out
    assert run(["info", "worm_hrd"]) == 2
    assert "did you mean worm_hard" in capsys.readouterr().err
