import json
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest

from chrominterpret.attribution import Attribution
from chrominterpret.motifs.motif_files import read_meme
from chrominterpret.report.sequence_sections import sequences_section
from chromkeras.importers.simulate import simulate
from chromkeras.importers.simulation import Simulation
from chromkeras.model_file.open_model import open_model
from chromkeras.model_file.save_model import save_model
from chromkeras.model_report.attributions import Request, attribute
from chromkeras.model_report.interpret import InterpretOptions, interpret
from chromkeras.scoring.contrasts import choose_targets
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

QUICK = InterpretOptions(sequences=3, scan=12, references=2, modisco=0, motifs="jaspar:nematodes")


@pytest.mark.parametrize("plan", ["hard", "soft"], indirect=True)
def test_what_a_person_gets(model_file, tiny_dataset, tmp_path, plan):
    dataset = tiny_dataset()
    out = tmp_path / "out"
    summary = interpret(model_file, dataset, out, QUICK)
    lift = Attribution.load(out / "deep_lift_shap.npz")
    assert lift.attributions.shape == (3, 3, 300, 4)
    assert lift.relative_delta.max() < 1e-4
    assert summary["attributions"]["deep_lift_shap"]["relative convergence delta, largest"] < 1e-4
    sequences = pd.read_csv(out / "sequences.tsv", sep="\t")
    logits = open_model(model_file).network.predict(dataset.one_hot(sequences["row"]), verbose=0)
    np.testing.assert_allclose(lift.prediction, logits.T, atol=1e-4)
    filters = pd.read_csv(out / "filters.tsv", sep="\t")
    expected = 6 if plan == "hard" else 18
    assert len(filters) == expected == summary["filters"]["filters"]
    motifs = {motif.name for motif in read_meme(out / "filters.meme")}
    assert motifs == set(filters.loc[filters["why no motif"].isna(), "filter"])
    matched = pd.read_csv(out / "tomtom.tsv", sep="\t")
    assert set(matched["query"]) <= motifs
    assert json.loads((out / "summary.json").read_text())["options"]["scan"] == 12
    pictures = {p.relative_to(out).as_posix() for p in out.rglob("*.png")}
    assert "filters.png" in pictures
    assert any(p.startswith("tracks/deep_lift_shap/") for p in pictures)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert f"keras {keras.__version__}, " in page
    assert "of shuffled filters match one of the others" in page
    assert all(name in page for name in ("deep_lift_shap", "gradient_x_input", *dataset.tasks))
    assert not (out / "modisco").exists()


def test_a_recurrent_model_is_interpreted(tiny_dataset, tiny_recipe, tmp_path):
    dataset, recipe = tiny_dataset(architecture="danq"), tiny_recipe(architecture="danq")
    plan = resolve_plan(recipe, dataset.tasks, dataset.shapes, problem="binary")
    keras.utils.set_random_seed(0)
    weights = build_model(plan).get_weights()
    save_model(tmp_path / "danq.keras", plan, weights, fingerprint="", scores={})
    interpret(tmp_path / "danq.keras", dataset, tmp_path / "out", QUICK)
    lift = Attribution.load(tmp_path / "out" / "deep_lift_shap.npz")
    assert lift.relative_delta.max() < 1e-3


@pytest.mark.parametrize("plan", ["hard"], indirect=True)
def test_contributions_as_bigwig_where_places_are_known(model_file, tiny_dataset, tmp_path):
    import pybigtools

    dataset, out = tiny_dataset(), tmp_path / "out"
    n = len(dataset.split)
    dataset = replace(dataset, chrom=np.full(n, "chr1"), start=np.arange(n) * 1000)
    interpret(model_file, dataset, out, replace(QUICK, methods=("gradient",)))
    result = Attribution.load(out / "gradient.npz")
    rows = pd.read_csv(out / "sequences.tsv", sep="\t")
    file = pybigtools.open(str(out / "bigwig" / "gradient.task1.bw"))
    place = rows.iloc[0]
    found = file.values(place["chrom"], int(place["start"]), int(place["end"]), fillna=None)
    observed = dataset.one_hot(rows["row"])[0].astype(bool)  # a gradient has all four bases
    np.testing.assert_allclose(found, result.attributions[1, 0][observed], rtol=1e-5)


