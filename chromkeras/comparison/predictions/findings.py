"""Figures, differences and agreement of the models' predictions."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from chromkeras.comparison.core.comparison import ComparedModel, Comparison
from chromkeras.comparison.core.model_names import Replicates
from chromkeras.comparison.predictions.differences import (
    Calibration,
    Differences,
    agreement,
    calibration,
    compare_replicates,
    figures,
    pairs_of,
    stratum_bootstrap,
)
from chromkeras.evaluation.evaluate import Evaluation
from chromkeras.problems.registry import find_problem
from chromkeras.progress import progress
from chromkeras.statistics.calibration import Reliability, probability, reliability, unweighted


@dataclass(frozen=True, eq=False)
class Findings:
    """Everything that is known of the predictions.

    Attributes
    ----------
    comparison
        What was compared.
    evaluations
        Of each model.
    masks
        Rows of each stratum.
    models, replicates
        Differences by stratum: of single models, and of replicates (recipes).
    calibrations
        Of each model, on all rows.
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

    def reliability(self, weighted: bool) -> list[Reliability]:
        """Return each group's reliability over all tasks and models together."""
        comparison = self.comparison
        labels = comparison.dataset.values(comparison.rows)
        curves = []
        for group in comparison.replicates:
            logits = [
                comparison.logits[i]
                if weighted
                else _weights_out(comparison.models[i], comparison, i)
                for i in group.members
            ]
            p = probability(np.stack(logits))
            curves.append(reliability(np.broadcast_to(labels, p.shape), p))
        return curves


def find(comparison: Comparison) -> Findings:
    """Compute every figure."""
    labels, logits = comparison.dataset.values(comparison.rows), comparison.logits
    problem = find_problem(comparison.dataset.problem)
    masks = problem.strata(comparison.dataset, comparison.rows)
    replicates = comparison.replicates
    own = [Replicates(name, (i,)) for i, name in enumerate(comparison.names)]
    pairs = pairs_of(len(own), comparison.baseline)
    replicate_pairs = pairs_of(len(replicates), comparison.baseline_replicates)
    by_model, by_name = {}, {}
    with progress("bootstrap") as say:
        for k, (name, mask) in enumerate(masks.items()):
            bootstrap = stratum_bootstrap(
                labels[mask],
                logits[:, mask],
                comparison.regions[mask],
                replicates=comparison.options.bootstrap,
                seed=comparison.options.seed,
                progress=partial(_report, say, k, len(masks)),
            )
            rows = (labels[mask], logits[:, mask])
            by_model[name] = compare_replicates(*rows, own, pairs, bootstrap)
            by_name[name] = compare_replicates(*rows, replicates, replicate_pairs, bootstrap)
    correlation, calls = agreement(logits, pairs)
    return Findings(
        comparison=comparison,
        evaluations=[_evaluate(one, comparison) for one in logits],
        masks=masks,
        models=by_model,
        replicates=by_name,
        calibrations=[
            calibration(labels, logits[i], class_weights(model, comparison))
            for i, model in enumerate(comparison.models)
        ],
        pairs=pairs,
        correlation=correlation,
        calls=calls,
    )


def _report(say: Callable[[int, int], None], part: int, parts: int, done: int, total: int) -> None:
    say(part * total + done, parts * total)


def class_weights(model: ComparedModel, comparison: Comparison) -> np.ndarray | None:
    """Return ρ by which a model's loss weighted the classes, shape (T,); 0.5 for the plain loss.

    None where the data set's training rows do not give it.
    """
    if model.recipe.training.loss != "rebalanced":
        return np.full(len(comparison.tasks), 0.5)
    if comparison.dataset.origin is not None:
        return comparison.dataset.origin.positive
    try:
        return comparison.dataset.positive_fraction("train")
    except ValueError:
        return None


def _evaluate(logits: np.ndarray, comparison: Comparison) -> Evaluation:
    return figures(logits[None], comparison.dataset, comparison.rows)[0]


def _weights_out(model: ComparedModel, comparison: Comparison, index: int) -> np.ndarray:
    rho = class_weights(model, comparison)
    logits = comparison.logits[index]
    return logits if rho is None else unweighted(logits, rho)
