"""Interpretation of models without a run card, and of sequences without labels."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from chromkeras.cli.app import run
from chromkeras.data.hdf5 import save_dataset
from chromkeras.errors import InputError
from chromkeras.model_report import any_model
from chromkeras.model_report.interpret import InterpretOptions, interpret

QUICK = InterpretOptions(sequences=2, scan=8, references=2, modisco=0, motifs="jaspar:nematodes")


@pytest.fixture
def files(tiny_dataset, tmp_path, monkeypatch):
    """A folder with data.h5, seqs.fa and any.keras of two heads, which is the current one."""
    monkeypatch.chdir(tmp_path)
    for module in ("attributed", "filter_reading"):  # pictures are what takes longest
        monkeypatch.setattr(f"chrominterpret.report.{module}.save_figure", lambda *args: None)
    dataset = tiny_dataset()
    n = len(dataset.split)
    dataset = replace(dataset, chrom=np.full(n, "chr1"), start=np.arange(n) * 1000)
    save_dataset(dataset, tmp_path / "data.h5")
    letters = np.array(list("ACGT"))[dataset.one_hot(np.arange(3)).argmax(-1)]
    (tmp_path / "seqs.fa").write_text(
        "".join(f">s{i}\n{''.join(s)}\n" for i, s in enumerate(letters))
    )
    keras.utils.set_random_seed(0)
    x = keras.Input((300, 4), name="one_hot")
    h = layers.Conv1D(4, 9, activation="relu")(x)
    pooled = layers.GlobalMaxPooling1D()(h)
    heads = [layers.Dense(2, activation="sigmoid", name="open")(pooled), layers.Dense(1)(pooled)]
    keras.Model(x, heads).save(tmp_path / "any.keras")
    return dataset


def call(*words):
    return run(["interpret", "--model", "any.keras", "--head", "open", "--modisco", "0", *words])


def test_sequences_of_a_fasta_file(files, tmp_path, capsys):
    quick = ("--sequences=2", "--scan=3", "--references=2", "--motifs=jaspar:nematodes")
    assert call("--data", "seqs.fa", "--part", "1/2") == 2
    assert "--part: expected a model with a run card, and a data set" in capsys.readouterr().err
    assert call("--data", "seqs.fa", "--tasks", "a,b", "--methods=gradient", *quick) == 0
    said = capsys.readouterr().out
    assert "attributed 2 rows" in said
    assert "look first at any_interpretation/report.html" in said
    page = (tmp_path / "any_interpretation" / "report.html").read_text(encoding="utf-8")
    assert "What any.keras reads" in page
    assert "2 targets: a, b" in page


@pytest.fixture
def given(monkeypatch):
    """What reaches `explain`, which is not run."""
    found = {}

    def explain(network, x, **options):
        found.update(options, x=x)
        return {}

    monkeypatch.setattr(any_model, "explain", explain)
    return found


def test_rows_of_a_data_set(files, given, tmp_path):
    options = replace(QUICK, tasks=("a", "b"), contrasts=("a-b",), head="open", split="test")
    interpret("any.keras", files, "out", options)
    rows = files.rows("test")
    np.testing.assert_array_equal(given["x"], files.one_hot(rows))
    assert given["coordinates"] == [("chr1", 1000 * row) for row in rows]
    assert given["task_names"] == ("a", "b")
    assert given["targets"] == {"a - b": {"a": 1.0, "b": -1.0}}
    assert (given["head"], given["references"]) == ("open", None)


def test_a_model_that_takes_dna_in_another_shape(files, tmp_path):
    x = keras.Input((4, 300))
    keras.Model(x, layers.Dense(2)(layers.Flatten()(x))).save(tmp_path / "turned.keras")
    found = interpret("turned.keras", files, "out", replace(QUICK, methods=("gradient",)))
    assert found["attributed sequences"] == 2
    with np.load(tmp_path / "out" / "gradient.npz") as arrays:
        assert arrays["attributions"].shape == (2, 2, 300, 4)


def test_names_beside_the_model_leave_tasks_to_choose(files, given, tmp_path):
    (tmp_path / "any.toml").write_text('tasks = ["gut", "skin"]\nhead = 0\n')
    interpret("any.keras", files, "out", replace(QUICK, tasks=("skin",)))
    assert given["task_names"] == ("gut", "skin")
    assert given["targets"] == {"skin": {"skin": 1.0}}
    assert given["head"] == 0
    interpret("worm_hard", tmp_path / "seqs.fa", "out", replace(QUICK, tasks=("Muscle",)))
    assert len(given["task_names"]) == 16
    assert given["targets"] == {"Muscle": {"Muscle": 1.0}}


def test_what_needs_labels_is_refused(files, given, tmp_path):
    for wrong, message in [
        ({"truth": True}, "`truth`: expected none without labels"),
        ({"level": "condition=heat"}, "`level`: expected none"),
        ({"targets": "a.tsv"}, "`targets`: expected none"),
        ({"reference_kind": "genomic"}, "which needs labels"),
        ({"split": "vald"}, "unknown split"),
    ]:
        with pytest.raises(InputError, match=message):
            interpret("any.keras", files, "out", replace(QUICK, head="open", **wrong))
    with pytest.raises(InputError, match="expected a FASTA file"):
        interpret("any.keras", "data.bed", "out", QUICK)
    with pytest.raises(InputError, match="`head`: expected none"):
        interpret("worm_hard", files, "out", replace(QUICK, head="open"))
    assert not given


def test_bad_input_is_one_line(files, capsys):
    for words, message in [
        ((), "expected --data"),
        (("--data", "none.fa"), "none.fa"),
        (("--data", "data.h5", "--truth"), "--truth: expected none"),
        (("--data", "data.h5", "--tasks", "a"), "expected 2 different task names"),
    ]:
        assert call(*words) == 2
        printed = capsys.readouterr().err
        assert message in printed
        assert printed.count("\n") == 1
