"""What a finished run left in its folder."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chromkeras.run_card_file import read_card

TISSUES = ("Germline", "Neurons", "Muscle", "Hypod", "Intest")


@dataclass(frozen=True)
class Result:
    """Figures of one run.

    Attributes
    ----------
    validation
        Mean AUROC of the best epoch on the validation split, all rows and all tasks.
    rows, elements, tissues
        Mean AUROC on the reported split: all rows, within elements, and within elements of the
        five tissues alone.
    tasks
        AUROC of each task on the reported split, all rows.
    parameters
        Number of weights.
    minutes
        Of all epochs together, validation included.
    """

    validation: float
    rows: float
    elements: float
    tissues: float
    tasks: dict[str, float]
    parameters: int
    minutes: float


def read_result(folder: Path, split: str) -> Result:
    """Return the figures of the run in a folder, on a split."""
    found = json.loads((folder / f"{split}.json").read_text(encoding="utf-8"))["strata"]
    elements = found["elements"]["tasks"]
    return Result(
        validation=validation_auroc(folder),
        rows=found["all"]["mean"]["auroc"],
        elements=found["elements"]["mean"]["auroc"],
        tissues=float(np.mean([elements[t]["auroc"] for t in TISSUES])),
        tasks={task: row["auroc"] for task, row in found["all"]["tasks"].items()},
        parameters=int(_scores(folder)["parameters"]),
        minutes=_seconds(folder) / 60,
    )


def validation_auroc(folder: Path) -> float:
    """Return the mean AUROC on the validation split at the best epoch."""
    return float(_scores(folder)["validation_auroc_mean"])


def _seconds(folder: Path) -> float:
    with (folder / "model.history.csv").open(newline="", encoding="utf-8") as file:
        return sum(float(row["seconds"]) for row in csv.DictReader(file))


def _scores(folder: Path) -> dict[str, Any]:
    scores: dict[str, Any] = read_card(folder / "model.keras")["scores"]
    return scores
