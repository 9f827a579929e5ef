import numpy as np
import pytest

from chrominterpret.attribution import Attribution
from chromkeras.model_report.attributions import Request
from chromkeras.model_report.binned import attribute_binned, binned_inputs, write_binned
from chromkeras.scoring.contrasts import choose_targets

EXPRESSION = choose_targets((), (), ("expression",))


@pytest.mark.parametrize("form", ["wakawaka", "histone"])
def test_marks_in_bins(form, expression_model, expression_pairs, tmp_path):
    model, rows = expression_model(form), expression_pairs.rows("valid")[:4]
    request = Request(model, expression_pairs, rows, EXPRESSION, (), 2, "shuffle", 0)
    assert binned_inputs(request) == ("histone",)
    found = attribute_binned(request, "histone")
    assert found.channels == ("H3K4me3", "H3K9me3", "H3K36me3")
    lift = found.results["deep_lift_shap"]
    assert lift.attributions.shape == (1, 4, 40, 3)
    assert lift.relative_delta.max() < 1e-4
    strongest = found.strongest(0)
    sums = np.abs(lift.attributions[0]).sum(axis=(1, 2))
    assert sums[strongest] == sums.max()
    write_binned(found, tmp_path)
    saved = Attribution.load(tmp_path / "histone_gradient_x_input.npz")
    x = expression_pairs.batch(rows, ["histone"])["histone"]
    np.testing.assert_allclose(saved.attributions[0], saved.multipliers[0] * x, rtol=1e-5)
