"""Parts of `published.sh`: the arrays that it trains on, and the table of what was measured.

published.py rows ARRAYS.h5 OUT.npz: the middle 300 bp of the rows with a known tissue label.
published.py table FOLDER: mean AUROC on validation of each model and of the k-mer model.
"""

import csv
import re
import sys
from pathlib import Path

import h5py
import numpy as np

from chromkeras.data.hdf5 import load_dataset
from chromkeras.evaluation.evaluate import evaluate
from chromkeras.evaluation.predict import predict_logits
from chromkeras.model_file.open_model import open_model
from chromkeras.tables import align

TISSUES, MIDDLE = 5, slice(150, 450)


def rows(arrays: str, out: str) -> None:
    """Write the middle of the sequences of rows that some tissue is known of."""
    with h5py.File(arrays) as file:
        labels = file["y"][:, :TISSUES]
        kept = np.flatnonzero((labels >= 0).any(axis=1))
        text = {name: file[name][:].astype(str) for name in ("split", "kind")}
        np.savez(
            out,
            x=file["x"][:, MIDDLE][kept],
            y=labels[kept],
            tasks=file["tasks"][:TISSUES].astype(str),
            **{name: column[kept] for name, column in text.items()},
        )


def table(folder: str) -> None:
    """Print AUROC on the validation split, and what each model took."""
    place = Path(folder)
    data = load_dataset(place / "worm.h5")
    chosen = data.rows("valid")
    lines: list[tuple[str, ...]] = [("", "all rows", "elements", "parameters", "epochs", "s")]
    text = (place / "kmer.txt").read_text()
    found = re.search(r"^mean +(\S+) +(\S+)", text, re.MULTILINE)
    lines.append(("6-mers", *(found.groups() if found else ("?", "?")), "", "", ""))
    for path in sorted(place.glob("*.keras")):
        model = open_model(path)
        strata = evaluate(predict_logits(model.network, data, chosen), data, chosen).strata
        scores = [f"{strata[name].mean['auroc']:.4f}" for name in ("all", "elements")]
        with path.with_suffix(".history.csv").open() as file:
            history = list(csv.DictReader(file))
        seconds = sum(float(line["seconds"]) for line in history if line.get("seconds"))
        count = f"{model.network.count_params():,}"
        lines.append((path.stem, *scores, count, str(len(history)), f"{seconds:.0f}"))
    print(align(lines))


if __name__ == "__main__":
    {"rows": rows, "table": table}[sys.argv[1]](*sys.argv[2:])
