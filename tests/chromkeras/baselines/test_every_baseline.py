"""What every baseline of the registry must do."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from chrominterpret.motifs.motif_files import write_meme
from chrominterpret.motifs.pwm import Motif, reverse_complement, scan
from chromkeras import predict
from chromkeras.baselines.gkmsvm import log_odds_of_scores
from chromkeras.baselines.kmer import kmer_features
from chromkeras.baselines.options import baseline_options
from chromkeras.baselines.pwm import best_matches, motif_filters
from chromkeras.baselines.size import baseline_size
from chromkeras.baselines.train import train_baseline
from chromkeras.cli.app import run
from chromkeras.comparison.predictions.against import evaluate_against
from chromkeras.data.codes import encode
from chromkeras.data.hdf5 import save_dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.errors import InputError
from chromkeras.evaluation.predict import predict_logits
from chromkeras.evaluation.report import evaluate_model
from chromkeras.model_file.open_model import open_model
from chromkeras.registry import BASELINES

WORDS = ("ACGTTAC", "GGATCCA", "TTGCAAG")
TINY = {
    "gkmsvm": ("baseline.length=5", "baseline.informative=3", "baseline.window=80"),
    "kmer": ("baseline.k=3", "baseline.window=81"),
    "pwm": (),
}


@pytest.fixture
def data(tiny_dataset):
    """A word in the middle where a task's label is 1; some labels unknown, some rows background."""
    dataset, random = tiny_dataset(rows=150), np.random.default_rng(0)
    kind = np.where(np.arange(150) % 4 == 0, "background", "element")
    labels = random.integers(0, 2, (150, 3)).astype(np.int8) * (kind == "element")[:, None]
    codes = dataset.codes(np.arange(150))
    for row, task in zip(*np.nonzero(labels), strict=True):
        place = 112 + 24 * task + random.integers(0, 8)
        codes[row, place : place + 7] = encode(WORDS[task])
    known = random.random(labels.shape) < 0.9
    known[kind == "background"] = True
    inputs = {"dna": PackedSequences.from_codes(codes)}
    return replace(dataset, inputs=inputs, labels=labels, kind=kind, known=known)


@pytest.fixture
def motif_file(tmp_path):
    ppms = [0.9 * np.eye(4)[encode(word)] + 0.025 for word in WORDS]
    motifs = [Motif(f"m{i}", ppm, nsites=30.0) for i, ppm in enumerate([*ppms, ppms[0][:4]])]
    path = tmp_path / "motifs.meme"
    write_meme(path, motifs)
    return path, motifs


@pytest.fixture(params=BASELINES.names())
def options(request, motif_file):
    name = request.param
    settings = [*TINY[name], *([f"baseline.motifs={motif_file[0]}"] if name == "pwm" else [])]
    return baseline_options(name, ["baseline.strengths=[0.1, 1]", *settings])


def test_every_baseline_is_tried_small():
    assert set(TINY) == set(BASELINES.names())


def test_a_model_file_predicts_what_was_fitted(options, data, tmp_path):
    path = tmp_path / "model.keras"
    result = train_baseline(data, options, path)
    opened = open_model(path)
    assert opened.card.is_baseline
    assert opened.card.plan == options.name
    assert opened.card.fingerprint == data.fingerprint
    assert opened.card.recipe["baseline"] == json.loads(
        json.dumps({f.name: getattr(options, f.name) for f in fields(options)})
    )
    valid = data.rows("valid")
    outputs = predict_logits(opened.network, data, valid, both_strands=False)
    score = opened.problem.scores(data.values(valid), outputs)
    assert result.scores["validation_auroc_mean"] == pytest.approx(score.mean())
    # The mean over the tasks as it was when C was chosen: features and network agree.
    assert result.tried[result.strength] == pytest.approx(score.mean(), abs=1e-3)
    assert score.mean() > 0.6
    p = predict(opened, data, split="valid")
    assert ((p > 0) & (p < 1)).all()


