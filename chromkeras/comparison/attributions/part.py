"""The part "attributions": whether models read the same bases."""

from typing import Any

import numpy as np

from chrominterpret.page.blocks import Block, Cell, Notes, Number, Section, Table
from chromkeras.comparison.attributions.attribution_agreement import (
    AttributionAgreement,
    attribution_agreements,
)
from chromkeras.comparison.core.comparison import Comparison
from chromkeras.comparison.core.controls import UNTRAINED, explained_by_dna
from chromkeras.comparison.core.matrices import Matrix, matrix_grid
from chromkeras.comparison.core.part import PartResult, picture
from chromkeras.model_report.network_inputs import DNA
from chromkeras.progress import progress

ORDER = 60

_LEAD = (
    "DeepLIFT contributions of the same sequences by every model: Pearson correlation over the "
    "bases of a sequence, mean over sequences and tasks. Two seeds of one recipe show how far "
    "models that learned the same agree, a random-weight control (an untrained copy) how far "
    "chance goes."
)


def compare_part(comparison: Comparison) -> PartResult:
    """Correlate the models' attributions."""
    comparison, notes = explained_by_dna(comparison)
    if len(comparison.models) < 2:
        return PartResult([Section("Attributions", [Notes(notes)])])
    inputs = comparison.elements(comparison.options.attributed)
    with progress("attributions") as report:
        found = attribution_agreements(
            comparison.models,
            inputs,
            tasks=comparison.tasks,
            seed=comparison.options.seed,
            untrained=True,
            progress=report,
        )
    trained = [each for each in found if each.kind != UNTRAINED]
    figure = matrix_grid([_matrix(comparison, trained)])
    caption = "Mean correlation of the contributions of two models."
    blocks: list[Block] = [Notes(notes)] if notes else []
    blocks += [picture(figure, caption, "attributions"), _table(found)]
    facts = {f"{each.first} and {each.second}": each.mean for each in found}
    rows = [row for each in found for row in _rows(each)]
    section = Section("Attributions", blocks, f"{_LEAD} {len(inputs[DNA])} sequences.")
    return PartResult([section], {"attributions": facts}, {"attributions.tsv": rows},
                      {"attributions.png": figure})  # fmt: skip


def _rows(found: AttributionAgreement) -> list[dict[str, Any]]:
    return [
        {
            "first": found.first,
            "second": found.second,
            "kind": found.kind,
            "task": task,
            "correlation": value,
        }
        for task, value in zip(found.tasks, found.by_task, strict=True)
    ]


def _table(found: list[AttributionAgreement]) -> Table:
    rows: list[list[Cell]] = [
        [
            each.first,
            each.second,
            each.kind,
            Number.of(each.mean, ".3f"),
            Number.of(float(np.nanmin(each.by_task)), ".3f"),
            each.tasks[int(np.nanargmin(each.by_task))],
        ]
        for each in found
        if np.isfinite(each.by_task).any()
    ]
    columns = ["model", "other", "kind", "correlation", "least of a task", "task"]
    return Table(columns, rows, "attributions.tsv holds every task.")


def _matrix(comparison: Comparison, found: list[AttributionAgreement]) -> Matrix:
    names = comparison.names
    values = np.full((len(names), len(names)), np.nan)
    for each in found:
        a, b = names.index(each.first), names.index(each.second)
        values[a, b] = values[b, a] = each.mean
    low = min(0.0, float(np.nanmin(values, initial=0.0)))
    return Matrix("correlation of contributions", values, names, names, low, max(-low, 1.0))
