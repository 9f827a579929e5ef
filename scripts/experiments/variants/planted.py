"""Substitutions in planted motifs against those beside them, by a model of simulated data.

python scripts/experiments/variants/planted.py OUT_FOLDER

A small model is trained on simulated sequences. In test rows that a motif opens in a task, each
instance gets a random substitution, and another beside it, at the same distance on either side,
outside of all instances. The AUROC says with which probability the one in the motif has the larger
effect on that task.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

import chromkeras
from chromkeras.importers.simulation import Simulation

BASES = "ACGT"


def main() -> None:
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    data = chromkeras.simulate(Simulation(sequences=options.sequences, copies=(1, 2)))
    model = options.out / "planted.keras"
    recipe = chromkeras.make_recipe(
        "hard", size="small", settings=[f"training.epochs={options.epochs}"]
    )
    chromkeras.train(data, recipe, model)
    genome, vcf = options.out / "planted.fa", options.out / "planted.vcf"
    write_changes(data, genome, vcf)
    given = chromkeras.VariantOptions(null=0)
    found = chromkeras.variants(model, vcf, genome, options.out / "planted.tsv", given)
    scores = pd.read_csv(found.out, sep="\t")
    scores[["kind", "task"]] = scores["id"].str.split("/", expand=True)
    sizes = [abs(row[f"{row.task} score"]) for _, row in scores.iterrows()]
    inside = scores["kind"] == "motif"
    auroc = roc_auc_score(inside, sizes)
    print(f"AUROC {auroc:.3f}, {inside.sum()} in motifs, {(~inside).sum()} beside")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--sequences", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=8)
    return parser.parse_args()


def write_changes(data: "chromkeras.Dataset", genome: Path, vcf: Path) -> None:
    """Write test rows between random flanks, and substitutions in and beside their motifs."""
    rng = np.random.default_rng(0)
    truth, rows = data.truth, set(data.rows("test").tolist())
    codes = data.one_hot(np.array(sorted(rows))).argmax(axis=-1)
    place = {row: i for i, row in enumerate(sorted(rows))}
    taken = {row: np.zeros(codes.shape[1], bool) for row in rows}
    for row, start, end in zip(truth.row, truth.start, truth.end, strict=True):
        if row in rows:
            taken[row][start:end] = True
    flank = codes.shape[1]
    with genome.open("w") as file:
        for row in sorted(rows):
            sides = ["".join(rng.choice(list(BASES), flank)) for _ in range(2)]
            text = "".join(BASES[code] for code in codes[place[row]])
            file.write(f">row{row}\n{text.join(sides)}\n")
    with vcf.open("w") as file:
        file.write("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n")
        for i, row in enumerate(truth.row):
            if row not in rows or not truth.causal[i].any():
                continue
            task = data.tasks[int(np.flatnonzero(truth.causal[i])[0])]
            at = int(rng.integers(truth.start[i], truth.end[i]))
            beside = [p for d in range(8, 60) for p in (truth.start[i] - d, truth.end[i] - 1 + d)]
            beside = [p for p in beside if 0 <= p < flank and not taken[row][p]]
            for kind, where in (("motif", at), ("beside", int(rng.choice(beside[:8])))):
                code = codes[place[row]][where]
                alt = BASES[(code + rng.integers(1, 4)) % 4]
                name = f"row{row}\t{flank + where + 1}\t{kind}/{task}"
                file.write(f"{name}\t{BASES[code]}\t{alt}\n")


if __name__ == "__main__":
    main()
