"""The scores of one model: attributions by every method, filters and TF-MoDISco's as motifs.

A process of its own for each model, as run.py starts it: engines may leave traces in TensorFlow.
"""

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chrominterpret.filters.filter_motifs import filter_motifs
from chrominterpret.methods.deep_lift_shap import deep_lift_shap
from chrominterpret.methods.registry import METHODS, applicable, attribute
from chrominterpret.motifs.chance import matches_by_chance
from chrominterpret.motifs.jaspar import load_motifs
from chrominterpret.motifs.modisco import modisco
from chrominterpret.motifs.pwm import Motif
from chromkeras.data.hdf5 import load_dataset
from chromkeras.files import replacing
from chromkeras.model_file.card import read_card
from chromkeras.model_file.open_model import open_model
from chromkeras.model_report.choose import scanned_rows
from chromkeras.model_report.truth import score_motifs, score_positions, score_task_motifs

SPLIT = "valid"
SCANNED = 1000
SEARCHED = 500
"""Most sequences of each task that TF-MoDISco searches, as many as `interpret` does by default.

Of a hundred, motifs in many surroundings (pairs at changing distances) may leave too few seqlets.
"""
SOURCES = ("filters", "modisco")
NAMES = (*METHODS.names(), *SOURCES)


def main() -> None:
    """Write a JSON file for every method and source of motifs, but for those that are there."""
    options = parse()
    missing = [name for name in NAMES if not (options.out / f"{name}.json").exists()]
    if not missing:
        return
    scorer = Scorer(
        options.model, options.data, options.sequences, options.references, options.seed
    )
    write_json(options.out / "validation.json", {"auroc": scorer.validation_auroc})
    for name in missing:
        rows = scorer.motifs(name) if name in SOURCES else scorer.method(name)
        write_json(options.out / f"{name}.json", rows)


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("model", "data", "out"):
        parser.add_argument(name, type=Path)
    for name in ("sequences", "references", "seed"):
        parser.add_argument(f"--{name}", type=int, required=True)
    return parser.parse_args()


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file, whole or not at all."""
    with replacing(path) as beside:
        beside.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


class Scorer:
    """Scores of a model on sequences of the validation split that are open in some task.

    Parameters
    ----------
    model, data
        Files of the model and of its simulated data set.
    sequences
        How many to attribute, drawn at random.
    references
        Dinucleotide shuffles per sequence, for methods that compare with them.
    seed
        Of the draw and of the references.
    """

    def __init__(self, model: Path, data: Path, sequences: int, references: int, seed: int) -> None:
        self.model = open_model(model).network
        self.validation_auroc = float(read_card(model).scores["validation_auroc_mean"])
        self.dataset = load_dataset(data)
        self.scanned = scanned_rows(self.dataset, SPLIT, SCANNED, seed)
        self.rows = scanned_rows(self.dataset, SPLIT, sequences, seed)
        self.references, self.seed = references, seed

    def method(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of a method; one row that says why where it cannot do this model."""
        options = {
            "targets": list(self.dataset.tasks),
            "task_names": self.dataset.tasks,
            "n_references": self.references,
            "seed": self.seed,
        }
        began = time.perf_counter()
        try:
            given = applicable(name, options)
            result = attribute(name, self.model, self.dataset.one_hot(self.rows), **given)
        except ValueError as error:
            return [{"method": name, "failed": " ".join(str(error).split())}]
        seconds = time.perf_counter() - began
        return [
            asdict(row) | {"method": name}
            for row in score_positions(result, self.dataset, self.rows, seconds=seconds)
        ]

    def motifs(self, source: str) -> list[dict[str, Any]]:
        """Return how many planted motifs are among those of the filters or of TF-MoDISco."""
        filters, known = self._filters(), load_motifs("jaspar")
        by_chance = matches_by_chance(filters, known, seed=self.seed)
        decoys = [motif for motif, bad in zip(known, by_chance, strict=True) if not bad]
        if source == "filters":
            row = score_motifs(source, filters, self.dataset, self.dataset.tasks, decoys=decoys)
        else:
            row = score_task_motifs(source, self._patterns(), self.dataset, decoys=decoys)
        return [asdict(row)]

    def _filters(self) -> list[Motif]:
        found = filter_motifs(self.model, self.dataset.one_hot(self.scanned))
        return [f.motif for f in found if f.motif is not None]

    def _patterns(self) -> dict[str, list[Motif]]:
        """Return the patterns that raise each task's output, searched in the rows open in it."""
        motifs = {}
        for column, task in enumerate(self.dataset.tasks):
            open_rows = self.scanned[self.dataset.values(self.scanned)[:, column] == 1]
            x = self.dataset.one_hot(open_rows[:SEARCHED])
            result = deep_lift_shap(
                self.model, x, targets=column, n_references=self.references, seed=self.seed
            )
            patterns = modisco(x, result.hypothetical[0]).patterns
            motifs[task] = [p.motif() for p in patterns if p.sign == "pos"]
        return motifs


if __name__ == "__main__":
    main()
