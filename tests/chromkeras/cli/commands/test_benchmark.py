import pytest

from chromkeras.cli.app import run
from chromkeras.cli.stop import Stopped
from chromkeras.data.hdf5 import save_dataset

TINY = ["--set", "architecture.filters=[6,5,4]", "--set", "architecture.dense=[7,6]"]


@pytest.fixture
def data(tiny_dataset, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_dataset(tiny_dataset(), tmp_path / "data.h5")
    return tmp_path


def test_benchmark_tells_what_it_measured(data, capsys):
    words = ["benchmark", "--data", "data.h5", "--models", "basset", "--plan", "single"]
    words += ["--seeds", "1", "--epochs", "1", "--bootstrap", "10", "--repeats", "1", *TINY]
    assert run([*words, "--out", "b"]) == 0
    printed = capsys.readouterr()
    for text in (
        "24 rows of the test split, one seed", "basset (small)  single", "256 sequences",
        "wrote b: table.tsv, table.md",
    ):  # fmt: skip
        assert text in printed.out
    assert "basset (small), single, seed 0: AUROC" in printed.err


BAD = {
    ("--models", "baset"): "unknown model 'baset'; did you mean",
    ("--models", "basset,"): "--models: expected at least one name, received none",
    ("--models", "basset", "--plans", "hrd"): "unknown plan 'hrd'",
    ("--models", "basset", "--size", "poser"): "unknown size 'poser'",
    ("--models", "basset", "--seeds", "0"): "--seeds: expected at least 1, received 0",
    ("--models", "basset", "--split", "all"): "unknown --split 'all'",
    ("--models", "deepreg"): "--models: deepreg reads dna, regulators, and the data set has no",
    ("--models", "basset", "--out", "data.h5"): "is a file; expected a folder",
    ("--models", "basset", "--set", "training.epoch=1"): "training.epoch",
    ("--models", "basset", "--data", "absent.h5"): "absent.h5 does not exist",
}


@pytest.mark.parametrize("arguments", BAD)
def test_bad_input_is_one_line_and_code_2(arguments, data, capsys):
    given = ["--data", "data.h5"] if "--data" not in arguments else []
    assert run(["benchmark", *given, *arguments]) == 2
    printed = capsys.readouterr()
    assert BAD[arguments] in printed.err
    assert printed.err.count("\n") == 1
    assert {path.name for path in data.iterdir()} == {"data.h5"}


def test_a_stopped_benchmark_says_how_to_go_on(data, monkeypatch):
    def stop(*arguments, **options):
        raise Stopped(2)

    monkeypatch.setattr("chromkeras.benchmarking.runs.Runs.make", stop)
    with pytest.raises(Stopped) as caught:
        run(["benchmark", "--data", "data.h5", "--models", "basset"])
    assert "benchmark keeps every whole epoch: the same command goes on" in caught.value.message
