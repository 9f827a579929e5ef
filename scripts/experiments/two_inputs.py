"""Figures of `two_inputs.sh`: Pearson's r of the three models, and the rule that was found.

two_inputs.py FOLDER
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np

from chromkeras.data.hdf5 import load_dataset
from chromkeras.evaluation.predict import predict_logits
from chromkeras.model_file.open_model import open_model


def main(folder):
    folder = Path(folder)
    data = load_dataset(folder / "simulated.h5")
    rows = data.rows("valid")
    labels = data.labels[rows, 0]
    print(f"{len(data.rows('train'))} rows of training, {len(rows)} of validation")
    for name in ("histone_dna", "histone", "dna"):
        network = open_model(folder / f"{name}.keras").network
        r = np.corrcoef(predict_logits(network, data, rows)[:, 0], labels)[0, 1]
        print(f"{name}: r = {r:.3f}, r² = {r * r:.3f}")
    summary = json.loads((folder / "interpretation" / "summary.json").read_text())
    shares = summary["inputs"]["shares"]
    for kind in ("share of sum of |score|", "share of variance"):
        said = ", ".join(f"{name} {x:.2f}" for name, x in shares[kind]["expression"].items())
        print(f"{kind}: {said}")
    lift = np.load(folder / "interpretation" / "histone_deep_lift_shap.npz")["attributions"][0]
    size = np.abs(lift).sum(axis=(0, 1))
    net = lift.sum(axis=1).mean(axis=0)
    channels = data.inputs["histone"].channels
    for mark, share, sum_ in zip(channels, size / size.sum(), net, strict=True):
        print(f"{mark}: {share:.2f} of the histone scores, net {sum_:+.3f}")
    with (folder / "interpretation" / "truth.tsv").open() as file:
        for line in csv.DictReader(file, delimiter="\t"):
            print({key: value for key, value in line.items() if value})


if __name__ == "__main__":
    main(*sys.argv[1:])
