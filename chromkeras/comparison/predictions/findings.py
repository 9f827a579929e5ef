"""Everything that is known of the models' predictions."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from chromkeras.comparison.core.comparison import ComparedModel, Question
from chromkeras.comparison.core.model_names import Line
from chromkeras.comparison.predictions.differences import (
    Calibration,
    Differences,
    agreement,
    calibration,
    compare_lines,
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
    question
        What was compared.
    evaluations
        Of each model.
    masks
        Rows of each stratum.
    models, lines
        Differences by stratum: of single models, and of lines (recipes).
    calibrations
        Of each model, on all rows.
    pairs
        Pairs of models, as in ``models``.
    correlation, calls
        Agreement of each pair, shape (P, T).
    """

    question: Question
    evaluations: list[Evaluation]
    masks: dict[str, np.ndarray]
    models: dict[str, Differences]
    lines: dict[str, Differences]
    calibrations: list[Calibration]
    pairs: tuple[tuple[int, int], ...]
    correlation: np.ndarray
    calls: np.ndarray

    def reliability(self, weighted: bool) -> list[Reliability]:
        """Return each line's reliability over all tasks and models together."""
        question = self.question
        labels = question.dataset.values(question.rows)
        curves = []
        for line in question.lines:
            logits = [
                question.logits[i] if weighted else _weights_out(question.models[i], question, i)
                for i in line.members
            ]
            p = probability(np.stack(logits))
            curves.append(reliability(np.broadcast_to(labels, p.shape), p))
        return curves


def find(question: Question) -> Findings:
    """Compute every figure."""
    labels, logits = question.dataset.values(question.rows), question.logits
    problem = find_problem(question.dataset.problem)
    masks = problem.strata(question.dataset, question.rows)
    lines = question.lines
    own = [Line(name, (i,)) for i, name in enumerate(question.names)]
    pairs = pairs_of(len(own), question.baseline)
    line_pairs = pairs_of(len(lines), question.base_line)
    by_model, by_line = {}, {}
    replicates = question.options.bootstrap
    with progress("bootstrap") as say:
        for k, (name, mask) in enumerate(masks.items()):
            bootstrap = stratum_bootstrap(
                labels[mask],
                logits[:, mask],
                question.regions[mask],
                replicates=replicates,
                seed=question.options.seed,
                progress=partial(_tell, say, k, len(masks)),
            )
            rows = (labels[mask], logits[:, mask])
            by_model[name] = compare_lines(*rows, own, pairs, bootstrap)
            by_line[name] = compare_lines(*rows, lines, line_pairs, bootstrap)
    correlation, calls = agreement(logits, pairs)
    return Findings(
        question=question,
        evaluations=[_evaluate(one, question) for one in logits],
        masks=masks,
        models=by_model,
        lines=by_line,
        calibrations=[
            calibration(labels, logits[i], class_weights(model, question))
            for i, model in enumerate(question.models)
        ],
        pairs=pairs,
        correlation=correlation,
        calls=calls,
    )


def _tell(say: Callable[[int, int], None], part: int, parts: int, done: int, total: int) -> None:
    say(part * total + done, parts * total)


def class_weights(model: ComparedModel, question: Question) -> np.ndarray | None:
    """Return ρ by which a model's loss weighted the classes, shape (T,); 0.5 for the plain loss.

    None where the data set's training rows do not give it.
    """
    if model.recipe.training.loss != "rebalanced":
        return np.full(len(question.tasks), 0.5)
    if question.dataset.origin is not None:
        return question.dataset.origin.positive
    try:
        return question.dataset.positive_fraction("train")
    except ValueError:
        return None


def _evaluate(logits: np.ndarray, question: Question) -> Evaluation:
    return figures(logits[None], question.dataset, question.rows)[0]


def _weights_out(model: ComparedModel, question: Question, index: int) -> np.ndarray:
    rho = class_weights(model, question)
    logits = question.logits[index]
    return logits if rho is None else unweighted(logits, rho)