def test_other_inputs_are_not_read_and_pairs_are_refused(options, data, tmp_path, tiny_dataset):
    more = tiny_dataset(rows=150, architecture="factornet")
    more = replace(data, inputs=more.inputs | data.inputs)
    alone = train_baseline(data, options, tmp_path / "alone.keras")
    beside = train_baseline(more, options, tmp_path / "beside.keras")
    assert beside.scores == alone.scores
    rows = more.rows("valid")
    found = [
        predict_logits(open_model(result.model).network, dataset, rows)
        for result, dataset in ((alone, data), (beside, more))
    ]
    np.testing.assert_array_equal(*found)
    pairs = replace(data, index={"dna": np.arange(150)})
    with pytest.raises(InputError, match="expected rows of DNA, received dna, in pairs"):
        train_baseline(pairs, options, tmp_path / "pairs.keras")


def test_the_other_strand_is_the_same(options, data, tmp_path):
    train_baseline(data, options, tmp_path / "model.keras")
    network = open_model(tmp_path / "model.keras").network
    x = data.one_hot(np.arange(20))
    turned = network.predict(np.ascontiguousarray(x[:, ::-1, ::-1]), verbose=0)
    # A match that reaches over an end, and an odd middle, lie one base aside on the other strand.
    least = 0.9 if options.name != "gkmsvm" else 1 - 1e-6
    there = network.predict(x, verbose=0)
    assert np.corrcoef(there.ravel(), turned.ravel())[0, 1] > least


def test_evaluation_and_a_comparison_with_itself(options, data, tmp_path):
    path = tmp_path / "model.keras"
    train_baseline(data, options, path)
    report = evaluate_model(path, data, split="valid")
    assert report.prior.rule == "training rows"
    found = evaluate_against(path, path, data, split="valid", replicates=20)
    for each in found.differences.values():
        assert (each.difference == 0).all()
        assert (each.interval == 0).all()
    assert "0.0000 better than" in str(found)
    assert set(found.to_json()["auroc"]["tasks"]) == set(data.tasks)


def test_elements_alone_and_balanced_classes(options, data, tmp_path):
    alone = replace(options, elements=True)
    train = data.rows("train")
    assert baseline_size(data, alone).rows == data.elements[train].sum()
    assert baseline_size(data, replace(options, rows=17)).rows == 17
    whole = train_baseline(data, alone, tmp_path / "a.keras")
    part = replace(data, split=np.where(data.elements, data.split, "test"))
    assert whole.tried == pytest.approx(train_baseline(part, options, tmp_path / "b.keras").tried)
    train_baseline(data, replace(options, balanced=True), tmp_path / "c.keras")
    loss = open_model(tmp_path / "c.keras").loss
    assert loss == ("plain" if options.name == "gkmsvm" else "rebalanced")


def test_real_values(options, data, tmp_path):
    noise = np.random.default_rng(0).normal(size=data.labels.shape)
    values = (3 * data.labels + noise).astype(np.float32)
    real = replace(data, labels=values, problem="regression")
    if options.name == "gkmsvm":
        with pytest.raises(InputError, match="gkmsvm: expected labels of the problem binary"):
            train_baseline(real, options, tmp_path / "model.keras")
        return
    result = train_baseline(real, options, tmp_path / "model.keras")
    assert result.scores["validation_pearson_mean"] > 0.3
    assert open_model(tmp_path / "model.keras").loss == "mse"


def test_features_of_the_network_are_those_of_the_fit(data, tmp_path):
    import keras

    options = baseline_options("kmer", [*TINY["kmer"], "baseline.strengths=[0.1]"])
    train_baseline(data, options, tmp_path / "kmer.keras")
    network = open_model(tmp_path / "kmer.keras").network
    inside = keras.Model(network.inputs, network.get_layer("log_counts").output)
    codes = data.codes(np.arange(9))
    codes[2, 140:150] = 4
    some = replace(
        data,
        inputs={"dna": PackedSequences.from_codes(codes)},
        **{name: getattr(data, name)[:9] for name in ("labels", "known", "split", "kind")},
    )
    expected = kmer_features(some, np.arange(9), k=3, window=81)
    found = inside.predict(some.one_hot(np.arange(9)), verbose=0)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_best_match_is_that_of_a_scan(data, motif_file):
    from chrominterpret.motifs.pwm import pssm

    motifs = motif_file[1]
    found = best_matches(data, np.arange(5), motif_filters(motifs))
    x = data.one_hot(np.arange(5))
    for m, motif in enumerate(motifs):
        both = [pssm(motif), pssm(reverse_complement(motif))]
        best = np.max([scan(x, each).max(axis=1) for each in both], axis=0)
        np.testing.assert_allclose(found[:, m], best, rtol=1e-5)


