"""TF-MoDISco for each task: recurring patterns in the contributions to its elements."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from chrominterpret.methods.deep_lift_shap import deep_lift_shap
from chrominterpret.motifs.hits import genome_hits, seqlet_sites, write_bed
from chrominterpret.motifs.modisco import Pattern, Patterns, modisco
from chrominterpret.motifs.motif_files import write_meme
from chrominterpret.motifs.pwm import Motif
from chrominterpret.motifs.tomtom import tomtom, write_matches
from chromkeras.data.dataset import Dataset
from chromkeras.files import file_names
from chromkeras.model_report.choose import attributed_rows
from chromkeras.model_report.network_inputs import DNA, Inputs, attributed_input, feed
from chromkeras.model_report.references import ReferenceKind, make_references
from chromkeras.model_report.row_names import has_places, places_of
from chromkeras.progress import progress
from chromkeras.scoring.contrasts import Target

REFERENCES = 10  # a pattern is an average over seqlets, so fewer shuffles do than for a sequence


@dataclass(frozen=True, eq=False)
class TaskPatterns:
    """Patterns of one task or contrast.

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
    outputs: np.ndarray,
    *,
    link: str = "identity",
    targets: Sequence[Target],
    count: int,
    known: list[Motif],
    reference_kind: ReferenceKind,
    seed: int,
) -> PatternReading:
    """Search the elements that stand out in each task.

    Parameters
    ----------
    model
        From its inputs to one output a task.
    dataset
        With the model's tasks.
    rows, outputs
        Candidates, shape (n,), and their outputs (n, T), or (n, T, C) for C classes.
    link
        What the model's loss makes of an output.
    targets
        Tasks and contrasts.
    count
        Most elements of each.
    known
        Known motifs to match.
    reference_kind, seed
        Kind of DeepLIFT's references, and seed of them.
    """
    references = make_references(reference_kind, dataset, REFERENCES, seed)
    found = []
    with progress(f"TF-MoDISco of {len(targets)} tasks") as report:
        for done, target in enumerate(targets):
            chosen = np.sort(attributed_rows(dataset, rows, outputs, (target,), count, link=link))
            _, patterns = search_target(
                model,
                dataset.batch(chosen),
                target,
                task_names=dataset.tasks,
                references=references,
                seed=seed,
            )
            found.append(TaskPatterns(target.name, chosen, patterns))
            report(done + 1, len(targets))
    motifs = [pattern_motif(each.task, p) for each in found for p in each.found.patterns]
    return PatternReading(found, known, tomtom(motifs, known))


def pattern_motif(task: str, pattern: Pattern) -> Motif:
    """Return a pattern's core under a name that tells its task."""
    motif = pattern.motif()
    return Motif(pattern_name(task, pattern), motif.ppm, nsites=motif.nsites)


def pattern_name(task: str, pattern: Pattern) -> str:
    """Return a name such as "Intest: pos_patterns.pattern_0"."""
    return f"{task}: {pattern.name}"


def search_target(
    model: keras.Model,
    inputs: Inputs,
    target: Target,
    *,
    task_names: Sequence[str],
    references: str | np.ndarray,
    seed: int,
) -> tuple[np.ndarray, Patterns]:
    """Run TF-MoDISco on DeepLIFT's hypothetical contributions to a target.

    Parameters
    ----------
    model
        From its inputs to one output a task (n, T).
    inputs
        By name, (n, ...), with the one-hot "dna" (n, length, 4); there may be no rows.
    target
        A task or contrast.
    task_names
        T names.
    references, seed
        As `deep_lift_shap` takes them.

    Returns
    -------
    tuple of np.ndarray and Patterns
        The hypothetical contributions, float32 (n, length, 4), and what was found in them.
    """
    x = inputs[DNA]
    if not len(x):
        return np.zeros(x.shape, np.float32), Patterns((), 0, "no row is open", (None, None))
    lift = deep_lift_shap(
        model,
        feed(model, inputs),
        wrt=attributed_input(model),
        targets={target.name: target.weights},
        task_names=task_names,
        references=references,
        n_references=REFERENCES,
        seed=seed,
        integrate=True,
    )
    (hypothetical,) = np.asarray(lift.hypothetical)  # of the one target
    return hypothetical, modisco(x, hypothetical)


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
        if has_places(dataset):
            sites = seqlet_sites(each.found.patterns)
            hits = genome_hits(sites, *places_of(dataset, each.rows))
            write_bed(out / f"{name}.bed", hits)
    if motifs:
        write_meme(out / "patterns.meme", motifs)
        write_matches(out / "tomtom.tsv", reading.matches.groupby("query", sort=False).head(5))
