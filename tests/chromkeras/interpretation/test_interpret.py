import json

import numpy as np
import pandas as pd
import pytest

from chrominterpret.attribution import Attribution
from chrominterpret.motif_files import read_meme
from chromkeras.architectures.basset import build
from chromkeras.interpretation.attributions import _file_names
from chromkeras.interpretation.interpret import InterpretOptions, interpret
from chromkeras.training.model_file import open_model, save_model

QUICK = InterpretOptions(sequences=3, scan=12, references=2, motifs="jaspar:nematodes")


@pytest.fixture
def model_file(tiny_dataset, tiny_recipe, tmp_path, plan):
    dataset = tiny_dataset()
    model = build(tiny_recipe(plan), dataset.tasks, 300)
    path = tmp_path / f"{plan}.keras"
    save_model(
        path, recipe=tiny_recipe(plan), tasks=dataset.tasks, length=300,
        weights=model.get_weights(), fingerprint=dataset.fingerprint, scores={},
    )  # fmt: skip
    return path


def test_what_a_person_gets_from_every_plan(model_file, tiny_dataset, tmp_path, plan):
    dataset = tiny_dataset()
    out = tmp_path / "out"
    summary = interpret(model_file, dataset, out, QUICK)
    lift = Attribution.load(out / "deep_lift_shap.npz")
    assert lift.attributions.shape == (3, 3, 300, 4)
    assert lift.relative_delta.max() < 1e-4
    assert summary["attributions"]["deep_lift_shap"]["relative convergence delta, largest"] < 1e-4
    sequences = pd.read_csv(out / "sequences.tsv", sep="\t")
    logits = open_model(model_file)[0].predict(dataset.one_hot(sequences["row"]), verbose=0)
    np.testing.assert_allclose(lift.prediction, logits.T, atol=1e-4)
    filters = pd.read_csv(out / "filters.tsv", sep="\t")
    expected = 6 if plan in ("hard", "basset") else 18
    assert len(filters) == expected == summary["filters"]["filters"]
    motifs = {motif.name for motif in read_meme(out / "filters.meme")}
    assert motifs == set(filters.loc[filters["why no motif"].isna(), "filter"])
    matched = pd.read_csv(out / "tomtom.tsv", sep="\t")
    assert set(matched["query"]) <= motifs
    assert json.loads((out / "summary.json").read_text())["options"]["scan"] == 12
    pictures = {p.relative_to(out).as_posix() for p in out.rglob("*.png")}
    assert "filters.png" in pictures
    assert any(p.startswith("tracks/deep_lift_shap/") for p in pictures)


def test_bad_options_leave_nothing_behind(model_file, tiny_dataset, tmp_path):
    out = tmp_path / "out"
    for options, message in [
        (InterpretOptions(tasks=("task9",)), "unknown task 'task9'; did you mean"),
        (InterpretOptions(split="vaild"), "unknown split 'vaild'; did you mean valid"),
        (InterpretOptions(motifs="jaspar:worms"), "taxonomic group"),
    ]:
        with pytest.raises(ValueError, match=message):
            interpret(model_file, tiny_dataset(), out, options)
    with pytest.raises(ValueError, match="--scan: expected at least 1, received 0"):
        InterpretOptions(scan=0)
    with pytest.raises(ValueError, match="unknown rule 'tops'; did you mean top"):
        InterpretOptions(rule="tops")
    assert not out.exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"references": 10**9}, "--references: expected at most 1000, received 1000000000"),
        ({"tasks": ("a", "a")}, "duplicate --tasks name 'a'"),
        ({"scan": 0}, "--scan: expected at least 1"),
    ],
)
def test_options_are_checked(wrong, message):
    with pytest.raises(ValueError, match=message):
        InterpretOptions(**wrong)


def test_tasks_never_share_a_picture():
    assert _file_names(["a/b", "a b", "A_B", "gut", "Ä"]) == ["a_b_0", "a_b_1", "A_B_2", "gut", "Ä"]
