"""Figures, differences and agreement of the models' predictions."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from chromkeras.comparison.core.comparison import Comparison
from chromkeras.comparison.core.model_names import Replicates
from chromkeras.comparison.predictions.differences import (
    Calibration,
    Differences,
    agreement,
    calibration,
    compare_replicates,
    pairs_of,
    stratum_bootstrap,
)
from chromkeras.comparison.predictions.shown import Shown, shown_figures
from chromkeras.evaluation.evaluate import Evaluation, evaluate
from chromkeras.progress import progress
from chromkeras.statistics.calibration import Reliability, probability, reliability


@dataclass(frozen=True, eq=False)
class Findings:
    """Figures, differences and agreement of the models' predictions.

    Attributes
    ----------
    comparison
        What was compared.
    evaluations
        Evaluation of each model.
    masks
        Rows of each stratum.
    models, replicates
        Differences by stratum: of single models, and of replicates (recipes).
    calibrations
        Calibration of each model, on all rows; none where outputs are not one probability a task.
    pairs
        Pairs of models, as in ``models``.
    correlation, calls
        Agreement of each pair, shape (P, T).
    """

    comparison: Comparison
    evaluations: list[Evaluation]
    masks: dict[str, np.ndarray]
    models: dict[str, Differences]
    replicates: dict[str, Differences]
    calibrations: list[Calibration]
    pairs: tuple[tuple[int, int], ...]
    correlation: np.ndarray
    calls: np.ndarray

    @property
    def shown(self) -> Shown:
        """What is shown of the problem."""
        return shown_figures(self.comparison.problem)

    def reliability(self, as_trained: bool = False) -> list[Reliability]:
        """Return each group's reliability over all tasks and models together."""
        comparison = self.comparison
        labels = comparison.dataset.values(comparison.rows)
        curves = []
        for group in comparison.replicates:
            members = list(group.members)
            logits = comparison.outputs[members]
            if as_trained:
                logits = logits - comparison.shifts[members][:, None]
            p = probability(logits)
            curves.append(reliability(np.broadcast_to(labels, p.shape), p))
        return curves


def measure_predictions(comparison: Comparison) -> Findings:
    """Compute all figures, differences and agreements of the models' predictions."""
    labels, outputs = comparison.dataset.values(comparison.rows), comparison.outputs
    problem: dict[str, Any] = {"problem": comparison.problem, "links": comparison.links}
    masks = comparison.problem.strata(comparison.dataset, comparison.rows)
    replicates = comparison.replicates
    own = [Replicates(name, (i,)) for i, name in enumerate(comparison.names)]
    pairs = pairs_of(len(own), comparison.baseline)
    replicate_pairs = pairs_of(len(replicates), comparison.baseline_replicates)
    by_model, by_name = {}, {}
    with progress("bootstrap") as report:
        for k, (name, mask) in enumerate(masks.items()):
            bootstrap = stratum_bootstrap(
                labels[mask],
                outputs[:, mask],
                comparison.regions[mask],
                replicates=comparison.options.bootstrap,
                seed=comparison.options.seed,
                progress=partial(_report, report, k, len(masks)),
                **problem,
            )
            rows = (labels[mask], outputs[:, mask])
            by_model[name] = compare_replicates(*rows, own, pairs, bootstrap, **problem)
            by_name[name] = compare_replicates(
                *rows, replicates, replicate_pairs, bootstrap, **problem
            )
    correlation, calls = _agreement(comparison, pairs)
    return Findings(
        comparison=comparison,
        evaluations=[
            evaluate(one, comparison.dataset, comparison.rows, link=link)
            for one, link in zip(outputs, comparison.links, strict=True)
        ],
        masks=masks,
        models=by_model,
        replicates=by_name,
        calibrations=_calibrations(comparison, labels),
        pairs=pairs,
        correlation=correlation,
        calls=calls,
    )


def _agreement(
    comparison: Comparison, pairs: tuple[tuple[int, int], ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the agreement of pairs of models: of logits, or of what problems make of outputs."""
    problem, dataset = comparison.problem, comparison.dataset
    if problem.logits:
        return agreement(comparison.outputs, pairs)
    each = list(zip(comparison.outputs, comparison.links, strict=True))
    ranking = np.stack([problem.ranking(*one) for one in each])
    called = [problem.called(outputs, dataset, link) for outputs, link in each]
    return agreement(ranking, pairs, called)


def _calibrations(comparison: Comparison, labels: np.ndarray) -> list[Calibration]:
    if not comparison.problem.logits:
        return []
    return [
        calibration(labels, logits, shift)
        for logits, shift in zip(comparison.outputs, comparison.shifts, strict=True)
    ]


def _report(
    report: Callable[[int, int], None], part: int, parts: int, done: int, total: int
) -> None:
    report(part * total + done, parts * total)
