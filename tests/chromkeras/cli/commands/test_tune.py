import json

import pytest

from chromkeras.cli.app import run
from chromkeras.cli.stop import Stopped
from chromkeras.data.hdf5 import save_dataset
from chromkeras.registry import ARCHITECTURES
from chromkeras.search.choices import PRUNERS, SAMPLERS
from chromkeras.search.space import space_names

TINY = ["--set", "architecture.filters=[6,5,4]", "--set", "architecture.dense=[7,6]"]
SPACE = "[training]\nlearning_rate = {choices = [0.001, 0.01]}\n"


@pytest.fixture
def here(tiny_dataset, tmp_path, monkeypatch):
    """An empty folder but for a data set and a search space."""
    monkeypatch.chdir(tmp_path)
    save_dataset(tiny_dataset(), tmp_path / "data.h5")
    (tmp_path / "space.toml").write_text(SPACE)
    (tmp_path / "wrong.toml").write_text("[training]\nlearning_rat = {choices = [1]}\n")
    return tmp_path


def test_tune_then_train_by_the_best_recipe(here, capsys):
    words = ["tune", "hard", "--space", "space.toml", "--data", "data.h5", "--sampler", "grid"]
    assert run([*words, "--epochs", "1", *TINY]) == 0
    printed = capsys.readouterr()
    assert "2 trials: 2 done" in printed.out
    assert "best: trial" in printed.out
    assert "trial 1 (2 of 2): AUROC" in printed.err
    assert "epoch 1/1" not in printed.err
    assert run([*words, "--epochs", "1", *TINY, "--json", "--quiet"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    told = json.loads(printed.out)
    assert told["trials"] == {"done": 2}
    assert set(told["best"]["values"]) == {"training.learning_rate"}
    assert told == json.loads((here / "tune" / "search.json").read_text())
    assert run(["train", "hard", "--data", "data.h5", "--recipe", "tune/best.toml"]) == 0
    assert f"AUROC {told['best']['score']:.4f}" in capsys.readouterr().out


BAD = {
    ("tune", "hard"): "Missing option '--space'",
    ("tune", "hrd", "--space", "basset"): "unknown plan 'hrd'; did you mean hard",
    ("tune", "hard", "--space", "baset"): "unknown search space 'baset'; did you mean basset",
    ("tune", "hard", "--space", "absent.toml"): "search space absent.toml does not exist",
    ("tune", "hard", "--space", "data.h5"): "search space data.h5 is not valid TOML",
    ("tune", "hard", "--space", "wrong.toml"): "did you mean training.learning_rate",
    ("tune", "hard", "--space", "space.toml", "--sampler", "gird"): "did you mean grid",
    ("tune", "hard", "--space", "space.toml", "--pruner", "mean"): "did you mean median",
    ("tune", "hard", "--space", "space.toml", "--trials", "0"): "--trials: expected at least 1",
    ("tune", "hard", "--space", "space.toml", "--epochs", "0"):
        "--epochs (training.epochs): expected at least 1",
    ("tune", "hard", "--space", "space.toml", "--storage", "a.txt"):
        "--storage: expected a file that ends in .db",
    ("tune", "hard", "--space", "space.toml", "--out", "data.h5"): "is a file; expected a folder",
    ("tune", "hard", "--space", "space.toml", "--data", "absent.h5"): "absent.h5 does not exist",
    ("tune", "hard", "--space", "basset", "--sampler", "grid"):
        "learning_rate: expected choices or a step for the sampler grid",
}  # fmt: skip


@pytest.mark.parametrize("arguments", BAD)
def test_bad_input_is_one_line_and_code_2(arguments, here, capsys):
    before = {path.name for path in here.iterdir()}
    data = () if "--data" in arguments or "tune" not in arguments else ("--data", "data.h5")
    assert run([*arguments, *data]) == 2
    printed = capsys.readouterr()
    assert BAD[arguments] in printed.err
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("chromkeras: ")
    assert {path.name for path in here.iterdir()} == before


def test_a_stopped_search_says_how_to_go_on(here, monkeypatch):
    def stop(*arguments, **options):
        raise Stopped(2)

    monkeypatch.setattr("chromkeras.search.tune.tune", stop)
    with pytest.raises(Stopped) as caught:
        run(["tune", "hard", "--space", "space.toml", "--data", "data.h5"])
    assert "the same command goes on from there" in caught.value.message


def test_help_lists_what_there_is(capsys):
    assert run(["tune", "--help"]) == 0
    shown = {word.strip(",.:;()[]") for word in capsys.readouterr().out.split()}
    assert {*ARCHITECTURES.names(), *SAMPLERS, *PRUNERS, *space_names()} <= shown
