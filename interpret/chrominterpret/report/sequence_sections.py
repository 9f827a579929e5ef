"""The parts of the page about attributions."""

import numpy as np

from chrominterpret.attribution import Attribution
from chrominterpret.page.blocks import Cell, Number, Section, Table, Track, Tracks
from chrominterpret.report.attributed import Attributed

MOST_TASKS = 24  # with tracks on the page; all are in the files


def sequences_section(attributed: Attributed, lead: str) -> Section:
    """Return the letter tracks of each target's strongest sequences, under a sentence."""
    scores = {method: attributed.observed(method) for method in attributed.results}
    tracks = [
        Track(attributed.title(k, i), own[k, i], (target, method))
        for k, target in enumerate(attributed.targets[:MOST_TASKS])
        for method, own in scores.items()
        for i in attributed.strongest(k, own[k])
    ]
    caption = (
        "Contribution of each base to the task's output (a logit where labels are 0 and 1), or to "
        "the difference of outputs of a contrast; letters below the line lower it. The strip "
        "above shows the whole sequence: click it, or scroll the letters."
    )
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