@pytest.mark.parametrize("plan", ["hard"], indirect=True)
def test_the_page_spells_the_sequences_whatever_the_method(model_file, tiny_dataset):
    dataset = tiny_dataset()
    rows = np.flatnonzero((dataset.labels == 1).any(axis=1))[:6]
    asked = Request(
        open_model(model_file).network, dataset, rows, choose_targets((), (), dataset.tasks),
        ("gradient", "gradient_x_input"), 2, "shuffle", 0,
    )  # fmt: skip
    (tracks,) = sequences_section(attribute(asked), "").blocks
    spelled = np.array(list("ACGT"))[dataset.one_hot(rows).argmax(axis=-1)]
    for track in tracks.plain()["tracks"]:
        drawn = np.flatnonzero(track["heights"])
        assert len(drawn) > 0
        assert (np.array(list(track["letters"]))[drawn] == spelled[:, drawn]).all(axis=1).any()
    by_method = [t["heights"] for t in tracks.plain()["tracks"] if t["groups"][0] == "task0"]
    assert by_method[: len(by_method) // 2] == by_method[len(by_method) // 2 :]


@pytest.mark.parametrize("plan", ["hard"], indirect=True)
def test_a_contrast_goes_through_everything(model_file, tiny_dataset, tmp_path):
    dataset = tiny_dataset()
    n = len(dataset.split)
    dataset = replace(dataset, chrom=np.full(n, "chr1"), start=np.arange(n) * 1000)
    labels = dataset.labels.copy()
    closed = dataset.rows("train")[:20]
    labels[closed] = 0
    dataset = replace(dataset, labels=labels)
    options = replace(
        QUICK, tasks=("task0",), contrasts=("task2-task0+task1",), reference_kind="genomic",
        modisco=4,
    )  # fmt: skip
    summary = interpret(model_file, dataset, tmp_path, options)
    name = "task2 - task0+task1"
    lift = Attribution.load(tmp_path / "deep_lift_shap.npz")
    assert lift.target_names == ("task0", name)
    rows = pd.read_csv(tmp_path / "sequences.tsv", sep="\t")["row"]
    logits = open_model(model_file).network.predict(dataset.one_hot(rows), verbose=0)
    expected = logits[:, 2] - logits[:, :2].mean(axis=1)
    np.testing.assert_allclose(lift.prediction[1], expected, atol=1e-4)
    assert set(summary["patterns"]) == {"task0", name}
    assert summary["attributions"]["deep_lift_shap"]["references"] == "2 genomic"
    assert summary["options"]["tasks"] == ["task0"]
    assert (tmp_path / "bigwig" / "deep_lift_shap.task2_-_task0_task1.bw").exists()
    assert (tmp_path / "tracks" / "deep_lift_shap" / "task2_-_task0_task1.png").exists()
    assert name in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("plan", ["hard"], indirect=True)
def test_patterns_that_are_not_there_are_said_to_be_missing(model_file, tiny_dataset, tmp_path):
    summary = interpret(model_file, tiny_dataset(), tmp_path, replace(QUICK, modisco=4))
    assert set(summary["patterns"]) == set(tiny_dataset().tasks)
    for facts in summary["patterns"].values():
        assert facts["patterns"] == 0
        assert facts["why none"]
    assert "TF-MoDISco patterns" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("plan", ["hard"], indirect=True)
def test_truth_needs_planted_motifs(model_file, tiny_dataset, tmp_path):
    with pytest.raises(ValueError, match="expected a simulated data set with planted motifs"):
        interpret(model_file, tiny_dataset(), tmp_path / "out", replace(QUICK, truth=True))
    assert not (tmp_path / "out").exists()


def test_everything_is_scored_by_the_truth(tiny_recipe, tmp_path):
    dataset = simulate(Simulation(tasks=2, sequences=120, length=300, span=200))
    model = build_model(
        resolve_plan(tiny_recipe("hard"), dataset.tasks, {"dna": (300, 4)}, problem="binary")
    )
    path = tmp_path / "hard.keras"
    save_model(
        path,
        resolve_plan(tiny_recipe("hard"), dataset.tasks, {"dna": (300, 4)}, problem="binary"),
        model.get_weights(),
        fingerprint=dataset.fingerprint,
        scores={},
    )
    methods = ("gradient", "in_silico_mutagenesis")
    interpret(path, dataset, tmp_path, replace(QUICK, truth=True, methods=methods))
    table = pd.read_csv(tmp_path / "truth.tsv", sep="\t")
    assert set(table["method"].dropna()) == set(methods)
    assert table["source"].dropna().tolist() == ["filters"]
    assert table["auroc"].dropna().between(0, 1).all()
    assert "Against the truth" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("plan", ["hard"], indirect=True)
def test_bad_options_leave_nothing_behind(model_file, tiny_dataset, tmp_path):
    out = tmp_path / "out"
    for options, message in [
        (InterpretOptions(tasks=("task9",)), "unknown task 'task9'; did you mean"),
        (InterpretOptions(split="vaild"), "unknown split 'vaild'; did you mean valid"),
        (InterpretOptions(motifs="jaspar:worms"), "taxonomic group"),
        (InterpretOptions(contrasts=("task0-task9",)), "unknown task 'task9'"),
        (InterpretOptions(reference_kind="genomic", references=999), "expected at least 999 train"),
    ]:
        with pytest.raises(ValueError, match=message):
            interpret(model_file, tiny_dataset(), out, options)
    with pytest.raises(ValueError, match="`scan`: expected at least 1, received 0"):
        InterpretOptions(scan=0)
    with pytest.raises(ValueError, match="unknown reference kind 'shufle'; did you mean shuffle"):
        InterpretOptions(reference_kind="shufle")
    with pytest.raises(ValueError, match="`truth`: expected no `contrasts`"):
        InterpretOptions(truth=True, contrasts=("a-b",))
    with pytest.raises(ValueError, match="unknown rule 'tops'; did you mean top"):
        InterpretOptions(rule="tops")
    with pytest.raises(ValueError, match="unknown method 'deeplift'; did you mean"):
        InterpretOptions(methods=("deeplift",))
    with pytest.raises(ValueError, match="`modisco`: expected at least 0, received -1"):
        InterpretOptions(modisco=-1)
    assert not out.exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"references": 10**9}, "`references`: expected at most 1000, received 1000000000"),
        ({"tasks": ("a", "a")}, "duplicate `tasks` name 'a'"),
        ({"scan": 0}, "`scan`: expected at least 1"),
    ],
)
def test_options_are_checked(wrong, message):
    with pytest.raises(ValueError, match=message):
        InterpretOptions(**wrong)
