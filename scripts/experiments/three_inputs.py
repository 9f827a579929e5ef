"""Parts of `three_inputs.sh`.

three_inputs.py motifs FOLDER: the planted motifs as a MEME file.
three_inputs.py figures FOLDER: AUROC of the models on validation, and what was found.
"""

import json
import sys
from pathlib import Path

import numpy as np

from chromkeras.data.hdf5 import load_dataset
from chromkeras.evaluation.evaluate import evaluate
from chromkeras.evaluation.predict import predict_logits
from chromkeras.model_file.open_model import open_model

MODELS = ("dna_signal_annotation", "dna_signal", "dna", "kmer")


def motifs(folder):
    text = load_dataset(folder / "simulated.h5").motifs
    (folder / "motifs.meme").write_text(text)


def figures(folder):
    data = load_dataset(folder / "simulated.h5")
    rows = data.rows("valid")
    print(f"{len(data.rows('train'))} rows of training, {len(rows)} of validation")
    for name in MODELS:
        network = open_model(folder / f"{name}.keras").network
        all_rows = evaluate(predict_logits(network, data, rows), data, rows).strata["all"]
        each = dict(zip(data.tasks, np.round(all_rows.figures["auroc"], 3).tolist(), strict=True))
        print(
            f"{name}: AUROC {all_rows.mean['auroc']:.3f}, AUPRC {all_rows.mean['auprc']:.3f}; "
            f"AUROC of each: {each}"
        )
    summary = json.loads((folder / "interpretation" / "summary.json").read_text())
    for kind in ("share of sum of |score|", "share of variance"):
        for task, shares in summary["inputs"]["shares"][kind].items():
            print(f"{kind}, {task}: {', '.join(f'{n} {x:.2f}' for n, x in shares.items())}")
    lift = np.load(folder / "interpretation" / "signal_deep_lift_shap.npz")["attributions"]
    size = np.abs(lift).sum(axis=(0, 1, 2))
    for track, share in zip(data.inputs["signal"].channels, size / size.sum(), strict=True):
        print(f"{track}: {share:.2f} of the scores of the signal")
    print((folder / "interpretation" / "annotation.tsv").read_text())
    print((folder / "interpretation" / "truth.tsv").read_text())


if __name__ == "__main__":
    {"motifs": motifs, "figures": figures}[sys.argv[1]](Path(sys.argv[2]))
