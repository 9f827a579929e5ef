"""TF-MoDISco for each task: recurring patterns in the contributions to its elements."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from chrominterpret.motifs.modisco import Patterns
from chrominterpret.motifs.pwm import Motif
from chrominterpret.progress import progress
from chrominterpret.report.pattern_reading import (
    REFERENCES,
    PatternReading,
    TaskPatterns,
    hypothetical_contributions,
    match_patterns,
    patterns_of,
    search_patterns,
)
from chromkeras.data.dataset import Dataset
from chromkeras.model_report.attributions import Request
from chromkeras.model_report.choose import attributed_rows
from chromkeras.model_report.network_inputs import DNA, Inputs, attributed_input, feed
from chromkeras.model_report.references import make_references
from chromkeras.scoring.contrasts import Target
from chromkeras.scoring.parts import WHOLE, Part


def pattern_rows(
    dataset: Dataset,
    rows: np.ndarray,
    outputs: np.ndarray,
    *,
    targets: Sequence[Target],
    count: int,
    link: str = "identity",
) -> tuple[np.ndarray, ...]:
    """Return the rows that are searched for each target, shape (m,), int64, sorted.

    Parameters
    ----------
    dataset
        With the model's tasks.
    rows, outputs
        Candidates, shape (n,), and their outputs (n, T), or (n, T, C) for C classes.
    targets
        Tasks and contrasts.
    count
        Most rows of each.
    link
        What the model's loss makes of an output.
    """
    return tuple(
        np.sort(attributed_rows(dataset, rows, outputs, (target,), count, link=link))
        for target in targets
    )


def contributions_of(
    request: Request, rows: Sequence[np.ndarray], part: Part = WHOLE
) -> Iterator[np.ndarray]:
    """Yield DeepLIFT's hypothetical contributions to each target, float32 (m, length, 4).

    Parameters
    ----------
    request
        Model, data set, targets, kind of references and seed.
    rows
        Those that are searched for each target.
    part
        Part of the rows of each target.
    """
    dataset, kind, seed = request.dataset, request.reference_kind, request.seed
    for target, chosen in zip(request.targets, rows, strict=True):
        own = part.rows(len(chosen))
        inputs = dataset.batch(chosen[own.start : own.stop])
        options = _options(
            request.model,
            target,
            task_names=dataset.tasks,
            references=make_references(kind, dataset, chosen, REFERENCES, seed),
            seed=seed,
        )
        x = feed(request.model, inputs)
        yield hypothetical_contributions(request.model, x, inputs[DNA], options)


def find_patterns(
    dataset: Dataset,
    rows: Sequence[np.ndarray],
    contributions: Iterable[np.ndarray],
    *,
    targets: Sequence[Target],
    known: list[Motif],
) -> PatternReading:
    """Search the elements that stand out in each task.

    Parameters
    ----------
    dataset, rows
        The data set, and those of its rows that are searched for each target, shape (m,).
    contributions
        To each target, (m, length, 4), as `contributions_of` gives them.
    targets
        Tasks and contrasts.
    known
        Known motifs to match.
    """
    found = []
    with progress(f"TF-MoDISco of {len(targets)} tasks") as report:
        for target, chosen, hypothetical in zip(targets, rows, contributions, strict=True):
            patterns = patterns_of(dataset.one_hot(chosen), hypothetical)
            found.append(TaskPatterns(target.name, chosen, patterns))
            report(len(found), len(targets))
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
    options = _options(model, target, task_names=task_names, references=references, seed=seed)
    return search_patterns(model, feed(model, inputs), inputs[DNA], options)


def _options(model: keras.Model, target: Target, **others: Any) -> dict[str, Any]:
    """Return options of an attribution method for one target."""
    return {"wrt": attributed_input(model), "targets": {target.name: target.weights}, **others}
