"""TF-MoDISco for each task: recurring patterns in the contributions to its elements."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from chrominterpret.deep_lift import deep_lift_shap
from chrominterpret.hits import genome_hits, seqlet_sites, write_bed
from chrominterpret.modisco import Pattern, Patterns, modisco
from chrominterpret.motif_files import write_meme
from chrominterpret.pwm import Motif
from chrominterpret.tomtom import tomtom, write_matches
from chromkeras.data.dataset import Dataset
from chromkeras.files import file_names
from chromkeras.interpretation.choose import attributed_rows
from chromkeras.progress import progress

REFERENCES = 10  # a pattern is an average over seqlets, so fewer shuffles do than for a sequence


@dataclass(frozen=True, eq=False)
class TaskPatterns:
    """Patterns of one task.

    Attributes
    ----------
    task
        Its name.
    rows
        Data set rows that were searched, shape (n,).
    found
        What TF-MoDISco found.
    """

    task: str
    rows: np.ndarray
    found: Patterns


@dataclass(frozen=True, eq=False)
class PatternReading:
    """Patterns of every task, and the known motifs that they match.

    Attributes
    ----------
    tasks
        In order.
    targets
        Known motifs.
    matches
        TomTom's table of all patterns, named "task: pattern", against them.
    """

    tasks: list[TaskPatterns]
    targets: list[Motif]
    matches: pd.DataFrame

    def facts(self) -> dict[str, Any]:
        """Return what was searched and how many patterns there are, or why there are none."""
        return {
            each.task: {"sequences": len(each.rows), "patterns": len(each.found.patterns)}
            | ({"why none": each.found.reason} if each.found.reason else {})
            for each in self.tasks
        }


def find_patterns(
    model: keras.Model,
    dataset: Dataset,
    rows: np.ndarray,
    logits: np.ndarray,
    *,
    tasks: tuple[str, ...],
    count: int,
    targets: list[Motif],
    seed: int,
) -> PatternReading:
    """Search the elements that stand out in each task.

    Parameters
    ----------
    model
        From one-hot DNA to logits.
    dataset
        With the model's tasks.
    rows, logits
        Candidates, shape (n,), and their logits (n, T).
    tasks
        Names of the tasks.
    count
        Most elements of a task.
    targets
        Known motifs to match.
    seed
        Of DeepLIFT's references.
    """
    found = []
    with progress(f"TF-MoDISco of {len(tasks)} tasks") as report:
        for done, task in enumerate(tasks):
            found.append(_search(model, dataset, rows, logits, task, count, seed))
            report(done + 1, len(tasks))
    motifs = [pattern_motif(each.task, p) for each in found for p in each.found.patterns]
    return PatternReading(found, targets, tomtom(motifs, targets))


def pattern_motif(task: str, pattern: Pattern) -> Motif:
    """Return a pattern's core under a name that tells its task."""
    motif = pattern.motif()
    return Motif(pattern_name(task, pattern), motif.ppm, nsites=motif.nsites)


def pattern_name(task: str, pattern: Pattern) -> str:
    """Return a name such as "Intest: pos_patterns.pattern_0"."""
    return f"{task}: {pattern.name}"


def _search(
    model: keras.Model,
    dataset: Dataset,
    rows: np.ndarray,
    logits: np.ndarray,
    task: str,
    count: int,
    seed: int,
) -> TaskPatterns:
    chosen = np.sort(attributed_rows(dataset, rows, logits, (task,), count))
    if len(chosen) == 0:
        return TaskPatterns(task, chosen, Patterns((), 0, "no row is open", (None, None)))
    x = dataset.one_hot(chosen)
    lift = deep_lift_shap(
        model, x, targets=[task], task_names=dataset.tasks, n_references=REFERENCES, seed=seed
    )
    (hypothetical,) = np.asarray(lift.hypothetical)  # of the one target
    return TaskPatterns(task, chosen, modisco(x, hypothetical))


def write_patterns(reading: PatternReading, dataset: Dataset, out: Path) -> None:
    """Write, in a folder, each task's TF-MoDISco file and seqlets, and the patterns' matches.

    ``TASK.h5`` has modisco-lite's layout; ``TASK.bed`` the seqlets, where coordinates are known;
    ``patterns.meme`` and ``tomtom.tsv`` are of all tasks.
    """
    names = file_names([each.task for each in reading.tasks])
    motifs = []
    for name, each in zip(names, reading.tasks, strict=True):
        motifs += [pattern_motif(each.task, pattern) for pattern in each.found.patterns]
        if not each.found.patterns:
            continue
        each.found.write(out / f"{name}.h5")
        if dataset.chrom is not None and dataset.start is not None:
            sites = seqlet_sites(each.found.patterns)
            hits = genome_hits(sites, dataset.chrom[each.rows], dataset.start[each.rows])
            write_bed(out / f"{name}.bed", hits)
    if motifs:
        write_meme(out / "patterns.meme", motifs)
        write_matches(out / "tomtom.tsv", reading.matches.groupby("query", sort=False).head(5))
