"""TF-MoDISco for each task: recurring patterns in the contributions to its elements."""

from collections.abc import Sequence

import keras
import numpy as np

from chrominterpret.motifs.modisco import Patterns
from chrominterpret.motifs.pwm import Motif
from chrominterpret.progress import progress
from chrominterpret.report.pattern_reading import (
    REFERENCES,
    PatternReading,
    TaskPatterns,
    match_patterns,
    search_patterns,
)
from chromkeras.data.dataset import Dataset
from chromkeras.model_report.choose import attributed_rows
from chromkeras.model_report.network_inputs import DNA, Inputs, attributed_input, feed
from chromkeras.model_report.references import ReferenceKind, make_references
from chromkeras.scoring.contrasts import Target


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
    return match_patterns(found, known)


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
    options = {
        "wrt": attributed_input(model),
        "targets": {target.name: target.weights},
        "task_names": task_names,
        "references": references,
        "seed": seed,
    }
    return search_patterns(model, feed(model, inputs), inputs[DNA], options)
