"""TF-MoDISco for each target: recurring patterns in the contributions to its sequences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from chrominterpret.files import file_names
from chrominterpret.methods.registry import applicable, attribute
from chrominterpret.motifs.hits import genome_hits, seqlet_sites, write_bed
from chrominterpret.motifs.modisco import Pattern, Patterns, modisco
from chrominterpret.motifs.motif_files import write_meme
from chrominterpret.motifs.pwm import Motif
from chrominterpret.motifs.tomtom import tomtom, write_matches

REFERENCES = 10  # a pattern is an average over seqlets, so fewer shuffles do than for a sequence
METHOD = "deep_lift_shap"


@dataclass(frozen=True, eq=False)
class TaskPatterns:
    """Patterns of one task or contrast.

    Attributes
    ----------
    task
        Its name.
    rows
        Numbers of the sequences that were searched, shape (n,).
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


def search_patterns(
    model: Any,
    x: Any,
    onehot: np.ndarray,
    options: Mapping[str, Any],
    *,
    method: str = METHOD,
) -> tuple[np.ndarray, Patterns]:
    """Run TF-MoDISco on hypothetical contributions to one target.

    Parameters
    ----------
    model, x
        Model and sequences as attribution methods take them; there may be no sequences.
    onehot
        The same sequences, (n, L, 4).
    options
        Options of the method, with one target.
    method
        Name of a method that gives hypothetical contributions.

    Returns
    -------
    tuple of np.ndarray and Patterns
        The hypothetical contributions, float32 (n, L, 4), and what was found in them.
    """
    hypothetical = hypothetical_contributions(model, x, onehot, options, method=method)
    return hypothetical, patterns_of(onehot, hypothetical)


def hypothetical_contributions(
    model: Any,
    x: Any,
    onehot: np.ndarray,
    options: Mapping[str, Any],
    *,
    method: str = METHOD,
) -> np.ndarray:
    """Return hypothetical contributions to one target, float32 (n, L, 4).

    Parameters
    ----------
    model, x, onehot, options, method
        As for `search_patterns`.
    """
    if not len(onehot):
        return np.zeros(onehot.shape, np.float32)
    given = {"n_references": REFERENCES, "integrate": True} | dict(options)
    found = attribute(method, model, x, **applicable(method, given))
    (hypothetical,) = np.asarray(found.hypothetical)  # of the one target
    return np.asarray(hypothetical)


def patterns_of(onehot: np.ndarray, hypothetical: np.ndarray) -> Patterns:
    """Run TF-MoDISco on sequences (n, L, 4) and their hypothetical contributions (n, L, 4)."""
    if not len(onehot):
        return Patterns((), 0, "no row is open", (None, None))
    return modisco(onehot, hypothetical)


def match_patterns(tasks: Sequence[TaskPatterns], known: list[Motif]) -> PatternReading:
    """Return the patterns of all tasks beside the known motifs that TomTom finds."""
    motifs = [pattern_motif(each.task, p) for each in tasks for p in each.found.patterns]
    return PatternReading(list(tasks), known, tomtom(motifs, known))


def pattern_motif(task: str, pattern: Pattern) -> Motif:
    """Return a pattern's core under a name that tells its task."""
    motif = pattern.motif()
    return Motif(pattern_name(task, pattern), motif.ppm, nsites=motif.nsites)


def pattern_name(task: str, pattern: Pattern) -> str:
    """Return a name such as "Intest: pos_patterns.pattern_0"."""
    return f"{task}: {pattern.name}"


def write_patterns(
    reading: PatternReading, out: Path, places: tuple[np.ndarray, np.ndarray] | None = None
) -> None:
    """Write, in a folder, each task's TF-MoDISco file and seqlets, and the patterns' matches.

    ``TASK.h5`` has modisco-lite's layout; ``TASK.bed`` the seqlets, where coordinates are known;
    ``patterns.meme`` and ``tomtom.tsv`` are of all tasks.

    Parameters
    ----------
    reading
        Patterns.
    out
        Folder.
    places
        Chromosome and start of every sequence, by its number, both (N,), where they are known.
    """
    names = file_names([each.task for each in reading.tasks])
    motifs = []
    for name, each in zip(names, reading.tasks, strict=True):
        motifs += [pattern_motif(each.task, pattern) for pattern in each.found.patterns]
        if not each.found.patterns:
            continue
        each.found.write(out / f"{name}.h5")
        if places is not None:
            chrom, start = places
            sites = seqlet_sites(each.found.patterns)
            hits = genome_hits(sites, chrom[each.rows], start[each.rows])
            write_bed(out / f"{name}.bed", hits)
    if motifs:
        write_meme(out / "patterns.meme", motifs)
        write_matches(out / "tomtom.tsv", reading.matches.groupby("query", sort=False).head(5))
