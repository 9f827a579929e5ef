#!/usr/bin/env python
"""Train every form of DeepREG on one data set, budget and seed, and print a table of them.

For each form: epochs until the best and in all, processor seconds, and MSE, Pearson's r and r by
condition on a split. A model that is there already is only evaluated, so that the table can be
made in parts. Example:

    deepreg_forms.py yeast.h5 forms/ --set training.epochs=6 --split test
"""

import argparse
import time
from pathlib import Path

from chromkeras.architectures.deepreg import FORMS
from chromkeras.data.hdf5 import load_dataset
from chromkeras.evaluation.report import evaluate_model
from chromkeras.model_file.beside import history_path
from chromkeras.recipe.reading import make_recipe
from chromkeras.statistics.means import mean_defined
from chromkeras.tables import align, write_tsv
from chromkeras.training.history_plot import read_history
from chromkeras.training.train import train

WINDOWS = (15, 100, 491, 982)
RECURRENT = [(form, (f"architecture.pool={w}",)) for form in ("lstm", "gru") for w in WINDOWS]
PLAIN = [(form, ()) for form in FORMS if form not in ("lstm", "gru")]
WIDE = [(form, ("architecture.widths=[100,11,7]",)) for form in ("two_layers",)]
POOLED = [("outer_product", ("architecture.pool=0",)), ("concatenation", ("architecture.pool=0",))]


def main() -> None:
    options = parse()
    dataset = load_dataset(options.data)
    rows = []
    for form, settings in (*PLAIN, *POOLED, *WIDE, *RECURRENT):
        name = "_".join(
            [form, *(s.partition("=")[2].strip("[]").replace(",", "_") for s in settings)]
        )
        if options.only and name not in options.only:
            continue
        path = options.out / f"{name}.keras"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            fit(dataset, path, (f"architecture.form={form}", *settings, *options.settings), options)
        rows.append(measured(dataset, path, name, options.split))
        print(align([tuple(rows[0]), *(tuple(map(str, row.values())) for row in rows)]), flush=True)
        write_tsv(options.out / f"forms_{options.split}.tsv", rows)


def fit(dataset, path, settings, options):
    recipe = make_recipe(
        "hard", size=options.size, settings=("architecture.name=deepreg", *settings)
    )
    began = time.process_time()
    train(dataset, recipe, path)
    path.with_suffix(".seconds").write_text(f"{time.process_time() - began:.0f}\n")


def measured(dataset, path, name, split):
    found = evaluate_model(path, dataset, split=split).evaluation
    figures, condition = found.strata["all"].mean, found.factors["condition"]
    history = read_history(history_path(path))
    scores = [row["val_pearson"] for row in history]
    seconds = path.with_suffix(".seconds")
    return {
        "form": name,
        "best epoch": scores.index(max(scores)) + 1,
        "epochs": len(history),
        "processor seconds": int(seconds.read_text()) if seconds.exists() else -1,
        "mse": round(figures["mse"], 4),
        "pearson": round(figures["pearson"], 4),
        "pearson by condition": round(float(mean_defined(condition.figures["pearson"][:, 0])), 4),
    }


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="data set from `chromkeras prepare expression`")
    parser.add_argument("out", type=Path, help="folder of the models and the table")
    parser.add_argument("--size", default="small")
    parser.add_argument("--split", default="valid")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="names of rows of the table")
    parser.add_argument("--set", dest="settings", action="append", default=[])
    return parser.parse_args()


if __name__ == "__main__":
    main()
