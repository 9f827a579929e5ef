import json

import pytest

from chromkeras.cli.app import run
from chromkeras.data.hdf5 import load_dataset
from chromkeras.importers.grammars.registry import grammar_names
from chromkeras.importers.simulate import simulate
from chromkeras.importers.simulation import Simulation


def test_simulate_writes_a_data_set_and_says_what_is_in_it(tmp_path, capsys):
    out = tmp_path / "sim.h5"
    code = run(
        ["simulate", "--out", str(out), "--tasks", "2", "--sequences", "200", "--length", "150",
         "--motifs", "elt-2,hlh-1", "--motifs", "skn-1", "--copies", "1", "--seed", "3"]
    )  # fmt: skip
    assert code == 0
    data = load_dataset(out)
    assert (len(data), data.dna.length, data.tasks) == (200, 150, ("cell_1", "cell_2"))
    assert data.truth.names == ("MA1701.2", "MA0545.2", "MA0547.2")
    said = capsys.readouterr().out
    assert "200 rows of 150 bp, 2 tasks" in said
    assert "elt-2" in said


def test_simulate_tells_what_is_in_it_as_json(tmp_path, capsys):
    out = tmp_path / "sim.h5"
    assert run(["simulate", "--out", str(out), "--sequences", "200", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told.pop("out"), told.pop("dropped")) == (str(out), {})
    assert told.pop("notes")[0].startswith("cell_1: ")
    assert run(["info", str(out), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert told == {key: facts[key] for key in facts if key not in ("file", "kind")}


def test_expression_says_its_rule(tmp_path, capsys):
    out = tmp_path / "sim.h5"
    options = ["--kind", "expression", "--sequences", "30", "--tasks", "2", "--length", "300"]
    assert (
        run(["simulate", "--out", str(out), *options, "--span", "200", "--dna-share", "0.3"]) == 0
    )
    data = load_dataset(out)
    assert (len(data), set(data.inputs), data.tasks) == (60, {"dna", "histone"}, ("expression",))
    said = capsys.readouterr().out
    assert "raise expression: MA1701.2 elt-2, H3K4me3" in said
    assert "DNA 30%, histone 50%, noise 20%" in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--copies", "many"], "expected --copies such as 3-5 or 4, received 'many'"),
        (["--motifs", "elt-22"], "did you mean elt-2"),
        (["--positive-rate", "7"], "received 7.0"),
        (["--taks", "3"], "--tasks"),
        (["--grammar", "pairs"], "unknown grammar 'pairs'; did you mean pair"),
        (["--grammar", "pair", "--spacing", "9"], "grammar 'pair' has no spacing"),
        (["--grammar", "fixed_spacing", "--spacing", "near"], "--spacing such as 5-15 or 10"),
        (
            ["--kind", "expresion"],
            "unknown kind of simulation 'expresion'; did you mean expression",
        ),
        (["--kind", "expression", "--copies", "3"], "--copies: expected it with --kind access"),
        (["--dna-share", "0.5"], "--dna-share: expected it with --kind expression only"),
        (["--grammar", "bounded_spacing", "--spacing", "9-4"], "least <= most, received 9-4"),
    ],
)
def test_bad_options_end_with_one_line_and_no_file(options, message, tmp_path, capsys):
    out = tmp_path / "sim.h5"
    assert run(["simulate", "--out", str(out), *options]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_as_output_is_refused(tmp_path, capsys):
    assert run(["simulate", "--out", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err


def test_defaults_are_those_of_the_library(tmp_path):
    out = tmp_path / "sim.h5"
    assert run(["simulate", "--out", str(out)]) == 0
    assert load_dataset(out).fingerprint == simulate(Simulation()).fingerprint


@pytest.mark.parametrize("name", grammar_names())
def test_every_grammar_works_as_it_comes_and_is_in_the_help(name, tmp_path, capsys, monkeypatch):
    out = tmp_path / "sim.h5"
    assert run(["simulate", "--out", str(out), "--grammar", name, "--sequences", "300"]) == 0
    assert load_dataset(out).truth.causal.any(axis=0).all()
    monkeypatch.setenv("COLUMNS", "200")
    run(["simulate", "--help"])
    assert name in capsys.readouterr().out


def test_a_spacing_can_be_chosen(tmp_path):
    out = tmp_path / "sim.h5"
    code = run(
        ["simulate", "--out", str(out), "--grammar", "bounded_spacing", "--spacing", "5-20",
         "--tasks", "1", "--sequences", "300", "--copies", "1"]
    )  # fmt: skip
    assert code == 0
    truth = load_dataset(out).truth
    gap = (truth.start[1::2] - truth.end[::2])[truth.causal[::2, 0]]
    assert (gap.min(), gap.max()) == (5, 20)
