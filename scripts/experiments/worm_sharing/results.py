"""What a finished run left in its folder."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chromkeras.model_file.card import read_card

CPU_MINUTES = "train_cpu_minutes.txt"
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
        Of processors, for the whole of `chromkeras train`: minutes that pass depend on what else
        the machine does.
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
        minutes=_cpu_minutes(folder),
    )


def validation_auroc(folder: Path) -> float:
    """Return the mean AUROC on the validation split at the best epoch."""
    return float(_scores(folder)["validation_auroc_mean"])


def add_cpu_minutes(folder: Path, minutes: float) -> None:
    """Add to the processor minutes of a run, which may be interrupted and go on."""
    total = _cpu_minutes(folder) + minutes
    (folder / CPU_MINUTES).write_text(f"{total:.3f}\n", encoding="utf-8")


def _cpu_minutes(folder: Path) -> float:
    file = folder / CPU_MINUTES
    return float(file.read_text(encoding="utf-8")) if file.exists() else 0.0


def _scores(folder: Path) -> dict[str, Any]:
    scores: dict[str, Any] = read_card(folder / "model.keras").scores
    return scores