def test_scores_become_log_odds_for_a_share_of_positives():
    random = np.random.default_rng(0)
    labels = (random.random((20_000, 2)) < 0.3).astype(np.float64)
    # Normal scores of both classes, 2 apart: the log-odds are 2 z - 2 and those of the share.
    scores = 2 * labels + random.normal(size=labels.shape)
    labels[:50, 0] = np.nan
    slope, shift = log_odds_of_scores(scores, labels, np.array([0.5, 0.3]))
    np.testing.assert_allclose(slope, 2, rtol=0.05)
    np.testing.assert_allclose(shift, [-2, -2 + np.log(0.3 / 0.7)], rtol=0.05)
    same = log_odds_of_scores(scores, np.ones_like(labels), np.array([0.5, 0.3]))
    assert [each.tolist() for each in same] == [[1, 1], [0, 0]]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("baseline.strengths=[]", "at least one number"),
        ("baseline.strengths=[0.0]", "numbers above 0"),
        ("baseline.strengths=0.1", "a list of numbers"),
        ("baseline.rows=-1", "at least 0"),
        ("baseline.nothing=1", "unknown key"),
        ("training.epochs=3", "unknown key"),
    ],
)
@pytest.mark.parametrize("name", BASELINES.names())
def test_wrong_settings_are_refused(name, setting, message):
    with pytest.raises(InputError, match=message):
        baseline_options(name, [setting])


def test_words_longer_than_the_sequences_are_refused(data, tmp_path):
    long = baseline_options("gkmsvm", ["baseline.length=8", "baseline.window=7"])
    with pytest.raises(InputError, match=r"baseline\.length: expected at most 7"):
        train_baseline(data, long, tmp_path / "model.keras")
    with pytest.raises(InputError, match="expected k between 1 and 4"):
        train_baseline(data, baseline_options("kmer", ["baseline.window=4"]), tmp_path / "a.keras")
    with pytest.raises(InputError, match=r"baseline\.informative"):
        baseline_options("gkmsvm", ["baseline.informative=11"])


def test_the_command_line(data, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_dataset(data, tmp_path / "data.h5")
    words = ["train", "kmer", "--data", "data.h5", "--set", "baseline.k=3"]
    assert run([*words, "--dry-run"]) == 0
    assert "32 features, 3 tasks" in capsys.readouterr().out
    assert not (tmp_path / "kmer.keras").exists()
    assert run([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["strength"] == max(told["tried"], key=lambda c: told["tried"][c]) or told["tried"]
    other = ["--set", "baseline.k=2", "--out", "two.keras"]
    assert run(["train", "kmer", "--data", "data.h5", *other]) == 0
    assert "validation AUROC" in capsys.readouterr().out
    against = ["--data", "data.h5", "--split", "valid", "--against", "two.keras"]
    assert run(["evaluate", "--model", "kmer.keras", *against]) == 0
    assert "than two by mean AUROC" in capsys.readouterr().out
    assert (tmp_path / "kmer_evaluation" / "against_two.json").is_file()
    assert run(["info", "kmer.keras"]) == 0
    assert "baseline" in capsys.readouterr().out


@pytest.mark.parametrize(
    "given",
    [["--epochs", "3"], ["--resume"], ["--devices", "2"], ["--architecture", "dilated"],
     ["--seed", "1"], ["--watch-gradients"], ["--size", "poster"], ["--init", "a.keras"]],
)  # fmt: skip
def test_options_of_networks_are_refused_in_one_line(given, capsys):
    assert run(["train", "gkmsvm", *given]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"chromkeras: {given[0]}: expected a network")
    assert said.count("\n") == 1
