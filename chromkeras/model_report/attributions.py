"""Attributions of chosen rows of a data set, and what the rows are."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from chrominterpret.attribution import Attribution
from chrominterpret.report.attributed import Attributed, attribute_each
from chromkeras.data.dataset import Dataset
from chromkeras.data.known import to_flagged
from chromkeras.model_report.network_inputs import attributed_input, feed
from chromkeras.model_report.references import ReferenceKind, make_references
from chromkeras.model_report.row_names import has_places, places_of, row_columns, row_name
from chromkeras.problems.registry import find_problem
from chromkeras.scoring.contrasts import Target
from chromkeras.scoring.parts import WHOLE, Part


@dataclass(frozen=True)
class Request:
    """Request for attributions of a model.

    Attributes
    ----------
    model
        From its inputs to one output a task, as ``explained_network`` makes it.
    dataset
        With the model's tasks in the model's order.
    rows
        Rows to attribute, shape (n,).
    targets
        Tasks and contrasts to explain, K of them.
    methods
        Names of ``chrominterpret.methods.registry``.
    references
        How many references a sequence has, for the methods that compare with them.
    reference_kind
        See `references.make_references`.
    seed
        Seed of every random choice.
    """

    model: keras.Model
    dataset: Dataset
    rows: np.ndarray
    targets: tuple[Target, ...]
    methods: tuple[str, ...]
    references: int
    reference_kind: ReferenceKind
    seed: int


def attribute(request: Request, part: Part = WHOLE) -> Attributed:
    """Attribute the chosen sequences, or a part of them, by every method."""
    dataset, every = request.dataset, request.rows
    references = make_references(
        request.reference_kind, dataset, every, request.references, request.seed
    )
    own = part.rows(len(every))
    rows = every[own.start : own.stop]
    options = {
        "targets": {target.name: target.weights for target in request.targets},
        "task_names": dataset.tasks,
        "references": references,
        "n_references": request.references,
        "seed": request.seed,
        "wrt": attributed_input(request.model),
        "integrate": True,  # layers of someone else's that have no rule
    }
    x = feed(request.model, dataset.batch(rows))
    results, seconds = attribute_each(request.methods, request.model, x, options, count=len(rows))
    for name, result in results.items():
        if result.reference_kind == "given":
            results[name] = replace(result, reference_kind=request.reference_kind)
    return with_rows(replace(request, rows=rows), results, seconds)


def with_rows(
    request: Request, results: Mapping[str, Attribution], seconds: Mapping[str, float]
) -> Attributed:
    """Return the attributions of a request's rows with what pictures and tracks say of the rows.

    Parameters
    ----------
    request
        The request.
    results, seconds
        Attributions of its rows by each method, and the time that they took.
    """
    dataset, rows = request.dataset, request.rows
    return Attributed(
        dataset.one_hot(rows),
        tuple(target.name for target in request.targets),
        dict(results),
        dict(seconds),
        title=lambda k, i: place_name(dataset, rows[i], request.targets[k]),
        counted=np.stack([target.is_open(dataset, rows) for target in request.targets]),
        places=places_of(dataset, rows) if has_places(dataset) else None,
    )


def write_rows(request: Request, path: Path) -> None:
    """Write which data set row each attributed row is, and its labels, as TSV."""
    import pandas as pd

    dataset, rows = request.dataset, request.rows
    table = row_columns(dataset, rows)
    table["split"] = dataset.split[rows]
    table |= dict(zip(dataset.tasks, _written_labels(dataset, rows).T, strict=True))
    pd.DataFrame(table).to_csv(path, sep="\t", index=False)


def place_name(dataset: Dataset, row: int, target: Target) -> str:
    """Return where a row lies and in which of the target's tasks it is open, for people."""
    problem = find_problem(dataset.problem)
    opened = problem.positive_rows(dataset, np.array([row]))[0]
    task = ", ".join(name for name in target.raised if opened[dataset.tasks.index(name)])
    return f"{row_name(dataset, row)}, {problem.stands_out} {task}"


def _written_labels(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Return labels for a table: -1 where a class is unknown, NaN where a real value is."""
    if dataset.labels.dtype.kind == "f":
        return dataset.values(rows)
    return to_flagged(dataset.labels[rows], dataset.known[rows])
