#!/usr/bin/env python
"""How well WakaWaka's histone module predicts expression, over seeds, beside linear baselines.

For each cell type: Pearson's r of prediction and expression, and the AUROC of the prediction for
genes above a value (--above CELL=VALUE, on the scale of the data set). The baselines read the mean
of ten bins at a time: ridge regression, and logistic regression of "above", both with the penalty
chosen by cross-validation within the training rows. Settings were chosen on the validation split;
look at --split test once. Example:

    histone_marks.py histone.h5 --above E123=10.2324 --above E003=11.248 --seeds 5 --split test

--genes 50 100 200 makes rows for each number of training genes, drawn anew for each seed, the same
for all models. With a data set whose tasks are cell types (prepare expression --tasks conditions)
--plan says how they share.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegressionCV, RidgeCV
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chromkeras.data.hdf5 import load_dataset
from chromkeras.recipe.reading import make_recipe
from chromkeras.scoring.predict import predict
from chromkeras.tables import align, write_tsv
from chromkeras.training.train import train

BINS = 10
SETTINGS = (
    "architecture.name=wakawaka",
    'architecture.modules=["histone"]',
    "training.batch_size=16",
    "training.learning_rate=0.002",
    "training.schedule=cosine",
    "training.epochs=12",
    "training.patience=12",
    "architecture.batch_norm=true",
)


def main() -> None:
    options = parse()
    dataset = load_dataset(options.data)
    above = {cell: float(value) for cell, value in (x.split("=") for x in options.above)}
    rows = dataset.rows(options.split)
    lines = []
    for genes in options.genes:
        for name, predictions in predicted(dataset, genes, above, options).items():
            lines += measure(dataset, rows, name, genes, predictions, above)
        print(
            align([tuple(lines[0]), *(tuple(map(str, row.values())) for row in lines)]), flush=True
        )
    if options.out:
        write_tsv(options.out, lines)


def predicted(dataset, genes, above, options):
    """Return the predictions of each seed by model; with all genes linear models have no seed."""
    sharing = "hard" if len(dataset.tasks) == 1 else options.plan
    found = {"ridge": [], "logistic": [], "wakawaka": []}
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seeds):
            some = fewer_genes(dataset, genes, seed)
            if genes or not seed:
                found["ridge"].append(ridge(some, some.rows(options.split)))
                found["logistic"].append(logistic(some, some.rows(options.split), above))
            path = Path(folder) / f"{seed}.keras"
            found["wakawaka"].append(network(some, options, sharing, path, seed))
    return found


def fewer_genes(dataset, count, seed):
    """Return the data set with ``count`` of the training genes; 0 for all."""
    if not count:
        return dataset
    gene, training = dataset.factors["gene"].of, dataset.rows("train")
    kept = np.random.default_rng(seed).permutation(np.unique(gene[training]))[:count]
    left_out = training[~np.isin(gene[training], kept)]
    return dataset.select_rows(np.setdiff1d(np.arange(len(dataset)), left_out))


def network(dataset, options, plan, path, seed):
    settings = (*SETTINGS, *options.settings, f"training.seed={seed}")
    recipe = make_recipe(plan, size=options.size, settings=settings)
    train(dataset, recipe, path)
    predicted = predict(path, dataset, split=options.split)
    rows = dataset.rows(options.split)
    return predicted[np.arange(len(rows)), columns(dataset)[rows]]


def columns(dataset):
    """Return the task of each row: its cell type where each has one, else the only one."""
    cell = dataset.factors["condition"]
    return cell.of if len(dataset.tasks) > 1 else np.zeros(len(dataset), int)


def expression(dataset, rows):
    return dataset.labels[rows, columns(dataset)[rows]]


def windows(dataset, rows):
    """Return means of ten bins at a time, shape (n, windows * marks)."""
    x = dataset.batch(rows, ["histone"])["histone"]
    n, bins, marks = x.shape
    return x.reshape(n, bins // BINS, BINS, marks).mean(axis=2).reshape(n, -1)


def per_cell(dataset, rows, predict_cell):
    """Return predictions of one model for each cell type, each fitted on its own training rows."""
    cell, training = dataset.factors["condition"], dataset.rows("train")
    out = np.zeros(len(rows))
    for level in range(len(cell.names)):
        here, fit = cell.of[rows] == level, training[cell.of[training] == level]
        out[here] = predict_cell(level, fit, rows[here])
    return out


def ridge(dataset, rows):
    def one(level, fit, chosen):
        model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-1, 5, 13)))
        model.fit(windows(dataset, fit), expression(dataset, fit))
        return model.predict(windows(dataset, chosen))

    return per_cell(dataset, rows, one)


def logistic(dataset, rows, above):
    names = dataset.factors["condition"].names

    def one(level, fit, chosen):
        labels = expression(dataset, fit) > above[names[level]]
        model = make_pipeline(
            StandardScaler(), LogisticRegressionCV(Cs=10, max_iter=5000, scoring="roc_auc")
        )
        model.fit(windows(dataset, fit), labels)
        return model.decision_function(windows(dataset, chosen))

    return per_cell(dataset, rows, one)


def measure(dataset, rows, name, genes, predictions, above):
    """Return for each cell type mean and spread over seeds of r and AUROC."""
    cell, y = dataset.factors["condition"], expression(dataset, rows)
    lines = []
    for level, title in enumerate(cell.names):
        here = cell.of[rows] == level
        values = y[here]
        r = [np.corrcoef(p[here], values)[0, 1] for p in predictions]
        a = [roc_auc_score(values > above[title], p[here]) for p in predictions]
        lines.append(
            {"genes": genes or "all", "model": name, "cell": title, "seeds": len(predictions)}
            | {f"{what} {key}": round(float(f(x)), 4) for what, x in (("r", r), ("AUROC", a))
               for key, f in (("mean", np.mean), ("least", np.min), ("most", np.max))}
        )  # fmt: skip
    return lines


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="data set from `chromkeras prepare expression`")
    parser.add_argument("--above", action="append", required=True, metavar="CELL=VALUE")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--genes", type=int, nargs="+", default=[0], help="training genes; 0: all")
    parser.add_argument("--size", default="small")
    parser.add_argument("--plan", default="hard")
    parser.add_argument("--split", default="valid")
    parser.add_argument("--set", dest="settings", action="append", default=[])
    parser.add_argument("--out", type=Path, help="TSV file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
