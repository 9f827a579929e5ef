#!/usr/bin/env python
"""Print how well k-mer logistic regression does on a data set, the figure a network must beat.

The inverse penalty C is chosen on the validation split, by mean AUROC over all rows; the other
splits do not count. Example: python scripts/kmer_baseline.py worm.h5 --split test
"""

import argparse
from pathlib import Path

from chromkeras.baselines.kmer import fit_best_kmer_model
from chromkeras.data.hdf5 import load_dataset
from chromkeras.evaluation.evaluate import evaluate
from chromkeras.tables import align

STRENGTHS = (0.001, 0.003, 0.01, 0.03)


def main() -> None:
    options = parse()
    dataset = load_dataset(options.data)
    if options.tasks:
        dataset = dataset.select_tasks(options.tasks.split(","))
    model, strength = fit_best_kmer_model(
        dataset,
        tuple(options.strengths),
        k=options.k,
        window=options.window,
        elements=options.elements,
    )
    print(f"C = {strength:g}, chosen on the validation split among {options.strengths}")
    rows = dataset.rows(options.split)
    evaluation = evaluate(model.logits(dataset, rows), dataset, rows)
    strata = evaluation.strata
    lines: list[tuple[str, ...]] = [(f"AUROC on {options.split}", *strata)]
    columns = [stratum.figures["auroc"] for stratum in strata.values()]
    for i, task in enumerate(dataset.tasks):
        lines.append((task, *(f"{column[i]:.4f}" for column in columns)))
    lines.append(("mean", *(f"{stratum.mean['auroc']:.4f}" for stratum in strata.values())))
    print(align(lines))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="data set from `chromkeras prepare`")
    parser.add_argument("--split", default="valid", help="rows to report on (default: valid)")
    parser.add_argument("--tasks", help="comma list of tasks (default: all)")
    parser.add_argument("--k", type=int, default=6)
    parser.add_argument("--window", type=int, default=300, help="bases in the middle to count")
    parser.add_argument("--elements", action="store_true", help="fit on elements only")
    parser.add_argument("--strengths", type=float, nargs="+", default=STRENGTHS, metavar="C")
    return parser.parse_args()


if __name__ == "__main__":
    main()
