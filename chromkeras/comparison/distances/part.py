"""The part "distances": distances between the tasks' own networks, beside their labels."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from chrominterpret.page.blocks import Block, Cell, HeatMap, Notes, Number, Section, Table
from chromkeras.comparison.core.comparison import Comparison
from chromkeras.comparison.core.controls import single_networks
from chromkeras.comparison.core.matrices import LARGEST, Matrix, matrix_grid
from chromkeras.comparison.core.part import PartResult, picture
from chromkeras.comparison.distances.task_distance import TaskDistance, own_layers, task_distance

ORDER = 50

_LEAD = (
    "d(W_i, W_k): the distance between the weights of two tasks' own networks in the convolution "
    "blocks, by the norm of the recipe's penalty, beside the correlation of the tasks' labels."
)

_CAPTION = (
    "Tasks in the order of average linkage on the distance; beside it the correlation of the same "
    "tasks' labels on the training split."
)


def compare_part(comparison: Comparison) -> PartResult:
    """Measure the distances in every model that has networks of the tasks' own."""
    comparison, notes = single_networks(comparison)
    known = [
        model
        for model in comparison.models
        if own_layers(model) and set(model.tasks) <= set(comparison.source.tasks)
    ]
    found = [task_distance(m, comparison.source, seed=comparison.options.seed) for m in known]
    if not found:
        none = "No model has networks of the tasks' own in its convolution blocks."
        note = Notes([*notes, none])
        return PartResult([Section("Distance between tasks", [note])], {"task distance": {}})
    firsts = {comparison.names[group.members[0]] for group in comparison.replicates}
    shown = [each for each in found if each.model in firsts]
    blocks: list[Block] = [*([Notes(notes)] if notes else []), _table(found)]
    figures: dict[str, Figure] = {}
    if shown and len(shown[0].tasks) <= LARGEST:
        figures["task_distance.png"] = matrix_grid(
            [m for each in shown for m in _matrices(each)], 2
        )
        blocks.append(picture(figures["task_distance.png"], _CAPTION, "task_distance"))
    else:
        blocks += [_heat_map(matrix) for each in shown for matrix in _matrices(each)]
    facts = {
        each.model: {"spearman": each.mantel.correlation, "p": each.mantel.p_value}
        for each in found
    }
    rows = [row for each in found for row in _rows(each)]
    section = Section("Distance between tasks", blocks, _LEAD)
    return PartResult([section], {"task distance": facts}, {"task_distance.tsv": rows}, figures)


def _table(found: list[TaskDistance]) -> Table:
    rows: list[list[Cell]] = [
        [
            each.model,
            Number.of(_mean_distance(each), ".3g"),
            Number.of(each.mantel.correlation, "+.2f"),
            Number.of(each.mantel.p_value, ".2g"),
        ]
        for each in found
    ]
    caption = (
        "Mean distance of two tasks, and whether tasks of unlike labels lie further apart: "
        "Spearman's correlation of d with 1 − label correlation over all pairs of tasks, and "
        "Mantel's one-sided p by permuting the tasks. Networks that started from draws of their "
        "own may hold the same filters in another order, and are then far apart all the same."
    )
    return Table(["model", "mean distance", "with labels, ρ", "p"], rows, caption)


def _mean_distance(found: TaskDistance) -> float:
    size = len(found.tasks)
    return float(found.distance.sum() / max(size * (size - 1), 1))


def _matrices(found: TaskDistance) -> list[Matrix]:
    """Return distance and label correlation, like tasks side by side, without the diagonals."""
    order, apart = found.order, ~np.eye(len(found.tasks), dtype=bool)
    names = [found.tasks[i] for i in order]
    distance, labels = (
        np.where(apart, values[order][:, order], np.nan)
        for values in (found.distance, found.label_correlation)
    )
    least, most = (np.nanmin(distance), np.nanmax(distance)) if apart.any() else (0.0, 1.0)
    low = max(0.0, least - 0.2 * (most - least))
    span = float(np.nanmax(np.abs(labels))) if apart.any() else 1.0
    return [
        Matrix(f"{found.model}: distance", distance, names, names, low, most, ".3g"),
        Matrix(f"{found.model}: label correlation φ", labels, names, names, -span, span),
    ]


def _heat_map(matrix: Matrix) -> HeatMap:
    signed = matrix.low < 0
    return HeatMap(
        matrix.values, matrix.rows, matrix.columns, f"{matrix.title}.", signed=signed,
        low=0.0 if signed else matrix.low,
    )  # fmt: skip


def _rows(found: TaskDistance) -> list[dict[str, Any]]:
    return [
        {
            "model": found.model,
            "task": task,
            "other": other,
            "distance": found.distance[i, k],
            "label_correlation": found.label_correlation[i, k],
        }
        for i, task in enumerate(found.tasks)
        for k, other in enumerate(found.tasks)
        if i < k
    ]
