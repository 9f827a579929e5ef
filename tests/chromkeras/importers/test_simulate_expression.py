import numpy as np
import pytest

from chromkeras.errors import InputError
from chromkeras.importers.simulate_expression import (
    ExpressionSimulation,
    describe_expression,
    simulate_expression,
)

SMALL = {"genes": 300, "length": 300, "span": 200, "bins": 40}


def parts(data):
    """Return copies raising less lowering, and heights at the middle likewise, of each row."""
    truth = data.truth
    copies = np.zeros((len(data), 3))
    np.add.at(copies, (truth.row, truth.motif), 1)
    middle = data.inputs["histone"].values[:, 18:22].mean(axis=1)
    return copies[:, 0] - copies[:, 1], middle[:, 0] - middle[:, 1]


def test_the_rule_and_its_shares():
    data = simulate_expression(ExpressionSimulation(**SMALL))
    y = data.labels[:, 0]
    dna, histone = parts(data)
    assert np.corrcoef(dna, y)[0, 1] ** 2 == pytest.approx(0.4, abs=0.08)
    assert np.corrcoef(histone, y)[0, 1] ** 2 == pytest.approx(0.4, abs=0.08)
    x = np.stack([dna, histone, np.ones(len(y))], axis=1)
    fit = x @ np.linalg.lstsq(x, y, rcond=None)[0]
    assert np.corrcoef(fit, y)[0, 1] ** 2 == pytest.approx(0.8, abs=0.05)
    others = data.inputs["histone"].values[:, 18:22, 2:].mean(axis=1)
    assert np.abs(np.corrcoef(others.T, y)[-1, :3]).max() < 0.15
    assert y.var() == pytest.approx(1, abs=0.15)


def test_rows_are_pairs_and_genes_are_held_out_whole():
    data = simulate_expression(ExpressionSimulation(**SMALL, cells=3))
    assert data.inputs["histone"].channels[:2] == ("H3K4me3", "H3K27me3")
    assert len(data.inputs["dna"]) == 300
    split = data.split.reshape(300, 3)
    assert (split == split[:, :1]).all()
    assert data.truth.causal[data.truth.motif < 2].all()
    assert not data.truth.causal[data.truth.motif == 2].any()
    by_row = [data.truth.start[data.truth.row == row] for row in (0, 1, 2)]
    np.testing.assert_array_equal(by_row[0], by_row[1])
    np.testing.assert_array_equal(by_row[0], by_row[2])
    assert (
        data.fingerprint == simulate_expression(ExpressionSimulation(**SMALL, cells=3)).fingerprint
    )


def test_without_noise_and_with_one_input():
    data = simulate_expression(ExpressionSimulation(**SMALL, dna_share=1.0, noise_share=0.0))
    assert np.corrcoef(parts(data)[0], data.labels[:, 0])[0, 1] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"dna_share": 0.9}, "sum of at most 1"),
        ({"noise_share": -0.1}, "noise_share from 0 to 1"),
        ({"motifs": ("elt-2",)}, "expected three motifs"),
        ({"genes": 3}, "genes of at least 10"),
        ({"span": 400}, "span of at most the length"),
    ],
)
def test_wrong_settings(settings, said):
    with pytest.raises(InputError, match=said):
        ExpressionSimulation(**(SMALL | settings))


def test_what_means_what_is_said():
    lines = describe_expression(ExpressionSimulation())
    assert "elt-2" in lines[0]
    assert lines[-1] == "variance of expression: DNA 40%, histone 40%, noise 20%"
