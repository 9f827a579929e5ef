from dataclasses import replace

import numpy as np
import pytest

from chromkeras.data.dataset import Dataset
from chromkeras.data.factor import Factor
from chromkeras.data.tables import DenseTable
from chromkeras.evaluation.by_factor import figures_by_factor
from chromkeras.evaluation.evaluate import evaluate
from chromkeras.evaluation.table import evaluation_table
from chromkeras.problems.registry import find_problem


@pytest.fixture
def made():
    """Two genes in four conditions each, a third in one; predictions with known errors."""
    gene = np.array([0] * 4 + [1] * 4 + [2])
    labels = np.array([1, 2, 3, 4, 4, 3, 2, 1, 9.0])
    dataset = Dataset(
        inputs={"x": DenseTable(np.zeros((9, 1)))},
        labels=labels[:, None],
        tasks=("expression",),
        problem="regression",
        split=np.array(["train"] * 4 + ["test"] * 5),
        factors={"gene": Factor(("a", "b", "c"), gene)},
    )
    outputs = np.array([1, 2, 3, 4, 1, 2, 3, 4, 9.0])[:, None]
    return dataset, outputs


def test_figures_of_each_level(made):
    dataset, outputs = made
    found = figures_by_factor(find_problem("regression"), outputs, dataset, dataset.rows("all"))
    gene = found["gene"]
    assert gene.levels == ("a", "b")
    assert gene.few == 1
    np.testing.assert_allclose(gene.figures["pearson"][:, 0], [1, -1])
    np.testing.assert_allclose(gene.figures["mse"][:, 0], [0, 5])
    assert gene.rows.tolist() == [4, 4]
    assert gene.mean(frozenset({"known"}))["mse"].tolist() == [2.5]
    assert [row["gene"] for row in gene.table(("expression",))] == ["a", "b"]


def test_evaluation_holds_strata_and_factors(made):
    dataset, outputs = made
    found = evaluate(outputs[4:], dataset, dataset.rows("test"))
    assert "new gene" in found.strata
    assert "seen gene" not in found.strata
    text = evaluation_table(found)
    assert "mean, new gene" in text
    assert "mean by gene, 1" in text
    assert found.to_json()["factors"]["gene"]["levels"] == 1


def test_known_labels_count_and_not_rows(made):
    """Two points lie on a line, also where a third row has no label."""
    dataset, outputs = made
    known = np.ones((9, 1), bool)
    known[[0, 1]] = False  # two labels of gene a are left
    found = figures_by_factor(
        find_problem("regression"), outputs, replace(dataset, known=known), dataset.rows("all")
    )
    assert found["gene"].levels == ("b",)
    assert found["gene"].few == 2
