"""Interpretation of models of expression, from the model file to the page."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from chromkeras.errors import InputError
from chromkeras.model_report.interpret import InterpretOptions, interpret

QUICK = InterpretOptions(sequences=3, scan=12, references=2, modisco=0, motifs="jaspar:nematodes")


@pytest.fixture
def targets(tmp_path):
    path = tmp_path / "targets.tsv"
    lines = ["regulator\ttarget", *(f"MSN2\tgene{i}" for i in (1, 2, 5, 6, 9))]
    path.write_text("\n".join([*lines, "UNKNOWN\tgene1"]) + "\n")
    return str(path)


def test_histone_alone_has_no_filters_and_no_letters(expression_model, expression_pairs, tmp_path):
    expression_model("histone", tmp_path / "model.keras")
    summary = interpret(tmp_path / "model.keras", expression_pairs, tmp_path / "out", QUICK)
    assert "filters" not in summary
    assert summary["attributions"] == {}
    names = {path.relative_to(tmp_path / "out").as_posix() for path in tmp_path.rglob("out/**/*")}
    assert {
        "histone_deep_lift_shap.npz", "histone_gradient_x_input.npz", "report.html",
        "inputs/histone_expression.png", "sequences.tsv", "summary.json",
    } <= names  # fmt: skip
    assert not {"filters.tsv", "tracks", "deep_lift_shap.npz", "inputs.tsv"} & names
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Input: histone" in page
    assert "Learned motifs" not in page
    assert "Sequences" not in page


def test_regulators_targets_and_a_condition(expression_model, expression_pairs, tmp_path, targets):
    expression_model("outer_product", tmp_path / "model.keras")
    options = replace(QUICK, targets=targets, level="condition=c1", modisco=4)
    labels = np.abs(expression_pairs.labels) + 1  # so that no gene stands below the median in c1
    labels[expression_pairs.factors["condition"].of == 1] += 5
    pairs = replace(expression_pairs, labels=labels)
    summary = interpret(tmp_path / "model.keras", pairs, tmp_path / "out", options)
    rows = pd.read_csv(tmp_path / "out" / "sequences.tsv", sep="\t")
    assert set(rows["condition"]) == {"c1"}
    assert rows["gene"].is_unique
    assert summary["inputs"]["regulators"]["rows scored"] == 8
    [tests] = summary["inputs"]["targets"]
    assert (tests["input"], tests["task"]) == ("regulators", "expression")
    assert tests["that the model does not read"] == 1
    assert tests["tested"] == 0  # as three others are few
    assert set(summary["inputs"]["dna gradients"]["rows"]) == {
        "all rows of the split", "condition=c1"
    }  # fmt: skip
    assert summary["filters"]["scanned sequences"] == 8  # genes, not pairs
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    for title in (
        "Learned motifs", "What predictions rest on", "Input: regulators", "Known targets",
        "DNA over conditions", "Sequences", "above the median in expression",
    ):  # fmt: skip
        assert title in page
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["options"]["level"]


def test_both_modules(expression_model, expression_pairs, tmp_path):
    expression_model("wakawaka", tmp_path / "model.keras")
    summary = interpret(tmp_path / "model.keras", expression_pairs, tmp_path / "out", QUICK)
    shares = summary["inputs"]["shares"]["share of sum of |score|"]["expression"]
    assert sum(shares.values()) == pytest.approx(1)
    assert set(shares) == {"dna", "histone"}
    table = pd.read_csv(tmp_path / "out" / "inputs.tsv", sep="\t")
    np.testing.assert_allclose(table["share of dna"] + table["share of histone"], 1, rtol=1e-4)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"level": "condition=c9"}, "unknown condition of `level`: 'c9'; did you mean"),
        ({"level": "dose=1"}, "unknown factor of `level`: 'dose'"),
        ({"level": "gene=gene0"}, "no row of the valid split has `level` gene=gene0"),
    ],
)
def test_levels_that_are_not_there(options, said, expression_model, expression_pairs, tmp_path):
    expression_model("histone", tmp_path / "model.keras")
    with pytest.raises(InputError, match=said):
        interpret(
            tmp_path / "model.keras", expression_pairs, tmp_path / "out", replace(QUICK, **options)
        )
    assert not (tmp_path / "out").exists()


def test_targets_need_features(expression_model, expression_pairs, tmp_path, targets):
    expression_model("histone", tmp_path / "model.keras")
    with pytest.raises(InputError, match="`targets`: expected a model with an input of features"):
        interpret(
            tmp_path / "model.keras",
            expression_pairs,
            tmp_path / "out",
            replace(QUICK, targets=targets),
        )
