import json
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
from matplotlib.image import imread
from sklearn.metrics import roc_auc_score

from chromkeras.cli.app import run
from chromkeras.data.hdf5 import save_dataset
from chromkeras.data.held_out import held_out
from chromkeras.evaluation.predict import predict_logits
from chromkeras.model_file.open_model import open_model
from chromkeras.model_file.save_model import save_model
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan


@pytest.fixture
def made(tiny_recipe, tiny_dataset, tmp_path):
    """An untrained model and its data set, as files."""
    recipe, dataset = tiny_recipe("hard"), tiny_dataset(rows=200)
    kind = np.where(np.arange(200) % 3 == 0, "background", "element")
    labels = np.where((kind == "background")[:, None], 0, dataset.labels).astype(np.int8)
    dataset = replace(dataset, kind=kind, labels=labels)
    model = build_model(resolve_plan(recipe, dataset.tasks, {"dna": (300, 4)}, problem="binary"))
    path = tmp_path / "hard.keras"
    save_model(
        path,
        resolve_plan(recipe, dataset.tasks, {"dna": (300, 4)}, problem="binary"),
        model.get_weights(),
        fingerprint=dataset.fingerprint,
        scores={},
    )
    save_dataset(dataset, tmp_path / "data.h5")
    return path, dataset, tmp_path / "data.h5"


def call(*arguments):
    return run(["evaluate", *map(str, arguments)])


def test_json_table_and_pictures_are_written(made, capsys):
    path, dataset, data = made
    assert call("--model", path, "--data", data) == 0
    folder = path.parent / "hard_evaluation"
    assert sorted(p.name for p in folder.iterdir()) == ["metrics.json", "pr.png", "roc.png"]
    assert imread(folder / "roc.png").std() > 0.01
    said = capsys.readouterr()
    assert "mean, elements only" in said.out
    assert "note:" not in said.err
    read = json.loads((folder / "metrics.json").read_text())
    assert read["split"] == "test"
    assert read["fingerprint"]["same"]
    model = open_model(path).network
    rows = dataset.rows("test")
    logits, labels = predict_logits(model, dataset, rows), dataset.values(rows)
    for t, task in enumerate(dataset.tasks):
        known = labels[:, t] >= 0
        expected = roc_auc_score(labels[known, t], logits[known, t])
        got = read["strata"]["all"]["tasks"][task]["auroc"]
        assert got == pytest.approx(expected, abs=1e-9)


def test_a_data_set_left_in_its_file_is_evaluated_alike_and_told_as_json(made, capsys):
    path, _, data = made
    read = []
    for name, options in (("a.json", ()), ("b.json", ("--mmap",))):
        out = path.parent / name
        assert call("--model", path, "--data", data, "--out", out, *options, "--json") == 0
        told = json.loads(capsys.readouterr().out)
        assert told.pop("metrics") == str(out)
        assert [name.rpartition("/")[2] for name in told.pop("pictures")] == ["roc.png", "pr.png"]
        assert told.pop("tables") == []  # rows that are about nothing named
        assert told == json.loads(out.read_text())
        read.append(told)
    assert read[0] == read[1]


def test_places_split_and_threshold_can_be_chosen(made):
    path, dataset, data = made
    out, plots = path.parent / "deep" / "m.json", path.parent / "pictures"
    options = ("--split", "train", "--threshold", "f1", "--out", out, "--plots", plots)
    assert call("--model", path, "--data", data, *options) == 0
    read = json.loads(out.read_text())
    assert read["rows"] == len(dataset.rows("train"))
    assert read["threshold"]["rule"] == "f1"
    assert (plots / "roc.png").exists()
    assert [p.name for p in out.parent.iterdir()] == ["m.json"]


def test_tasks_are_matched_by_name(made, capsys):
    path, dataset, _ = made
    names = ("task2", "extra", "task0", "task1")
    labels, known = (values[:, [2, 0, 0, 1]] for values in (dataset.labels, dataset.known))
    other = path.parent / "other.h5"
    save_dataset(replace(dataset, labels=labels, known=known, tasks=names), other)
    assert call("--model", path, "--data", other, "--out", path.parent / "a.json") == 0
    assert "note:" not in capsys.readouterr().err, "the same rows and labels, after all"
    assert call("--model", path, "--data", made[2], "--out", path.parent / "b.json") == 0
    one, two = (json.loads((path.parent / f"{n}.json").read_text()) for n in "ab")
    assert one["strata"] == two["strata"]


def test_other_data_is_said(made, tiny_dataset, capsys):
    path, _, _ = made
    other = path.parent / "other.h5"
    save_dataset(tiny_dataset(seed=1), other)
    assert call("--model", path, "--data", other) == 0
    assert capsys.readouterr().err.count("note: the model was trained on other data") == 1
    read = json.loads((path.parent / "hard_evaluation" / "metrics.json").read_text())
    assert not read["fingerprint"]["same"]


