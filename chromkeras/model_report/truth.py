"""Scores of attributions and motifs against what a simulator planted."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from chrominterpret.attribution import Attribution
from chrominterpret.motifs.ground_truth import PositionScores, motif_recovery, position_scores
from chrominterpret.motifs.motif_files import read_meme
from chrominterpret.motifs.pwm import Motif
from chromkeras.data.dataset import Dataset
from chromkeras.data.truth import Truth
from chromkeras.errors import InputError
from chromkeras.files import replacing
from chromkeras.importers.simulate import causal_instances
from chromkeras.names import unknown

MEAN = "mean"
"""Stands for a task in the row of the mean over tasks."""


@dataclass(frozen=True)
class PositionRow:
    """How well a method finds the positions that open a task.

    Attributes
    ----------
    method, task
        The method, and the task or ``MEAN``.
    auroc, auprc, pooled_auroc, pooled_auprc, chance
        As in ``chrominterpret.motifs.ground_truth.PositionScores``.
    sequences
        Sequences scored: those that are open; in the row of the mean their sum over tasks.
    seconds
        Time of the attribution of all tasks, in the row of the mean; None elsewhere or where
        unknown.
    """

    method: str
    task: str
    auroc: float
    auprc: float
    pooled_auroc: float
    pooled_auprc: float
    chance: float
    sequences: int
    seconds: float | None = None


@dataclass(frozen=True)
class RecoveryRow:
    """Which planted motifs a list of motifs holds.

    Attributes
    ----------
    source
        What found the motifs, such as "filters".
    planted, found
        Number of motifs that open some task, and of those among them that were found.
    discovered, false
        Number of informative motifs in the list, and of those that match none of the planted.
    elsewhere
        Number of motifs found in a task that match only what opens other tasks.
    found_motifs, missed_motifs
        Names of the planted motifs, with commas between.
    """

    source: str
    planted: int
    found: int
    discovered: int
    false: int
    found_motifs: str
    missed_motifs: str
    elsewhere: int = 0


def causal_mask(dataset: Dataset, rows: np.ndarray, tasks: Sequence[str]) -> np.ndarray:
    """Return the positions that open a row in a task, shape (K, n, length), bool.

    Motifs that are planted but mean nothing for the task are no part of it, nor are decoys, and
    rows that are closed in the task have no such position.

    Parameters
    ----------
    dataset
        Simulated.
    rows
        Data set rows, shape (n,).
    tasks
        K names.

    Raises
    ------
    InputError
        Nothing is planted, or a task is unknown.
    """
    truth = _truth(dataset)
    causal = causal_instances(dataset)[:, [_column(dataset, task) for task in tasks]]
    mask = np.zeros((len(tasks), len(rows), dataset.dna.length), bool)
    for i in np.flatnonzero(np.isin(truth.row, rows)):
        where = np.ix_(causal[i], rows == truth.row[i], np.arange(truth.start[i], truth.end[i]))
        mask[where] = True
    return mask


def score_positions(
    attribution: Attribution, dataset: Dataset, rows: np.ndarray, *, seconds: float | None = None
) -> list[PositionRow]:
    """Return how well attributions find what opens each task, and the mean over the tasks.

    Parameters
    ----------
    attribution
        Attribution of K tasks, named as in the data set, and n sequences.
    dataset
        Simulated.
    rows
        Data set rows of the sequences, shape (n,).
    seconds
        What the attribution took.

    Returns
    -------
    list of PositionRow
        K rows and that of the mean, over the tasks with an open row.

    Raises
    ------
    InputError
        Nothing is planted, a target is no task, or the shapes do not fit.
    """
    mask = causal_mask(dataset, rows, attribution.target_names)
    if attribution.attributions.shape[:3] != mask.shape:
        raise InputError(
            f"expected attributions of shape {(*mask.shape, 4)}, "
            f"received {attribution.attributions.shape}"
        )
    scores = [position_scores(*pair) for pair in zip(attribution.attributions, mask, strict=True)]
    named = zip(attribution.target_names, scores, strict=True)
    each = [_position_row(attribution.method, task, s) for task, s in named]
    return [*each, _mean_row(attribution.method, scores, seconds)]


def score_motifs(
    source: str,
    motifs: Sequence[Motif],
    dataset: Dataset,
    tasks: Sequence[str],
    *,
    decoys: Sequence[Motif],
    q_cut: float = 0.05,
) -> RecoveryRow:
    """Return which of the motifs that open the tasks are in a list.

    Parameters
    ----------
    source
        What found the motifs.
    motifs
        The list; names differ.
    dataset
        Simulated.
    tasks
        Tasks that the list is about.
    decoys
        Known motifs to match against besides the planted ones.
    q_cut
        A match has a lower q-value.
    """
    planted = planted_motifs(dataset, tasks)
    result = motif_recovery(motifs, planted, decoys=decoys, q_cut=q_cut)
    discovered = len(result.true) + len(result.false)
    return _recovery_row(source, planted, set(result.found), discovered, len(result.false))


def score_task_motifs(
    source: str,
    motifs: Mapping[str, Sequence[Motif]],
    dataset: Dataset,
    *,
    decoys: Sequence[Motif],
    q_cut: float = 0.05,
) -> RecoveryRow:
    """Return which motifs that open a task are in the list of that task.

    A motif that is found in a task that it does not open, a decoy there, counts as ``elsewhere``.

    Parameters
    ----------
    source, dataset, decoys, q_cut
        As for `score_motifs`.
    motifs
        What was found in each task, by its name; names of motifs differ within a task.
    """
    planted = planted_motifs(dataset, tuple(motifs))
    found: set[str] = set()
    discovered = false = elsewhere = 0
    for task, own in motifs.items():
        any_task = motif_recovery(own, planted, decoys=decoys, q_cut=q_cut)
        opening = planted_motifs(dataset, (task,))
        if not opening:
            discovered += len(any_task.true) + len(any_task.false)
            false, elsewhere = false + len(any_task.false), elsewhere + len(any_task.true)
            continue
        others = [*planted, *(motif for motif in decoys if motif.name not in _names(planted))]
        mine = motif_recovery(own, opening, decoys=others, q_cut=q_cut)
        found |= set(mine.found)
        discovered += len(mine.true) + len(mine.false)
        false += len(any_task.false)
        elsewhere += len(mine.false) - len(any_task.false)
    return _recovery_row(source, planted, found, discovered, false, elsewhere)


def _names(motifs: Sequence[Motif]) -> set[str]:
    return {motif.name for motif in motifs}


def _recovery_row(
    source: str,
    planted: Sequence[Motif],
    found: set[str],
    discovered: int,
    false: int,
    elsewhere: int = 0,
) -> RecoveryRow:
    return RecoveryRow(
        source=source,
        planted=len(planted),
        found=len(found),
        discovered=discovered,
        false=false,
        found_motifs=", ".join(motif.label for motif in planted if motif.name in found),
        missed_motifs=", ".join(motif.label for motif in planted if motif.name not in found),
        elsewhere=elsewhere,
    )


def planted_motifs(dataset: Dataset, tasks: Sequence[str]) -> list[Motif]:
    """Return the planted motifs that open one of the tasks at least.

    Raises
    ------
    InputError
        Nothing is planted, or a task is unknown.
    """
    truth = _truth(dataset)
    columns = [_column(dataset, task) for task in tasks]
    causal = causal_instances(dataset)[:, columns].any(axis=1)
    names = {truth.names[m] for m in np.unique(truth.motif[causal])}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "motifs.meme"
        path.write_text(dataset.motifs or "", encoding="utf-8")
        return [motif for motif in read_meme(path) if motif.name in names]


def check_planted(dataset: Dataset, tasks: Sequence[str]) -> None:
    """Check that there is something to find in the tasks.

    Raises
    ------
    InputError
        Nothing is planted, a task is unknown, or no planted motif opens any of them.
    """
    if not planted_motifs(dataset, tasks):
        raise InputError(
            f"`truth`: expected planted motifs that open {', '.join(tasks)}, received rows that "
            "none opens"
        )


def write_truth_table(
    rows: Sequence[PositionRow | RecoveryRow], path: str | os.PathLike[str]
) -> None:
    """Write the rows as tab-separated text, atomically; a column that a row lacks stays empty."""
    import pandas as pd

    with replacing(path) as beside:
        table = pd.DataFrame([_cells(row) for row in rows])
        table.to_csv(beside, sep="\t", index=False, float_format="%.6g", lineterminator="\n")


def _truth(dataset: Dataset) -> Truth:
    if dataset.truth is None or dataset.motifs is None:
        raise InputError("expected a simulated data set with planted motifs; `simulate` makes one")
    return dataset.truth


def _column(dataset: Dataset, task: str) -> int:
    if task not in dataset.tasks:
        raise unknown("task", task, dataset.tasks)
    return dataset.tasks.index(task)


def _position_row(method: str, task: str, scores: PositionScores) -> PositionRow:
    values = asdict(scores)
    sequences = values.pop("n_sequences")
    return PositionRow(method, task, **values, sequences=sequences)


def _mean_row(method: str, scores: Sequence[PositionScores], seconds: float | None) -> PositionRow:
    known = [asdict(s) for s in scores if s.n_sequences]
    names = ("auroc", "auprc", "pooled_auroc", "pooled_auprc", "chance")
    mean: dict[str, Any] = {
        name: float(np.mean([s[name] for s in known])) if known else float("nan") for name in names
    }
    sequences = sum(s["n_sequences"] for s in known)
    return PositionRow(method, MEAN, **mean, sequences=sequences, seconds=seconds)


def _cells(row: PositionRow | RecoveryRow) -> dict[str, Any]:
    """Return a row's cells; counts as text, as pandas makes a number with gaps a fraction."""
    return {k: str(v) if isinstance(v, int) else v for k, v in asdict(row).items()}
