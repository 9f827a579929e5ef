"""The part "predictions": who predicts what better, by how much, and how surely."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from chromkeras.comparison.calibration import Reliability, probability, reliability, unweighted
from chromkeras.comparison.model_names import Line
from chromkeras.comparison.part import PartResult
from chromkeras.comparison.predictions import (
    Calibration,
    Differences,
    agreement,
    calibration,
    compare_lines,
    figures,
    pairs_of,
    strata,
    stratum_bootstrap,
)
from chromkeras.comparison.predictions_sections import prediction_sections
from chromkeras.comparison.question import ComparedModel, Question
from chromkeras.evaluation import Evaluation
from chromkeras.progress import progress

FIGURES = ("auroc", "auprc", "accuracy", "precision", "recall", "loss")
_CHANGES = ("auprc", "accuracy", "recall", "loss")


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
        labels = question.dataset.labels[question.rows]
        curves = []
        for line in question.lines:
            logits = [
                question.logits[i] if weighted else _weights_out(question.models[i], question, i)
                for i in line.members
            ]
            p = probability(np.stack(logits))
            curves.append(reliability(np.broadcast_to(labels, p.shape), p))
        return curves


def predictions_part(question: Question) -> PartResult:
    """Predict, measure and test."""
    findings = find(question)
    tables = {
        "models.tsv": _model_rows(findings),
        "recipes.tsv": _recipe_rows(findings),
        "tasks.tsv": _task_rows(findings),
        "differences.tsv": _difference_rows(findings),
    }
    sections, pictures = prediction_sections(findings)
    facts = {
        "strata": {name: int(mask.sum()) for name, mask in findings.masks.items()},
        "models": _by(tables["models.tsv"], "model"),
        "recipes": _by(tables["recipes.tsv"], "recipe"),
        "against the baseline": _against_baseline(findings),
    }
    return PartResult(sections, facts, tables, pictures)


def find(question: Question) -> Findings:
    """Compute every figure."""
    labels, logits = question.dataset.labels[question.rows], question.logits
    masks = strata(question.dataset, question.rows)
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


def _model_rows(findings: Findings) -> list[dict[str, Any]]:
    question, rows = findings.question, []
    line_of = {i: line.name for line in question.lines for i in line.members}
    for i, (model, found) in enumerate(zip(question.models, findings.evaluations, strict=True)):
        for name, stratum in found.strata.items():
            about = {
                "model": model.name,
                "recipe": line_of[i],
                "plan": model.recipe.plan,
                "seed": model.recipe.training.seed,
                "stratum": name,
                "rows": stratum.rows,
            }
            means = {key: stratum.mean[key] for key in FIGURES}
            rows.append(about | means | _calibration_means(findings, i, name))
    return rows


def _calibration_means(findings: Findings, model: int, stratum: str) -> dict[str, float]:
    values = vars(findings.calibrations[model])
    return {
        _CALIBRATION[key]: float(np.mean(value)) if stratum == "all" else float("nan")
        for key, value in values.items()
    }


_CALIBRATION = {
    "error": "calibration_error",
    "brier": "brier",
    "error_unweighted": "calibration_error_without_class_weights",
    "brier_unweighted": "brier_without_class_weights",
}


def _recipe_rows(findings: Findings) -> list[dict[str, Any]]:
    models = _model_rows(findings)
    rows = []
    for line in findings.question.lines:
        names = [findings.question.names[i] for i in line.members]
        for stratum in findings.masks:
            own = [r for r in models if r["model"] in names and r["stratum"] == stratum]
            row: dict[str, Any] = {
                "recipe": line.name,
                "seeds": len(names),
                "models": ", ".join(names),
                "stratum": stratum,
            }
            for key in (*FIGURES, "calibration_error", "brier"):
                mean, sd = mean_and_sd([r[key] for r in own])
                row |= {key: mean, f"{key}_sd": sd}
            rows.append(row)
    return rows


def mean_and_sd(values: list[float]) -> tuple[float, float]:
    """Return the mean and the sample standard deviation, NaN for a single value."""
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    return float(np.mean(values)), sd


def _task_rows(findings: Findings) -> list[dict[str, Any]]:
    rows = []
    for name, found, calibrated in zip(
        findings.question.names, findings.evaluations, findings.calibrations, strict=True
    ):
        for stratum in found.strata.values():
            for t, task in enumerate(found.tasks):
                row: dict[str, Any] = {"model": name, "task": task, "stratum": stratum.name}
                row |= {key: stratum.figures[key][t] for key in ("known", "positives", *FIGURES)}
                row |= {
                    _CALIBRATION[key]: value[t] if stratum.name == "all" else float("nan")
                    for key, value in vars(calibrated).items()
                }
                rows.append(row)
    return rows


def _difference_rows(findings: Findings) -> list[dict[str, Any]]:
    rows = []
    names = findings.question.names
    for stratum, found in findings.models.items():
        for p, (a, b) in enumerate(found.pairs):
            for t, task in enumerate(findings.question.tasks):
                low, high = found.interval[p, :, t]
                row = {
                    "stratum": stratum, "model": names[a], "other": names[b], "task": task,
                    "auroc_difference": found.difference[p, t], "low": low, "high": high,
                    "delong_p": found.p_value[p, t], "q": found.q_value[p, t],
                }  # fmt: skip
                first, second = (findings.evaluations[i].strata[stratum].figures for i in (a, b))
                row |= {f"{key}_difference": first[key][t] - second[key][t] for key in _CHANGES}
                whole = stratum == "all"
                row["logit_correlation"] = findings.correlation[p, t] if whole else float("nan")
                row["equal_calls"] = findings.calls[p, t] if whole else float("nan")
                rows.append(row)
    return rows


def _against_baseline(findings: Findings) -> dict[str, Any]:
    """Return mean differences and counts of tasks for every model and line, by stratum."""
    question = findings.question
    found: dict[str, Any] = {"baseline": question.names[question.baseline]}
    for kind, names, base, differences in (
        ("models", question.names, question.baseline, findings.models),
        ("recipes", [x.name for x in question.lines], question.base_line, findings.lines),
    ):
        found[kind] = {
            names[a]: {stratum: _pair_facts(each, p) for stratum, each in differences.items()}
            for p, (a, b) in enumerate(next(iter(differences.values())).pairs)
            if b == base
        }
    return found


def _pair_facts(found: Differences, pair: int) -> dict[str, Any]:
    gain, lose, surely_gain, surely_lose = found.gains(pair)
    return {
        "mean AUROC difference": float(found.mean[pair]),
        "95 % interval": found.mean_interval[pair].tolist(),
        "tasks that gain": gain,
        "tasks that lose": lose,
        "tasks that gain significantly": surely_gain,
        "tasks that lose significantly": surely_lose,
    }


def _by(rows: list[dict[str, Any]], key: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in rows:
        rest = {k: v for k, v in row.items() if k not in (key, "stratum")}
        found.setdefault(row[key], {})[row["stratum"]] = rest
    return found