@pytest.mark.parametrize("threshold", ["0.5", "f1"])
def test_held_out_rows_beside_the_model_say_what_the_whole_data_set_does(made, threshold, capsys):
    path, dataset, data = made
    whole, part = path.parent / "whole.json", path.parent / "part.json"
    options = ("--model", path, "--split", "valid", "--threshold", threshold)
    assert call(*options, "--data", data, "--out", whole) == 0
    data.unlink()
    save_dataset(held_out(dataset), path.parent / "held.h5")
    capsys.readouterr()
    assert call(*options, "--out", part) == 0
    said = capsys.readouterr().err
    assert said.count("no --data given: using") == 1
    assert "note:" not in said
    expected, read = json.loads(whole.read_text()), json.loads(part.read_text())
    for name in ("strata", "threshold", "rows"):
        assert read[name] == expected[name]
    assert read["fingerprint"]["same"]
    assert read["fingerprint"]["held_out_of"] == [dataset.fingerprint]
    assert expected["fingerprint"]["held_out_of"] is None
    assert read["data"] == str(path.parent / "held.h5")


def test_without_data_beside_it_or_training_rows_in_it(made, capsys):
    path, dataset, data = made
    save_dataset(held_out(dataset), path.parent / "held.h5")
    for options, message in (
        ((), "no --data given, and several data sets would do: "),
        (("--data", path.parent / "held.h5", "--split", "train"), "the train split has no rows"),
    ):
        assert call("--model", path, *options) == 2
        assert message in capsys.readouterr().err.splitlines()[-1]
    held = path.parent / "held.h5"
    held.rename(data)
    held.write_bytes(b"")
    assert call("--model", path, "--split", "valid", "--out", held.with_name("metrics.json")) == 0
    assert call("--model", path, "--split", "valid", "--out", data) == 2
    assert "is also the input" in capsys.readouterr().err
    data.unlink()
    assert call("--model", path) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert "expected --data, or a data set with the tasks task0, task1, task2 in one of" in said[-1]
    assert not (path.parent / "hard_evaluation").exists()


@pytest.mark.slow
def test_works_in_a_process_that_knows_no_layer_yet(made):
    path, _, data = made
    code = "import sys; from chromkeras.cli.app import run; sys.exit(run(sys.argv[1:]))"
    words = ["evaluate", "--model", path, "--data", data]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "mean, all rows" in done.stdout


def test_missing_task_and_wrong_length_end_with_one_line(made, tiny_dataset, capsys):
    path, dataset, _ = made
    fewer, longer = path.parent / "fewer.h5", path.parent / "longer.h5"
    save_dataset(dataset.select_tasks(["task0", "task1"]), fewer)
    save_dataset(tiny_dataset(length=320), longer)
    for data, message in (
        (fewer, "the data set lacks task 'task2' of the model (1 of 3 missing)"),
        (longer, "expected sequences of 300 bases, as the model was trained on, received 320"),
    ):
        assert call("--model", path, "--data", data) == 2
        error = capsys.readouterr().err.strip().splitlines()[-1]
        assert message in error
    assert not (path.parent / "hard_evaluation").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--split", "tets"), "did you mean test?"),
        (("--threshold", "f2"), "unknown threshold 'f2'"),
        (("--threshold", "1.5"), "received 1.5"),
        (("--out", "."), "is a folder"),
    ],
)
def test_bad_options_write_nothing(made, options, message, capsys):
    path, _, data = made
    assert call("--model", path, "--data", data, *options) == 2
    assert message in capsys.readouterr().err
    assert not (path.parent / "hard_evaluation").exists()


def test_a_model_of_anybody_is_evaluated_by_the_names_of_its_outputs(made, capsys, tmp_path):
    _, dataset, data = made
    keras.utils.set_random_seed(0)
    layers = [
        keras.Input((None, 4)),
        keras.layers.Conv1D(4, 9, activation="relu"),
        keras.layers.GlobalMaxPooling1D(),
        keras.layers.Dense(3, activation="sigmoid"),
    ]
    model = keras.Sequential(layers)
    path = tmp_path / "any.keras"
    model.save(path)
    assert call("--model", path, "--data", data) == 2
    assert "expected --tasks, a name for each of its outputs" in capsys.readouterr().err
    named = ("--tasks", "task2,task0,task1", "--no-both-strands")
    assert call("--model", path, "--data", data, *named, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    rows = dataset.rows("test")
    p = model.predict(dataset.one_hot(rows), verbose=0)
    labels = dataset.values(rows)[:, 2]
    known = labels >= 0
    found = told["strata"]["all"]["tasks"]["task2"]
    assert found["auroc"] == pytest.approx(roc_auc_score(labels[known], p[known, 0]), abs=1e-9)
    assert told["threshold"]["probability"]["task2"] == 0.5
    assert found["tp"] == ((labels[known] == 1) & (p[known, 0] > 0.5)).sum()
    both = (*named, "--against", made[0], "--split", "test", "--json")
    assert call("--model", path, "--data", data, *both) == 0
    told = json.loads(capsys.readouterr().out)["against"]
    assert told["auroc"]["tasks"]["task2"]["model"] == pytest.approx(found["auroc"], abs=1e-9)
    assert call("--model", made[0], "--data", data, "--tasks", "a") == 2
    assert "has a run card" in capsys.readouterr().err
