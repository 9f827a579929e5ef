"""Explanation of any Keras model as a folder and a page."""

import json

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

from chrominterpret import Attribution, decode, deep_lift_shap, explain, one_hot
from chrominterpret.errors import InputError
from chrominterpret.motifs.motif_files import read_meme
from chrominterpret.motifs.pwm import Motif

LENGTH, N = 40, 24
QUICK = {"sequences": 2, "n_references": 2, "modisco": 0}


@pytest.fixture(scope="module")
def known() -> list[Motif]:
    rng = np.random.default_rng(1)
    return [Motif(f"m{i}", rng.dirichlet([0.3] * 4, 8)) for i in range(30)]


@pytest.fixture
def no_pictures(monkeypatch):
    """Leave out what takes longest: the pictures are those of every model."""
    for module in ("attributed", "filter_reading"):
        monkeypatch.setattr(f"chrominterpret.report.{module}.save_figure", lambda *args: None)


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return one_hot(np.random.default_rng(0).integers(0, 4, (N, LENGTH)))


def small_model(end: str = "sigmoid") -> keras.Model:
    keras.utils.set_random_seed(0)
    given = keras.Input((LENGTH, 4), name="dna")
    h = layers.Conv1D(5, 9, activation="relu")(given)
    pooled = layers.GlobalMaxPooling1D()(h)
    counts = layers.Dense(1, name="counts")(pooled)
    outputs = {
        "sigmoid": layers.Dense(2, activation="sigmoid", name="open")(pooled),
        "profile": [layers.Conv1D(2, 5, name="profile")(h), counts],
    }[end]
    return keras.Model(given, outputs, name="small")


def test_a_folder_of_any_model(x, known, tmp_path, no_pictures):
    model, places = small_model(), [("chr1", 100 * i) for i in range(N)]
    options = {**QUICK, "modisco": 4, "seed": 3, "methods": ["deep_lift_shap"]}
    summary = explain(
        model,
        x,
        out=tmp_path,
        task_names=["liver", "brain"],
        motifs=known,
        coordinates=places,
        **options,
    )
    rows = pd.read_csv(tmp_path / "sequences.tsv", sep="\t")
    assert rows["start"].tolist() == (100 * rows["row"]).tolist()
    lift = Attribution.load(tmp_path / "deep_lift_shap.npz")
    assert lift.target_names == ("liver", "brain")
    plain = deep_lift_shap(model, x[rows["row"]], n_references=2, seed=3)
    np.testing.assert_allclose(lift.attributions, plain.attributions, atol=1e-6)
    np.testing.assert_allclose(rows["predicted brain"], lift.prediction[1], rtol=1e-4)
    p = model.predict(x, verbose=0).T
    logits = np.log(p / (1 - p))
    standard = (logits - logits.mean(1, keepdims=True)) / logits.std(1, keepdims=True)
    assert rows["row"][0] == (standard[0] - standard[1]).argmax()
    filters = pd.read_csv(tmp_path / "filters.tsv", sep="\t")
    assert len(filters) == 5 == summary["filters"]["filters"]
    assert np.abs(filters[["influence on liver", "influence on brain"]]).to_numpy().max() > 0
    assert {m.name for m in read_meme(tmp_path / "filters.meme")} <= set(filters["filter"])
    assert json.loads((tmp_path / "summary.json").read_text())["targets"] == ["liver", "brain"]
    assert set(summary["patterns"]) == {"liver", "brain"}
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    first = f"chr1:{rows['start'][0]:,}-{rows['end'][0]:,}, predicted"
    for said in ("What small reads", "liver", first, "TF-MoDISco patterns"):
        assert said in page
    assert (tmp_path / "bigwig" / "deep_lift_shap.brain.bw").stat().st_size > 0
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_profile_and_counts_of_sequences_in_a_fasta_file(x, known, tmp_path, no_pictures):
    fasta = tmp_path / "peaks.fa"
    letters = [decode(row.argmax(1)) for row in x]
    fasta.write_text("".join(f">chr2:{i}-{i + LENGTH}\n{each}\n" for i, each in enumerate(letters)))
    model = small_model("profile")
    targets = [("profile", "plus"), ("sum", "minus")]
    found = explain(
        model, fasta, out=tmp_path / "a", head="profile", targets=targets, motifs=known,
        task_names=["plus", "minus"], methods=["gradient_x_input"], **QUICK,
    )  # fmt: skip
    assert found["targets"] == ["plus, profile", "minus, sum"]
    assert "plus, profile" in (tmp_path / "a" / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "a" / "bigwig" / "gradient_x_input.plus__profile.bw").exists()
    rows = pd.read_csv(tmp_path / "a" / "sequences.tsv", sep="\t")
    profile = model.predict(x, verbose=0)[0][rows["row"]]
    np.testing.assert_allclose(rows["predicted minus, sum"], profile[..., 1].sum(1), rtol=1e-4)
    found = explain(
        model, fasta, out=tmp_path / "b", head="counts", motifs=known,
        task_names=["counts"], methods=["gradient"], **QUICK,
    )  # fmt: skip
    assert found["targets"] == ["counts"]


