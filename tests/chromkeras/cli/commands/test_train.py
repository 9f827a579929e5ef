import csv
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from chromkeras.cli.app import run
from chromkeras.cli.stop import Stopped
from chromkeras.data.hdf5 import load_dataset, save_dataset
from chromkeras.model_file import check
from chromkeras.model_file.card import RunCard

TINY = ["--set", "architecture.filters=[6,5,4]", "--set", "architecture.dense=[7,6]"]


@pytest.fixture
def data(tiny_dataset, tmp_path):
    path = tmp_path / "data.h5"
    save_dataset(tiny_dataset(), path)
    return path


def test_train_then_info(data, tmp_path, capsys):
    out = tmp_path / "model.keras"
    words = ["train", "hard", "--data", str(data), "--out", str(out), "--epochs", "1", *TINY]
    assert run(words) == 0
    assert "validation AUROC" in capsys.readouterr().out
    assert {p.name for p in tmp_path.iterdir()} == {
        "data.h5", "model.keras", "model.history.csv", "model.history.png",
    }  # fmt: skip
    assert run(["info", str(out), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["tasks"] == ["task0", "task1", "task2"]
    assert facts["recipe"]["training"]["epochs"] == 1
    assert run(["info", str(data), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["fingerprint"] == facts["data fingerprint"]
    assert shown["rows"] == 96


def test_train_and_finetune_tell_scores_and_files_as_json(data, tmp_path, capsys):
    out = tmp_path / "model.keras"
    words = ["--data", str(data), "--epochs", "1", "--json", "--quiet"]
    for command in (
        ["train", "hard", "--out", str(out), *TINY],
        ["finetune", "--model", str(out), "--out", str(tmp_path / "tuned.keras")],
    ):
        assert run([*command, *words]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        told = json.loads(printed.out)
        keys = {"model", "history", "pictures", "problem", "epochs", "scores"}
        assert set(told) == keys | ({"baseline"} if command[0] == "train" else set())
        assert (told["problem"], told["epochs"]) == ("binary", 1)
        assert set(told["scores"]["validation_auroc"]) == {"task0", "task1", "task2"}
        written = [told["model"], told["history"], *told["pictures"]]
        assert all(Path(path).is_file() for path in written)


def test_the_end_says_whether_the_network_beats_kmers(data, tmp_path, capsys):
    words = ["train", "hard", "--data", str(data), "--epochs", "1", *TINY]
    assert run([*words, "--out", str(tmp_path / "a.keras")]) == 0
    said = capsys.readouterr().out
    assert "the 6-mer baseline (AUROC 0." in said
    assert "of 3 tasks" in said
    assert run([*words, "--out", str(tmp_path / "b.keras"), "--no-baseline"]) == 0
    assert "baseline" not in capsys.readouterr().out


def test_a_data_set_left_in_its_file_trains_alike(data, tmp_path, monkeypatch):
    asked = []

    def load(path, *, mmap=False):
        asked.append(mmap)
        return load_dataset(path, mmap=mmap)

    monkeypatch.setattr("chromkeras.data.hdf5.load_dataset", load)
    rows = []
    for name, options in (("plain", ()), ("mapped", ("--mmap",))):
        out = tmp_path / f"{name}.keras"
        train = ["train", "hard", "--data", str(data), "--out", str(out), "--epochs", "1"]
        assert run([*train, *TINY, *options]) == 0
        with out.with_name(f"{name}.history.csv").open() as file:
            rows.append([row | {"seconds": ""} for row in csv.DictReader(file)])
    assert rows[0] == rows[1]
    assert asked == [False, True]


BAD = {
    ("train", "hrd"): "unknown plan 'hrd'; did you mean hard",
    ("train",): "Missing argument 'PLAN'",
    ("train", "hard", "--epoch", "3"): "No such option: --epoch",
    ("train", "hard", "--size", "tiny"): "unknown size 'tiny'",
    ("train", "hard", "--set", "training.epoch=1"): "did you mean --epochs (training.epochs)",
    ("-q", "train", "hard", "--epochs", "0"): "--epochs (training.epochs): expected at least 1",
    ("train", "hard", "--data", "absent.h5"): "data set absent.h5 does not exist",
    ("train", "hard", "--recipe", "absent.toml"): "recipe absent.toml does not exist",
    ("train", "hard", "--data", "DATA", "--out", "m.h5"): "ends in .keras, received m.h5",
    ("train", "hard", "--data", "DATA", "--out", "data.h5/m.keras"): "is a file, not a folder",
    ("train", "hard", "--data", "DATA", "--set", "data.shift=300"): "expected 0 to 299",
    ("train", "hard", "--data", "DATA", "--resume"): "nothing to resume",
    ("train", "hard", "--data", "DATA", "--set", "sharing.depth=99"): "expected 0 to 11",
    ("info", "absent.keras"): "file absent.keras does not exist",
    ("interpret", "--model", "absent.keras"): "model absent.keras does not exist",
    ("interpret", "--model", "DATA"): "is not a .keras file",
    (
        "train",
        "hard",
        "--data",
        "DATA",
        "--hosts",
        "here",
    ): "--hosts: expected auto or HOST:PORT,K/N",
}


@pytest.mark.parametrize("arguments", BAD)
def test_bad_input_is_one_line_and_code_2(arguments, data, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [str(data) if word == "DATA" else word for word in arguments]
    assert run(words) == 2
    printed = capsys.readouterr()
    assert BAD[arguments] in printed.err
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("chromkeras: ")
    assert {p.name for p in tmp_path.iterdir()} == {"data.h5"}


def test_a_stopped_run_says_how_to_go_on(data, tmp_path, capsys, monkeypatch):
    from chromkeras.training import train as module

    out = tmp_path / "model.keras"
    state = tmp_path / "model.resume.npz"

    words = ["train", "hard", "--data", str(data), "--out", str(out), *TINY]

    def before_an_epoch(*arguments, **options):
        raise Stopped(2)

    def after_an_epoch(*arguments, **options):
        state.write_text("x")
        raise Stopped(2)

    for train, advice in (
        (before_an_epoch, "no epoch was whole, so there is nothing to resume"),
        (after_an_epoch, "the same command with --resume goes on from there"),
    ):
        monkeypatch.setattr(module, "train", train)
        with pytest.raises(Stopped) as caught:
            run(words)
        assert advice in caught.value.message
    with pytest.raises(Stopped):
        run(words)
    assert f"note: {state} of a stopped run will be replaced" in capsys.readouterr().err


def test_info_writes_json_also_of_undefined_scores(tmp_path, capsys, monkeypatch):
    card = RunCard(("a",), {"plan": "hard"}, scores={"auroc": float("nan")})
    path = tmp_path / "m.keras"
    path.write_text("x")
    monkeypatch.setattr(check, "check_model_file", lambda _: SimpleNamespace(card=card))
    assert run(["info", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scores"] == {"auroc": None}


def test_a_dry_run_writes_nothing(data, tmp_path, capsys, monkeypatch):
    from chromkeras.cost import dry_run

    monkeypatch.chdir(tmp_path)
    words = ["train", "soft", "--data", str(data), "--dry-run", *TINY]
    assert run(words) == 0
    printed = capsys.readouterr()
    lines = [line.split()[0] for line in printed.out.splitlines()]
    assert lines == ["parameters", "operations", "memory", "epoch", "run"]
    assert printed.err == ""
    assert run([*words, "--json"]) == 0
    expected = json.loads(capsys.readouterr().out)
    assert set(expected) == {
        "cost", "memory", "free", "speed", "training", "validation", "epochs", "warning",
    }  # fmt: skip
    assert expected["cost"]["parameters"] > 0
    monkeypatch.setattr(dry_run, "free_memory", lambda: -(10**12))
    assert run(words) == 0
    assert capsys.readouterr().err.startswith("WARNING: the run is expected to need")
    assert {p.name for p in tmp_path.iterdir()} == {"data.h5"}
