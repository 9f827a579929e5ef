#!/usr/bin/env python
"""Print how well ridge regression on k-mers × regulators does, the figure a network must beat.

The ridge penalty is chosen on the validation split, by Pearson's r; the other splits do not count.
Example: python scripts/expression_baseline.py yeast.h5 --split test
"""

import argparse
from pathlib import Path

import numpy as np

from chromkeras.baselines.kmer_regulators import fit_predict
from chromkeras.data.hdf5 import load_dataset
from chromkeras.evaluation.evaluate import evaluate
from chromkeras.evaluation.table import evaluation_table

STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)


def main() -> None:
    options = parse()
    dataset = load_dataset(options.data)
    predicted, strength = fit_predict(dataset, options.strengths, k=options.k)
    print(f"λ = {strength:g}, chosen on the validation split among {options.strengths}")
    rows = dataset.rows(options.split)
    print(evaluation_table(evaluate(predicted[rows], dataset, rows)))
    mean = condition_means(dataset)[rows]
    print("\nthe mean of each condition over the training genes, whatever the gene:")
    print(evaluation_table(evaluate(mean, dataset, rows)))


def condition_means(dataset):
    """Return for each row what its condition has on average over training rows, shape (N, 1)."""
    train, of = dataset.rows("train"), dataset.factors["condition"].of
    sums = np.bincount(of[train], dataset.labels[train, 0], len(dataset.factors["condition"].names))
    counts = np.bincount(of[train], minlength=len(sums))
    means = np.where(counts, sums / np.maximum(counts, 1), dataset.labels[train].mean())
    return means[of][:, None].astype(np.float32)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="data set from `chromkeras prepare expression`")
    parser.add_argument("--split", default="valid", help="rows to report on (default: valid)")
    parser.add_argument("--k", type=int, default=6)
    parser.add_argument("--strengths", type=float, nargs="+", default=STRENGTHS, metavar="λ")
    return parser.parse_args()


if __name__ == "__main__":
    main()
