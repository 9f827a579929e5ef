"""The parts of the page about attributions."""

import numpy as np

from chrominterpret.attribution import Attribution
from chrominterpret.page.blocks import (
    Cell,
    Number,
    Section,
    Table,
    Track,
    Tracks,
)
from chromkeras.model_report.attributions import Attributed, place_name, strongest_rows
from chromkeras.model_report.scores import TruthScores
from chromkeras.model_report.truth import MEAN

MOST_TASKS = 24  # with tracks on the page; all are in the files


def sequences_section(attributed: Attributed) -> Section:
    """Return the letter tracks of each task's strongest sequences."""
    request = attributed.request
    scores = {method: attributed.observed(method) for method in attributed.results}
    tracks = []
    for k, target in enumerate(request.targets[:MOST_TASKS]):
        for method, own in scores.items():
            for i in strongest_rows(request, own[k], target):
                title = place_name(request.dataset, request.rows[i], target)
                tracks.append(Track(title, own[k, i], (target.name, method)))
    caption = (
        "Contribution of each base to the task's output (a logit where labels are 0 and 1), or to "
        "the difference of outputs of a contrast; letters below the line lower it. The strip "
        "above shows the whole sequence: click it, or scroll the letters."
    )
    lead = "The elements of each task on which the method finds most, out of those attributed."
    return Section("Sequences", [Tracks(tracks, ("task", "method"), caption)], lead)


def quality_section(attributed: Attributed) -> Section:
    """Return the table of the attribution methods."""
    rows = [_method_row(name, result, attributed) for name, result in attributed.results.items()]
    columns = ["method", "median delta", "largest delta", "r with DeepLIFT", "seconds"]
    caption = (
        "Delta: how far the contributions miss the difference of outputs between sequence and "
        "reference, relative to it, which counts as at least a tenth of the sequence's largest and "
        "a hundredth of the output. r: Pearson correlation of contributions at the observed bases."
    )
    return Section("Attribution quality", [Table(columns, rows, caption)])


def _method_row(name: str, result: Attribution, attributed: Attributed) -> list[Cell]:
    delta = np.full(1, np.nan) if result.relative_delta is None else result.relative_delta
    r = np.nan
    if "deep_lift_shap" in attributed.results:
        r = _correlation(attributed.observed(name), attributed.observed("deep_lift_shap"))
    return [
        name,
        Number.of(float(np.median(delta)), ".1e"),
        Number.of(float(np.max(delta)), ".1e"),
        Number.of(r, ".3f"),
        Number.of(attributed.seconds[name], ".1f"),
    ]


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    x, y = a.sum(axis=-1).ravel(), b.sum(axis=-1).ravel()
    if not (x.std() and y.std()):
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def truth_section(scores: TruthScores) -> Section:
    """Return the scores against what a simulator planted."""
    positions: list[list[Cell]] = [
        [row.method, *(Number.of(v, ".3f") for v in (row.auroc, row.auprc, row.chance))]
        for row in scores.positions
        if row.task == MEAN
    ]
    motifs: list[list[Cell]] = [
        [row.source, f"{row.found} of {row.planted}", f"{row.false} of {row.discovered}",
         str(row.elsewhere), row.found_motifs, row.missed_motifs]
        for row in scores.motifs
    ]  # fmt: skip
    lead = "The data are simulated, so what opens each element is known."
    caption = (
        "Planted positions against the others of the same sequence, by the size of the "
        "contribution: mean over sequences and tasks. Chance is the AUPRC of random scores."
    )
    return Section(
        "Against the truth",
        [
            Table(["method", "AUROC", "AUPRC", "chance"], positions, caption),
            Table(
                ["motifs by", "planted found", "false", "of other tasks", "found", "missed"],
                motifs,
                "A planted motif is found when a motif matches it at q < 0.05, one of "
                "TF-MoDISco's in a task that it opens; a false motif matches none of the planted; "
                "one of other tasks matches what opens them, and means nothing where it was found.",
            ),
        ],
        lead,
    )