def test_a_model_without_a_convolution(x, known, tmp_path, no_pictures):
    given = keras.Input((LENGTH, 4))
    model = keras.Model(given, layers.Dense(1)(layers.Flatten()(given)))
    options = {**QUICK, "methods": ["gradient"], "modisco": 2, "references": [0.25] * 4}
    summary = explain(model, x[:1], out=tmp_path, motifs=known, **options)
    assert "convolution" in summary["no filters"]
    assert summary["options"]["references"] == "given"
    assert summary["patterns"]["0"]["sequences"] == 1  # by DeepLIFT, as a gradient will not do
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "The filters are not shown" in page
    with pytest.raises(InputError, match="convolution"):
        explain(model, x, out=tmp_path / "b", motifs=known, layer="first", **QUICK)
    assert not (tmp_path / "b").exists()


def test_whole_or_nothing(x, known, tmp_path, monkeypatch, no_pictures):
    def fail(*args, **options):
        raise OSError("disk full")

    (tmp_path / "report.html").write_text("before")
    monkeypatch.setattr("chrominterpret.report.explanation.write_page", fail)
    for out in (tmp_path, tmp_path / "new"):
        with pytest.raises(OSError, match="disk full"):
            explain(small_model(), x, out=out, motifs=known, methods=["gradient"], **QUICK)
    assert [path.name for path in tmp_path.rglob("*")] == ["report.html"]
    assert (tmp_path / "report.html").read_text() == "before"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"methods": ["deeplift"]}, "unknown attribution method 'deeplift'"),
        ({"methods": []}, "`methods`: expected at least one"),
        ({"sequences": 0}, "`sequences`: expected at least 1, received 0"),
        ({"modisco": -1}, "`modisco`: expected at least 0"),
        ({"rule": "tops"}, "unknown rule 'tops'; did you mean top"),
        ({"task_names": ["a"]}, "expected 2 different task names"),
        ({"targets": ["liver"]}, "expected a target"),
        ({"coordinates": [("chr1", 5)]}, "expected coordinates of 24 sequences, received 1"),
        ({"motifs": []}, "`motifs`: expected at least one known motif"),
        ({"layer": "second"}, "named 'second'"),
        ({"motifs": "jaspar:worms"}, "taxonomic group"),
        ({"head": "shut"}, "head="),
        ({"references": "shuffle"}, "expected references"),
    ],
)
def test_wrong_options_leave_nothing_behind(wrong, message, x, known, tmp_path):
    with pytest.raises(InputError, match=message):
        explain(small_model(), x, out=tmp_path / "out", **{"motifs": known, **QUICK, **wrong})
    assert not (tmp_path / "out").exists()
    v = keras.Input((7,))
    numbers = keras.Model(v, layers.Dense(1)(v))
    with pytest.raises(InputError, match="expected one-hot DNA"):
        explain(numbers, np.ones((3, 7), "float32"), out=tmp_path / "out", motifs=known)
