"""Parts of an interpretation, and how they are put together."""

import json
import shutil
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest

from chrominterpret.attribution import Attribution
from chrominterpret.motifs.motif_files import write_meme
from chrominterpret.motifs.pwm import Motif
from chromkeras.cli.app import run
from chromkeras.data.hdf5 import save_dataset
from chromkeras.errors import InputError
from chromkeras.model_report import patterns
from chromkeras.model_report.asked import ask
from chromkeras.model_report.attributions import attribute
from chromkeras.model_report.interpret import InterpretOptions, interpret
from chromkeras.model_report.join import join
from chromkeras.model_report.part_folder import (
    joined_attributions,
    joined_contributions,
    open_part,
    write_part,
)
from chromkeras.scoring.parts import Part

OPTIONS = InterpretOptions(
    tasks=("task1", "task2"), methods=("deep_lift_shap",), sequences=5, scan=12, references=2,
    reference_kind="background", modisco=4, motifs="jaspar:nematodes",
)  # fmt: skip


@pytest.fixture
def plan():
    return "hard"


def test_attributions_of_parts_are_those_of_all_rows(
    model_file, tiny_dataset, tmp_path, monkeypatch, capsys
):
    def contributions(model, x, onehot, options):  # DeepLIFT is tested on what is attributed
        return onehot * options["references"]

    monkeypatch.setattr(patterns, "hypothetical_contributions", contributions)
    monkeypatch.chdir(tmp_path)
    write_meme("m.meme", [Motif("a", np.full((4, 4), 0.25))])
    options = replace(OPTIONS, tasks=("task1",), sequences=2, motifs="m.meme")
    asked = ask(model_file, tiny_dataset(), options)
    made = [tmp_path / "part1", tmp_path / "part2", tmp_path / "part3"]  # the first has no row
    for number, folder in enumerate(made, 1):
        write_part(asked, Part(number, 3), folder, None)
    parts = [open_part(folder) for folder in made]
    assert [len(part.part.rows(2)) for part in parts] == [0, 1, 1]
    found, expected = joined_attributions(asked.request, parts), attribute(asked.request)
    _check_alike(*(each.results["deep_lift_shap"] for each in (found, expected)))
    assert found.title(0, 1) == expected.title(0, 1)
    searched = joined_contributions(parts[0].chosen, 300, parts)
    every = patterns.contributions_of(asked.request, asked.chosen.searched)
    for one, other in zip(searched, every, strict=True):
        assert len(one) == 4
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert run(["join", *map(str, made[::2]), "--out", str(tmp_path / "out")]) == 2
    assert "expected all 3 parts, received 2; missing: 2" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert parts[0].options == replace(options, motifs=str(tmp_path / "m.meme"))
    monkeypatch.setattr("chromkeras.importers.simulate.demo_dataset", lambda: tiny_dataset(seed=9))
    with pytest.raises(InputError, match="expected `dataset`, as the parts name no file of it"):
        join(made, tmp_path / "out")


@pytest.mark.slow
def test_parts_joined_are_one_run_and_else_refused(model_file, tiny_dataset, tmp_path):
    save_dataset(tiny_dataset(), tmp_path / "data.h5")
    whole, out = tmp_path / "whole", tmp_path / "out"
    summary = interpret(model_file, tiny_dataset(), whole, OPTIONS)
    made = [tmp_path / "part1", tmp_path / "part2"]
    for number, folder in enumerate(made, 1):
        interpret(
            model_file, tiny_dataset(), folder, OPTIONS, part=f"{number}/2",
            data_path=tmp_path / "data.h5",
        )  # fmt: skip
    joined = join(made[::-1], out)
    assert joined.parts == tuple(made)
    assert joined.rows == 5
    names = {p.relative_to(whole) for p in whole.rglob("*") if p.is_file()}
    assert names == {p.relative_to(out) for p in out.rglob("*") if p.is_file()}
    _check_alike(*(Attribution.load(each / "deep_lift_shap.h5") for each in (out, whole)))
    for table in ("sequences.tsv", "filters.tsv", "tomtom.tsv"):
        found, expected = (pd.read_csv(each / table, sep="\t") for each in (out, whole))
        pd.testing.assert_frame_equal(found, expected)
    again = json.loads((out / "summary.json").read_text())
    assert again["patterns"] == summary["patterns"]
    assert again["options"] == json.loads(json.dumps(summary["options"]))
    _check_refused(made, tiny_dataset, tmp_path)


def _check_alike(found, expected):
    for name, array in vars(expected).items():
        if name == "relative_delta":  # a quotient of rounding errors, small in both
            assert max(getattr(found, name).max(), array.max()) < 1e-4
        elif isinstance(array, np.ndarray):
            np.testing.assert_allclose(
                getattr(found, name), array, rtol=1e-5, atol=1e-5, err_msg=name
            )
        else:
            assert getattr(found, name) == array, name


def _check_refused(made, tiny_dataset, tmp_path):
    """Check what is no part, or not all of them, against folders and files of either part."""
    out, facts = tmp_path / "refused", made[1] / "part.json"
    good = json.loads(facts.read_text())
    options = {**good["options"], "seed": 1}
    for key, value, message in [
        ("options", options, "part2 has other options than"),
        ("options", {**options, "sead": 1}, "unknown option 'sead'"),
        ("part", "1/2", "part 1/2 is given twice"),
        ("part", "2/3", "expected parts of one division"),
        ("rows", [4, 5], "do not follow each other"),
        ("chosen", [], "part2/part.json: expected what chromkeras wrote"),
        ("data", None, "data: expected a table"),
    ]:
        facts.write_text(json.dumps({**good, key: value}))
        with pytest.raises(InputError, match=message):
            join(made, out)
    facts.write_text(json.dumps(good))
    with pytest.raises(InputError, match="expected all 2 parts, received 1; missing: 2"):
        join(made[:1], out)
    with pytest.raises(InputError, match="expected parts of one kind"):
        join([made[0], facts], out)
    with pytest.raises(InputError, match=r"expected a part of an interpretation, with part\.json"):
        join([tmp_path], out)
    with pytest.raises(InputError, match="expected the data set of the parts"):
        join(made, out, dataset=tiny_dataset(seed=9))
    attributions = made[1] / "deep_lift_shap.h5"
    shutil.copy(made[0] / "deep_lift_shap.h5", attributions)
    with pytest.raises(InputError, match=r"part2/deep_lift_shap\.h5: expected attributions"):
        join(made, out)
    attributions.unlink()
    with pytest.raises(InputError, match=r"deep_lift_shap\.h5 does not exist"):
        join(made, out)
    tmp_path.joinpath("hard.keras").write_bytes(b"other")
    with pytest.raises(InputError, match="expected the model of the parts at"):
        join(made, out)
    assert not out.exists()


def test_a_model_without_dna_has_no_parts(expression_model, expression_pairs, tmp_path):
    expression_model("histone", tmp_path / "m.keras")
    with pytest.raises(InputError, match="`part`: expected a model that reads DNA"):
        interpret(tmp_path / "m.keras", expression_pairs, tmp_path / "o", part="1/2")


def test_a_model_without_a_run_card_has_no_parts(tiny_dataset, tmp_path):
    x = keras.Input((300, 4))
    keras.Model(x, keras.layers.Dense(1)(keras.layers.Flatten()(x))).save(tmp_path / "any.keras")
    with pytest.raises(InputError, match="`part`: expected a model with a run card and a data set"):
        interpret(tmp_path / "any.keras", tiny_dataset(), tmp_path / "o", part="1/2")
    assert not (tmp_path / "o").exists()
