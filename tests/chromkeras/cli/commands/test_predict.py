import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from chromkeras.cli.app import run
from chromkeras.model_file.save_model import save_model
from chromkeras.scoring.predict import predict
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan


@pytest.fixture
def made(tiny_recipe, tmp_path, monkeypatch):
    """Two untrained models, a genome and regions, as files in the folder that is worked in."""
    monkeypatch.chdir(tmp_path)
    plan = resolve_plan(tiny_recipe("hard"), ("gut", "nerve"), {"dna": (300, 4)}, problem="binary")
    for name in ("a", "b"):
        weights = build_model(plan).get_weights()
        save_model(tmp_path / f"{name}.keras", plan, weights, fingerprint="x", scores={})
    letters = np.random.default_rng(0).choice([*"ACGT"], 5000)
    (tmp_path / "g.fa").write_text(f">chr1\n{''.join(letters)}\n")
    regions = "".join(f"chr1\t{k * 90}\t{k * 90 + 80}\n" for k in range(50))
    (tmp_path / "r.bed").write_text(regions)
    return tmp_path


REGIONS = ("--model", "a.keras", "--bed", "r.bed", "--genome", "g.fa")


def call(*arguments):
    return run([*map(str, arguments)])


def test_regions_are_scored(made, capsys):
    assert call("predict", *REGIONS, "--out", "s.tsv", "--tasks", "nerve") == 0
    said = capsys.readouterr()
    assert "50 regions, windows of 300 bp centred on each: 50" in said.err
    assert "2 reach past an end of a chromosome" not in said.out
    assert "wrote s.tsv" in said.out
    table = pd.read_csv("s.tsv", sep="\t")
    expected = predict("a.keras", bed="r.bed", genome="g.fa", tasks=["nerve"])
    np.testing.assert_allclose(table["nerve"], expected[:, 0], rtol=1e-5)


def test_json_and_ensembles(made, capsys):
    options = ("--model", "b.keras", "--contrast", "gut-nerve", "--members", "--json")
    assert call("predict", *REGIONS, *options, "--out", "s.h5") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["members"], found["out"]) == (50, 2, ["s.h5"])
    assert found["columns"] == ["gut - nerve"]
    assert found["rows a second"] > 0


def test_parts_are_joined(made, capsys):
    for part in ("1/2", "2/2"):
        name = f"{part[0]}.tsv"
        assert call("predict", *REGIONS, "--part", part, "--batch-size", 8, "--out", name) == 0
    assert call("predict", *REGIONS, "--batch-size", 8, "--out", "whole.tsv") == 0
    assert call("join", "2.tsv", "1.tsv", "--out", "all.tsv") == 0
    assert "2 parts, 50 rows\nwrote all.tsv" in capsys.readouterr().out
    assert (made / "all.tsv").read_bytes() == (made / "whole.tsv").read_bytes()
    assert call("join", "2.tsv", "--out", "new.tsv") == 2
    assert "expected all 2 parts, received 1; missing: 1" in capsys.readouterr().err
    assert call("join", "2.tsv", "--out", "2.tsv") == 2
    assert not (made / "new.tsv").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--model", "a.keras", "--out", "s.tsv"), "expected one of --data, --fasta and --bed"),
        ((*REGIONS, "--out", "s.csv"), "--out: expected a name that ends in .tsv"),
        ((*REGIONS, "--out", "r.bed"), "is also the input"),
        ((*REGIONS, "--out", "s.tsv", "--part", "0/2"), "--part: expected K/N"),
        ((*REGIONS, "--out", "s.tsv", "--contrast", "gut"), "expected TASK-TASK"),
        ((*REGIONS[:4], "--out", "s.tsv"), "expected --genome with --bed"),
        (("--model", "a.keras", "--bed", "g.fa", "--genome", "g.fa", "--out", "s.tsv"),
         "g.fa:1: expected at least 3 columns"),
        (("--model", "a.keras", "--fasta", "r.bed", "--out", "s.tsv"), "at least one FASTA"),
        (("--model", "none.keras", "--fasta", "g.fa", "--out", "s.tsv"), "does not exist"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_line(given, said, made, capsys):
    assert call("predict", *given) == 2
    lines = capsys.readouterr().err.splitlines()
    assert said in lines[-1]
    assert lines[-1].startswith("chromkeras: ")
    assert not [p for p in made.iterdir() if "s.tsv" in p.name]


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on(made):
    (made / "r.bed").write_text("chr1\t0\t80\n" * 16_384)
    command = [sys.executable, "-c", "from chromkeras.cli.app import main; main()", "predict",
               *REGIONS]  # fmt: skip
    running = subprocess.Popen([*command, "--out", "s.tsv"], cwd=made)
    folder = made / ".s.tsv.partial"
    while len([*folder.glob("0*.npz")]) < 1:
        assert running.poll() is None
        time.sleep(0.05)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    assert not (made / "s.tsv").exists()
    done = subprocess.run([*command, "--out", "s.tsv"], cwd=made, capture_output=True, text=True,
                          check=True)  # fmt: skip
    assert "going on: " in done.stderr
    subprocess.run([*command, "--out", "whole.tsv"], cwd=made, check=True)
    assert (made / "s.tsv").read_bytes() == (made / "whole.tsv").read_bytes()
