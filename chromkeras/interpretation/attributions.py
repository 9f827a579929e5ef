"""Attributions of chosen sequences: arrays, a table of the sequences, pictures."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from chrominterpret.attribution import Attribution
from chrominterpret.deep_lift import deep_lift_shap
from chrominterpret.gradient import gradient_x_input
from chrominterpret.letters import save_figure
from chrominterpret.tracks import contribution_tracks, top_sequences
from chromkeras.data.dataset import Dataset
from chromkeras.progress import progress

METHODS: dict[str, Callable[..., Attribution]] = {
    "gradient_x_input": gradient_x_input,
    "deep_lift_shap": deep_lift_shap,
}
SHOWN = 4
WINDOW = 120


@dataclass(frozen=True)
class Question:
    """What is asked of a model.

    Attributes
    ----------
    model
        From one-hot DNA to logits.
    dataset
        With the model's tasks in the model's order.
    rows
        Rows to attribute, shape (n,).
    tasks
        Names of the tasks to explain, K of them.
    references
        Dinucleotide shuffles per sequence for DeepLIFT.
    seed
        Of the shuffles.
    """

    model: keras.Model
    dataset: Dataset
    rows: np.ndarray
    tasks: tuple[str, ...]
    references: int
    seed: int


def attribute(question: Question, out: Path) -> dict[str, Any]:
    """Write ``METHOD.npz`` for every method, ``sequences.tsv`` and pictures of the top sequences.

    Returns
    -------
    dict
        For each method its warnings and, for DeepLIFT, the convergence deltas.
    """
    x = question.dataset.one_hot(question.rows)
    facts: dict[str, Any] = {}
    for name, method in METHODS.items():
        options: dict[str, Any] = {}
        if name == "deep_lift_shap":
            options = {"n_references": question.references, "seed": question.seed}
        with progress(f"{name} of {len(x)} sequences") as report:
            result = method(
                question.model,
                x,
                targets=list(question.tasks),
                task_names=question.dataset.tasks,
                progress=report,
                **options,
            )
        result.save(out / f"{name}.npz")
        facts[name] = _facts(result)
        _draw(question, result, out / "tracks" / name)
    _write_sequences(question, out / "sequences.tsv")
    return facts


def _facts(result: Attribution) -> dict[str, Any]:
    facts: dict[str, Any] = {"warnings": list(result.warnings)}
    if result.relative_delta is not None:
        facts["relative convergence delta, median"] = float(np.median(result.relative_delta))
        facts["relative convergence delta, largest"] = float(np.max(result.relative_delta))
        facts["references"] = f"{result.n_references} {result.reference_kind}"
        facts["seed"] = result.seed
    return facts


def _draw(question: Question, result: Attribution, folder: Path) -> None:
    """Draw the strongest stretch of each task's top sequences, one picture a task."""
    names = _file_names(question.tasks)
    for k, task in enumerate(question.tasks):
        column = question.dataset.tasks.index(task)
        mine = np.flatnonzero(question.dataset.labels[question.rows, column] == 1)
        if len(mine) == 0:
            continue
        scores = result.attributions[k, mine]
        order = top_sequences(scores, count=SHOWN)
        starts = [_densest(scores[i].sum(axis=-1)) for i in order]
        width = min(WINDOW, scores.shape[1])
        shown = np.stack([scores[i, s : s + width] for i, s in zip(order, starts, strict=True)])
        rows = question.rows[mine[order]]
        figure = contribution_tracks(
            shown,
            titles=[_place(question.dataset, row, task) for row in rows],
            starts=starts,
            y_label=f"contribution to {task}",
            x_label="position in the sequence (bp)",
        )
        save_figure(figure, folder / f"{names[k]}.png")


def _densest(track: np.ndarray) -> int:
    """Return the start of the window with the largest sum of absolute contributions."""
    width = min(WINDOW, len(track))
    return int(np.convolve(np.abs(track), np.ones(width), mode="valid").argmax())


def _place(dataset: Dataset, row: int, task: str) -> str:
    if dataset.chrom is None or dataset.start is None:
        return f"row {row}, open in {task}"
    start = int(dataset.start[row])
    return f"{dataset.chrom[row]}:{start:,}-{start + dataset.dna.length:,}, open in {task}"


def _file_names(tasks: Sequence[str]) -> list[str]:
    """Return a file name for every task; tasks that would share one are numbered.

    Sharing is judged without case, as some file systems do.
    """
    plain = ["".join(c if c.isalnum() or c in "-_." else "_" for c in task) for task in tasks]
    counts = Counter(name.casefold() for name in plain)
    return [f"{n}_{i}" if counts[n.casefold()] > 1 else n for i, n in enumerate(plain)]


def _write_sequences(question: Question, path: Path) -> None:
    """Write which data set row each attributed sequence is, and its labels."""
    import pandas as pd

    dataset, rows = question.dataset, question.rows
    table: dict[str, Any] = {"row": rows}
    if dataset.chrom is not None and dataset.start is not None:
        table |= {"chrom": dataset.chrom[rows], "start": dataset.start[rows]}
        table["end"] = dataset.start[rows] + dataset.dna.length
    table["split"] = dataset.split[rows]
    for column, task in enumerate(dataset.tasks):
        table[task] = dataset.labels[rows, column]
    pd.DataFrame(table).to_csv(path, sep="\t", index=False)
