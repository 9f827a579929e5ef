import numpy as np
import pytest

from chromkeras.model_report.features import feature_inputs, score_features, write_features
from chromkeras.scoring.contrasts import choose_targets

EXPRESSION = choose_targets((), (), ("expression",))


@pytest.mark.backend
def test_scores_of_the_outer_product_are_those_worked_out_by_hand(
    expression_model, expression_pairs
):
    """With h the filters' maxima the output is Σ_j v_j r_j (W h + c)_j + b."""
    model, rows = expression_model("outer_product"), expression_pairs.rows("valid")
    scores = score_features(model, expression_pairs, "regulators", rows, EXPRESSION, most=1000)
    kernel, bias = model.get_layer("conv_1").get_weights()
    (w, c), (v, _) = (model.get_layer(name).get_weights() for name in ("dense_3", "logits"))
    dna = expression_pairs.one_hot(rows)
    windows = np.lib.stride_tricks.sliding_window_view(dna, 7, axis=1)
    h = np.maximum(np.einsum("npcw,wcf->npf", windows, kernel) + bias, 0).max(axis=1)
    r = expression_pairs.batch(rows, ["regulators"])["regulators"]
    expected = r * (h @ w[0] + c[0]) * v.reshape(-1)
    np.testing.assert_allclose(scores.total[0], np.abs(expected).sum(axis=0), rtol=1e-4)
    np.testing.assert_allclose(scores.mean[0], expected.mean(axis=0), rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(scores.mean_size[0], np.abs(expected).mean(axis=0), rtol=1e-4)
    assert scores.genes == tuple(f"gene{i}" for i in sorted({1, 5, 9, 13, 2, 6, 10, 14}))
    by_gene = np.abs(expected).reshape(8, 5, 4).mean(axis=1)  # rows are gene by gene
    np.testing.assert_allclose(scores.by_gene[0], by_gene, rtol=1e-4)
    assert scores.largest_delta < 1e-4
    assert (scores.rows, scores.rows_in_all) == (40, 40)


def test_scores_in_chunks_and_of_fewer_rows(expression_model, expression_pairs, monkeypatch):
    model, rows = expression_model("concatenation"), expression_pairs.rows("valid")
    whole = score_features(model, expression_pairs, "regulators", rows, EXPRESSION, most=1000)
    monkeypatch.setattr("chromkeras.model_report.features.CHUNK", 7)
    parts = score_features(model, expression_pairs, "regulators", rows, EXPRESSION, most=1000)
    np.testing.assert_allclose(parts.total, whole.total, rtol=1e-5)
    np.testing.assert_allclose(parts.by_gene, whole.by_gene, rtol=1e-5)
    few = score_features(model, expression_pairs, "regulators", rows, EXPRESSION, most=9)
    assert (few.rows, few.rows_in_all) == (9, 40)


def test_the_table_ranks_by_the_sum(expression_model, expression_pairs, tmp_path):
    model = expression_model("outer_product")
    assert feature_inputs(model) == ("regulators",)
    assert feature_inputs(expression_model("histone")) == ()
    rows = expression_pairs.rows("valid")
    scores = score_features(model, expression_pairs, "regulators", rows, EXPRESSION, most=1000)
    write_features(scores, tmp_path, {"MSN2": "YMR037C"})
    lines = [line.split("\t") for line in (tmp_path / "regulators.tsv").read_text().splitlines()]
    assert lines[0][:4] == ["target", "rank", "name", "known as"]
    sums = [float(line[4]) for line in lines[1:]]
    assert sums == sorted(sums, reverse=True)
    assert {line[3] for line in lines[1:] if line[2] == "MSN2"} == {"YMR037C"}
    assert scores.facts()["first ten"]["expression"][0] == lines[1][2]
