from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from chromkeras.baselines.kmer import kmer_features
from chromkeras.baselines.kmer_regulators import fit_predict
from chromkeras.data.dataset import Dataset
from chromkeras.data.factor import Factor
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable
from chromkeras.errors import InputError

GENES, CONDITIONS = 14, 6


@pytest.fixture
def pairs() -> Dataset:
    """Every gene in every condition; two genes validate, two test."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (GENES, 40), dtype=np.uint8)
    gene, condition = np.repeat(np.arange(GENES), CONDITIONS), np.tile(np.arange(CONDITIONS), GENES)
    regulators = rng.normal(size=(CONDITIONS, 3)).astype(np.float32)
    labels = (codes == 0).mean(axis=1)[gene] * regulators[condition, 0] + condition
    return Dataset(
        inputs={
            "dna": PackedSequences.from_codes(codes),
            "regulators": DenseTable(regulators),
        },
        index={"dna": gene, "regulators": condition},
        labels=(labels + 0.1 * rng.normal(size=len(gene)))[:, None].astype(np.float32),
        tasks=("expression",),
        problem="regression",
        split=np.array(["train"] * 10 + ["valid"] * 2 + ["test"] * 2)[gene],
        factors={
            "gene": Factor(tuple(f"g{i}" for i in range(GENES)), gene),
            "condition": Factor(tuple(f"c{i}" for i in range(CONDITIONS)), condition),
        },
    )


def scaled(features, seen):
    spread = features[seen].std(axis=0)
    found = (features - features[seen].mean(axis=0)) / np.where(spread > 0, spread, 1)
    return found / np.sqrt(features.shape[1])


def test_it_is_ridge_regression_on_all_products(pairs):
    """As scikit-learn's, with every product of a k-mer and (1, a regulator) written out."""
    found, strength = fit_predict(pairs, (0.5,), k=2)
    assert strength == 0.5
    gene, condition = (pairs.factors[name].of for name in ("gene", "condition"))
    kmers = scaled(kmer_features(pairs, np.arange(GENES) * CONDITIONS, k=2, window=40), slice(10))
    regulators = pairs.inputs["regulators"].values.astype(float)
    states = np.hstack([np.ones((CONDITIONS, 1)), scaled(regulators, slice(None))])
    products = np.einsum("nf,ns->nfs", kmers[gene], states[condition]).reshape(len(pairs), -1)
    train = pairs.rows("train")
    means = pairs.labels[train, 0].reshape(10, CONDITIONS).mean(axis=0)
    kernels = kmers[:10] @ kmers[:10].T, states @ states.T
    values = [np.linalg.eigvalsh(kernel).clip(min=0) for kernel in kernels]
    model = Ridge(alpha=0.5 * np.outer(*values).mean(), fit_intercept=False)
    model.fit(products[train], pairs.labels[train, 0] - means[condition[train]])
    expected = model.predict(products) + means[condition]
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-3, atol=1e-3)


def test_the_penalty_is_chosen_on_validation(pairs):
    scores = {}
    for strength in (1e-3, 1.0, 1e4):
        found, _ = fit_predict(pairs, (strength,), k=2)
        rows = pairs.rows("valid")
        scores[strength] = np.corrcoef(found[rows, 0], pairs.labels[rows, 0])[0, 1]
    assert fit_predict(pairs, tuple(scores), k=2)[1] == max(scores, key=scores.get)


def test_unknown_values_are_no_zeros(pairs):
    known = np.ones((len(pairs), 1), bool)
    known[pairs.rows("train")[::7]] = False
    shifted = replace(pairs, labels=pairs.labels + 50, known=known)
    found, _ = fit_predict(shifted, (1.0,), k=2)
    assert found.min() > 45


def test_other_data_are_refused(pairs):
    with pytest.raises(InputError, match="a gene and a condition each, received factors none"):
        fit_predict(replace(pairs, factors={}), (1.0,))
    with pytest.raises(InputError, match="no validation row"):
        fit_predict(replace(pairs, known=(pairs.split != "valid")[:, None]), (1.0,), k=2)
