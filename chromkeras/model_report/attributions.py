"""Attributions of chosen sequences: arrays, a table of the sequences, pictures."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from chrominterpret.attribution import Attribution
from chrominterpret.methods.registry import applicable
from chrominterpret.methods.registry import attribute as attribute_by
from chrominterpret.motifs.letters import save_figure
from chrominterpret.tracks.bigwig import write_bigwig
from chrominterpret.tracks.tracks import contribution_tracks, top_sequences
from chromkeras.data.dataset import Dataset
from chromkeras.data.known import to_flagged
from chromkeras.files import file_names
from chromkeras.model_report.network_inputs import attributed_input, feed
from chromkeras.model_report.references import ReferenceKind, make_references
from chromkeras.model_report.row_names import has_places, places_of, row_columns, row_name
from chromkeras.problems.registry import find_problem
from chromkeras.progress import progress
from chromkeras.scoring.contrasts import Target

SHOWN = 4
WINDOW = 120


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


@dataclass(frozen=True, eq=False)
class Attributed:
    """Attributions of chosen sequences, by method.

    Attributes
    ----------
    request
        The request.
    results
        By each method, in order.
    seconds
        That each method took.
    """

    request: Request
    results: dict[str, Attribution]
    seconds: dict[str, float]

    def observed(self, method: str) -> np.ndarray:
        """Return a method's scores of the observed bases, float32 (K, n, L, 4), elsewhere zero.

        Those of the plain gradient, which has one for every base, are gradient × input.
        """
        request = self.request
        return self.results[method].attributions * request.dataset.one_hot(request.rows)

    def facts(self) -> dict[str, Any]:
        """Return each method's warnings and, where it has them, convergence deltas."""
        return {
            name: _facts(result) | {"seconds": round(self.seconds[name], 2)}
            for name, result in self.results.items()
        }


def attribute(request: Request) -> Attributed:
    """Attribute the chosen sequences by every method."""
    inputs = request.dataset.batch(request.rows)
    x = feed(request.model, inputs)
    references = make_references(
        request.reference_kind, request.dataset, request.references, request.seed
    )
    options = {
        "targets": {target.name: target.weights for target in request.targets},
        "task_names": request.dataset.tasks,
        "references": references,
        "n_references": request.references,
        "seed": request.seed,
        "wrt": attributed_input(request.model),
        "integrate": True,  # recurrent layers alone, which have no rule
    }
    results: dict[str, Attribution] = {}
    seconds: dict[str, float] = {}
    # shap refuses a model only once it computes: before the others have taken their time
    for name in sorted(request.methods, key=lambda name: name != "shap"):
        began = time.perf_counter()
        with progress(f"{name} of {len(request.rows)} sequences") as report:
            given = applicable(name, options | {"progress": report})
            result = attribute_by(name, request.model, x, **given)
        if result.reference_kind == "given":
            result = replace(result, reference_kind=request.reference_kind)
        results[name] = result
        seconds[name] = time.perf_counter() - began
    return Attributed(request, {name: results[name] for name in request.methods}, seconds)


def write_rows(request: Request, path: Path) -> None:
    """Write which data set row each attributed row is, and its labels, as TSV."""
    import pandas as pd

    dataset, rows = request.dataset, request.rows
    table = row_columns(dataset, rows)
    table["split"] = dataset.split[rows]
    table |= dict(zip(dataset.tasks, _written_labels(dataset, rows).T, strict=True))
    pd.DataFrame(table).to_csv(path, sep="\t", index=False)


def write_attributions(attributed: Attributed, out: Path) -> None:
    """Write ``METHOD.npz`` and ``METHOD.h5``, and pictures of top sequences.

    Where coordinates are known, ``bigwig/METHOD.TARGET.bw`` holds the contributions of the observed
    bases to a task or contrast.
    """
    request = attributed.request
    for name, result in attributed.results.items():
        result.save(out / f"{name}.npz")
        result.save(out / f"{name}.h5")
        scores = attributed.observed(name)
        _draw(request, scores, out / "tracks" / name)
        _write_bigwigs(request, scores, out / "bigwig", name)


def _facts(result: Attribution) -> dict[str, Any]:
    facts: dict[str, Any] = {"warnings": list(result.warnings)}
    if result.relative_delta is not None:
        facts["relative convergence delta, median"] = float(np.median(result.relative_delta))
        facts["relative convergence delta, largest"] = float(np.max(result.relative_delta))
        facts["references"] = f"{result.n_references} {result.reference_kind}"
        facts["seed"] = result.seed
    return facts


def _draw(request: Request, scores: np.ndarray, folder: Path) -> None:
    """Draw the strongest stretch of each target's top sequences, one picture a target."""
    names = file_names([target.name for target in request.targets])
    for target, name, own in zip(request.targets, names, scores, strict=True):
        order = strongest_rows(request, own, target)
        if len(order) == 0:
            continue
        starts = [_densest(own[i].sum(axis=-1)) for i in order]
        width = min(WINDOW, own.shape[1])
        shown = np.stack([own[i, s : s + width] for i, s in zip(order, starts, strict=True)])
        figure = contribution_tracks(
            shown,
            titles=[place_name(request.dataset, row, target) for row in request.rows[order]],
            starts=starts,
            y_label=f"contribution to {target.name}",
            x_label="position in the sequence (bp)",
        )
        save_figure(figure, folder / f"{name}.png")


def strongest_rows(request: Request, scores: np.ndarray, target: Target) -> np.ndarray:
    """Return the places of the sequences with a target's largest scores (n, L, 4), a few.

    Only sequences that are open in the target's task count.
    """
    mine = np.flatnonzero(target.is_open(request.dataset, request.rows))
    if len(mine) == 0:
        return mine
    return mine[top_sequences(scores[mine], count=SHOWN)]


def _densest(track: np.ndarray) -> int:
    """Return the start of the window with the largest sum of absolute contributions."""
    width = min(WINDOW, len(track))
    return int(np.convolve(np.abs(track), np.ones(width), mode="valid").argmax())


def place_name(dataset: Dataset, row: int, target: Target) -> str:
    """Return where a row lies and in which of the target's tasks it is open, for people."""
    problem = find_problem(dataset.problem)
    opened = problem.positive_rows(dataset, np.array([row]))[0]
    task = ", ".join(name for name in target.raised if opened[dataset.tasks.index(name)])
    return f"{row_name(dataset, row)}, {problem.stands_out} {task}"


def _write_bigwigs(request: Request, scores: np.ndarray, folder: Path, method: str) -> None:
    dataset, rows = request.dataset, request.rows
    if not has_places(dataset):
        return
    names = file_names([target.name for target in request.targets])
    for name, own in zip(names, scores, strict=True):
        path = folder / f"{method}.{name}.bw"
        write_bigwig(path, *places_of(dataset, rows), own.sum(axis=-1))


def _written_labels(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Return labels for a table: -1 where a class is unknown, NaN where a real value is."""
    if dataset.labels.dtype.kind == "f":
        return dataset.values(rows)
    return to_flagged(dataset.labels[rows], dataset.known[rows])
