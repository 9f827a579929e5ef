"""Ridge regression on k-mers × regulators: the baseline that a model of both has to beat.

A pair of a gene and a condition has as features every product of a k-mer of the promoter and a
regulator's expression, and the k-mers themselves. The kernel of pairs is then the product of one of
genes and one of conditions, and ridge regression on a whole table of genes and conditions has a
closed form by the eigenvectors of the two (Kronecker ridge regression; Stock et al. 2018, Neural
Computation 30:2245), however many products there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chromkeras.baselines.kmer import kmer_features
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.statistics.means import mean_defined
from chromkeras.statistics.regression import pearson

GENE, CONDITION = "gene", "condition"


@dataclass(frozen=True)
class PairTable:
    """Genes and conditions of a data set, and what is known of them in training.

    Attributes
    ----------
    kmers
        Features of each gene, shape (G, F), standardised by the training genes.
    conditions
        Features of each condition, shape (C, R), likewise, by the training conditions.
    genes_seen, conditions_seen
        Numbers of the training genes, shape (g,), and conditions, shape (c,).
    values
        Expression of these, shape (g, c), less the mean of each condition over the training genes;
        0 where unknown.
    means
        Those means, shape (c,).
    """

    kmers: np.ndarray
    conditions: np.ndarray
    genes_seen: np.ndarray
    conditions_seen: np.ndarray
    values: np.ndarray
    means: np.ndarray


def fit_predict(
    dataset: Dataset, strengths: Sequence[float], *, k: int = 6
) -> tuple[np.ndarray, float]:
    """Fit on the training split, choose λ by Pearson's r on validation, and predict all rows.

    Parameters
    ----------
    dataset
        Data set of pairs with factors "gene" and "condition", inputs "dna" and "regulators" and
        one task of real values.
    strengths
        Values of λ, as shares of the mean eigenvalue of the kernel of pairs.
    k
        Number of letters in a k-mer; both strands are pooled, over the whole promoter.

    Returns
    -------
    tuple
        Predictions for every row, shape (N, 1), float32, and the chosen λ.

    Raises
    ------
    InputError
        The data set has no such factors, several tasks, or no validation rows that λ can be
        chosen by.
    """
    for name in (GENE, CONDITION):
        if name not in dataset.factors:
            raise InputError(
                f"expected rows of a {GENE} and a {CONDITION} each, received factors "
                f"{', '.join(dataset.factors) or 'none'}"
            )
    if len(dataset.tasks) != 1:
        raise InputError(f"expected one task, received {len(dataset.tasks)}")
    table = _pair_table(dataset, k)
    valid = dataset.rows("valid")
    labels, best = dataset.values(valid), (-np.inf, 0.0, np.empty(0))
    for strength, predicted in _solutions(table, strengths):
        found = _of_rows(dataset, predicted)
        score = mean_defined(pearson(labels, found[valid]))
        if score > best[0]:
            best = (score, strength, found)
    if not len(best[2]):
        raise InputError("no validation row has a known value, by which λ could be chosen")
    return best[2], best[1]


def _pair_table(dataset: Dataset, k: int) -> PairTable:
    gene, condition = dataset.factors[GENE], dataset.factors[CONDITION]
    train = dataset.labelled(dataset.rows("train"))
    genes_seen, conditions_seen = (np.unique(f.of[train]) for f in (gene, condition))
    kmers = kmer_features(dataset, _first_rows(gene.of), k=k, window=dataset.dna.length)
    table = dataset.inputs["regulators"]
    rows = dataset.table_rows("regulators", _first_rows(condition.of))
    regulators = table.take(rows).astype(np.float64)
    values = np.full((len(gene.names), len(condition.names)), np.nan, np.float32)
    values[gene.of[train], condition.of[train]] = dataset.values(train)[:, 0]
    values = values[np.ix_(genes_seen, conditions_seen)]
    means = np.nanmean(values, axis=0)
    return PairTable(
        _standardised(kmers, genes_seen),
        _standardised(regulators, conditions_seen),
        genes_seen,
        conditions_seen,
        np.nan_to_num(values - means),
        means,
    )


def _first_rows(levels: np.ndarray) -> np.ndarray:
    """Return the first row of each level, which every level has."""
    found: np.ndarray = np.unique(levels, return_index=True)[1]
    return found


def _standardised(features: np.ndarray, seen: np.ndarray) -> np.ndarray:
    mean, spread = features[seen].mean(axis=0), features[seen].std(axis=0)
    scaled: np.ndarray = (features - mean) / np.where(spread > 0, spread, 1)
    return scaled / np.sqrt(features.shape[1])


def _solutions(table: PairTable, strengths: Sequence[float]) -> Sequence[tuple[float, np.ndarray]]:
    """Return predictions of all genes in all conditions, shape (G, C), for each strength."""
    seen = table.genes_seen, table.conditions_seen
    genes = table.kmers @ table.kmers[seen[0]].T
    # The constant lets a k-mer act in all conditions alike.
    conditions = 1 + table.conditions @ table.conditions[seen[1]].T
    s, u = np.linalg.eigh(genes[seen[0]])
    d, v = np.linalg.eigh(conditions[seen[1]])
    products = np.outer(s.clip(min=0), d.clip(min=0))
    rotated = u.T @ table.values @ v
    means = _condition_means(table)
    return [
        (
            strength,
            genes @ (u @ (rotated / (products + strength * products.mean())) @ v.T) @ conditions.T
            + means,
        )
        for strength in strengths
    ]


def _condition_means(table: PairTable) -> np.ndarray:
    """Return the mean of each condition, shape (C,); of those not seen the mean over all."""
    found = np.full(len(table.conditions), table.means.mean())
    found[table.conditions_seen] = table.means
    return found


def _of_rows(dataset: Dataset, predicted: np.ndarray) -> np.ndarray:
    levels = dataset.factors[GENE].of, dataset.factors[CONDITION].of
    return predicted[levels][:, None].astype(np.float32)
