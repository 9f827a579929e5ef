from dataclasses import replace

import keras
import numpy as np
import pytest

from chromkeras.model_report.attributions import Request
from chromkeras.model_report.input_shares import joined_network, share_inputs, write_shares
from chromkeras.scoring.contrasts import choose_targets

EXPRESSION = choose_targets((), (), ("expression",))


def request_of(model, dataset, kind="shuffle"):
    rows = dataset.rows("valid")[:3]
    return Request(model, dataset, rows, EXPRESSION, ("gradient",), 2, kind, 0)


@pytest.mark.backend
@pytest.mark.parametrize("form", ["outer_product", "concatenation", "wakawaka"])
def test_scores_of_all_inputs_sum_to_the_difference(form, expression_model, expression_pairs):
    model = expression_model(form)
    shares = share_inputs(request_of(model, expression_pairs), expression_pairs.rows("valid"))
    assert shares.largest_delta < 1e-4
    np.testing.assert_allclose(shares.share.sum(axis=-1), 1)
    np.testing.assert_allclose(shares.overall.sum(axis=-1), 1)
    np.testing.assert_allclose(shares.variance.sum(axis=-1), 1)
    assert shares.net.shape == (1, 3 + 40, 2)


def test_the_joined_network_has_the_outputs_of_the_network(expression_model, expression_pairs):
    model = expression_model("wakawaka")
    names = [tensor.name for tensor in model.inputs]
    x = expression_pairs.batch(np.arange(5), names)
    flat = np.concatenate([x[name].reshape(5, -1) for name in names], axis=1)
    np.testing.assert_allclose(
        joined_network(model).predict(flat, verbose=0), model.predict(x, verbose=0), rtol=1e-5
    )


@pytest.mark.parametrize("used", ["dna", "histone"])
@pytest.mark.parametrize("kind", ["shuffle", "zeros", "background", "genomic"])
def test_a_model_of_one_input_rests_on_that(used, kind, expression_pairs, tmp_path):
    inputs = {
        "dna": keras.Input((60, 4), name="dna"), "histone": keras.Input((40, 3), name="histone")
    }  # fmt: skip
    flat = {name: keras.layers.Flatten()(x) for name, x in inputs.items()}
    weights = {name: float(name == used) for name in inputs}
    keras.utils.set_random_seed(0)
    each = [keras.layers.Rescaling(weights[name])(x) for name, x in flat.items()]
    output = keras.layers.Dense(1)(keras.layers.Concatenate()(each))
    model = keras.Model(inputs, output)
    dataset = expression_pairs
    if kind == "genomic":
        dataset = replace(dataset, labels=np.where(dataset.split == "train", -1.0, 1.0)[:, None])
    shares = share_inputs(request_of(model, dataset, kind), dataset.rows("valid"))
    place = shares.names.index(used)
    np.testing.assert_allclose(shares.share[..., place], 1)
    np.testing.assert_allclose(shares.variance[..., place], 1, rtol=1e-5)
    write_shares(shares, tmp_path)
    lines = (tmp_path / "inputs.tsv").read_text().splitlines()
    assert lines[0].split("\t")[:5] == ["target", "row", "condition", "gene", "chosen as"]
    assert [line.split("\t")[4] for line in lines[1:6]] == ["attributed"] * 3 + ["spread"] * 2
