import numpy as np
import pytest

from chrominterpret.methods.gradient import gradient
from chromkeras.model_report.attributions import Request
from chromkeras.model_report.dna_gradients import average_gradients, write_gradients
from chromkeras.scoring.contrasts import choose_targets

EXPRESSION = choose_targets((), (), ("expression",))


@pytest.mark.backend
@pytest.mark.parametrize("form", ["outer_product", "concatenation", "wakawaka"])
def test_the_mean_over_the_rows_of_a_gene(form, expression_model, expression_pairs, tmp_path):
    dataset, model = expression_pairs, expression_model(form)
    rows = dataset.rows("valid")
    some = np.array([rows[7], rows[1], rows[8]])  # two of them of one gene
    request = Request(model, dataset, some, EXPRESSION, ("gradient",), 2, "shuffle", 0)
    level = rows[dataset.factors["condition"].of[rows] == 2]
    found = average_gradients(request, {"all": rows, "condition=c2": level})
    assert found.names == ("gene2", "gene1")
    assert found.rows["all"].tolist() == [5, 5]
    assert found.rows["condition=c2"].tolist() == [1, 1]
    mine = rows[dataset.factors["gene"].of[rows] == 1]
    names = [tensor.name for tensor in model.inputs]
    each = gradient(model, dataset.batch(mine, names), wrt="dna").multipliers[0]
    np.testing.assert_allclose(found.gradients["all"][0, 1], each.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(found.gradients["condition=c2"][0, 1], each[2], atol=1e-6)
    np.testing.assert_allclose(found.lines("all", 0).sum(axis=-1), 0, atol=1e-6)
    assert found.times_input("all", 0)[found.onehot == 0].max() == 0
    write_gradients(found, tmp_path)
    saved = np.load(tmp_path / "dna_gradients.npz")
    np.testing.assert_array_equal(saved["gradient, all"], found.gradients["all"])
