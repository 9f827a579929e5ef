"""Everything `chromkeras interpret` writes."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from chrominterpret.filters import Rule
from chrominterpret.jaspar import load_motifs
from chromkeras.data.dataset import Dataset
from chromkeras.evaluation import match_tasks
from chromkeras.files import replacing
from chromkeras.interpretation.attributions import Question, attribute
from chromkeras.interpretation.choose import attributed_rows, scanned_rows
from chromkeras.interpretation.filters import interpret_filters
from chromkeras.names import check_unique, unknown
from chromkeras.training.model_file import open_model
from chromkeras.training.predict import predict_logits

MOST_REFERENCES = 1000


@dataclass(frozen=True)
class InterpretOptions:
    """What to interpret and how.

    Attributes
    ----------
    tasks
        Tasks to attribute; none means all.
    split
        Where sequences are taken from.
    sequences
        How many sequences are attributed.
    scan
        How many sequences the filters scan.
    references
        Dinucleotide shuffles per sequence for DeepLIFT.
    motifs
        Database for TomTom, as ``chrominterpret.jaspar.load_motifs`` reads it.
    rule
        How filters become motifs, "threshold" or "top".
    seed
        Of every random choice.
    """

    tasks: tuple[str, ...] = ()
    split: str = "valid"
    sequences: int = 48
    scan: int = 1000
    references: int = 20
    motifs: str = "jaspar"
    rule: Rule = "threshold"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("sequences", "scan", "references"):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name}: expected at least 1, received {getattr(self, name)}")
        if self.references > MOST_REFERENCES:
            raise ValueError(
                f"--references: expected at most {MOST_REFERENCES}, received {self.references}"
            )
        check_unique("--tasks name", self.tasks)
        if self.rule not in get_args(Rule):
            raise unknown("rule", self.rule, get_args(Rule))


def interpret(
    model_path: str | os.PathLike[str],
    dataset: Dataset,
    out: str | os.PathLike[str],
    options: InterpretOptions,
) -> dict[str, Any]:
    """Write attributions, filters and their matches of a model to a folder.

    Parameters
    ----------
    model_path
        A .keras file of ours.
    dataset
        With all tasks of the model.
    out
        The folder; made when missing.
    options
        What and how.

    Returns
    -------
    dict
        What ``summary.json`` holds.

    Raises
    ------
    ValueError
        The model is not ours, tasks or lengths do not fit, or an option is wrong; then nothing
        has been written.
    """
    model, card = open_model(model_path)
    data = match_tasks(dataset, card.tasks)
    tasks = _tasks(options.tasks, card.tasks)
    database = load_motifs(options.motifs)
    scanned = scanned_rows(data, options.split, options.scan, options.seed)
    logits = predict_logits(model, data, scanned)
    rows = attributed_rows(data, scanned, logits, tasks, options.sequences)
    if len(rows) == 0:
        raise ValueError(f"no row of the {options.split} split is open in {', '.join(tasks)}")
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    question = Question(model, data, rows, tasks, options.references, options.seed)
    summary = {
        "model": str(model_path),
        "fingerprint": {"model": card.fingerprint, "data": dataset.fingerprint},
        "options": asdict(options) | {"tasks": list(tasks)},
        "attributed sequences": len(rows),
        "attributions": attribute(question, folder),
        "filters": interpret_filters(
            model,
            data,
            scanned,
            database=database,
            rule=options.rule,
            seed=options.seed,
            out=folder,
        ),
    }
    with replacing(folder / "summary.json") as beside:
        beside.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    return summary


def _tasks(chosen: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    for task in chosen:
        if task not in known:
            raise unknown("task", task, known)
    return chosen or known
