"""An evaluation as text for a person."""

from chromkeras.evaluation.evaluate import STRATA, Evaluation
from chromkeras.tables import align

_FIGURES = {
    "AUROC": "auroc",
    "AUPRC": "auprc",
    "loss": "loss",
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "F1": "f1",
}
_RATES = {
    "specificity": "specificity",
    "NPV": "negative_predictive_value",
    "FPR": "false_positive_rate",
    "FNR": "false_negative_rate",
    "FDR": "false_discovery_rate",
    "FOR": "false_omission_rate",
    "MCC": "matthews_correlation",
}
_MEANS = {
    "all": "mean, all rows",
    "elements": "mean, elements only",
    "specific": "mean, specific elements",
}


def evaluation_table(evaluation: Evaluation) -> str:
    """Return figures by task and means by stratum, the confusion tables, and what is undefined."""
    parts = [_figures(evaluation), _confusion(evaluation), *_undefined(evaluation)]
    return "\n\n".join(parts)


def _figures(evaluation: Evaluation) -> str:
    figures = evaluation.strata["all"].figures
    lines = [("task", "known", "positive", *_FIGURES)]
    for i, task in enumerate(evaluation.tasks):
        counts = (f"{figures['known'][i]:,}", f"{figures['positives'][i]:,}")
        lines.append((task, *counts, *(_number(figures[key][i]) for key in _FIGURES.values())))
    for name in STRATA:
        stratum = evaluation.strata[name]
        counts = (f"{stratum.figures['known'].sum():,}", f"{stratum.figures['positives'].sum():,}")
        means = (_number(stratum.mean[key]) for key in _FIGURES.values())
        lines.append((_MEANS[name], *counts, *means))
    return align(lines)


def _confusion(evaluation: Evaluation) -> str:
    figures = evaluation.strata["all"].figures
    lines = [("confusion, all rows", "threshold", "TP", "FP", "TN", "FN", *_RATES)]
    for i, task in enumerate(evaluation.tasks):
        counts = (f"{figures[key][i]:,}" for key in ("tp", "fp", "tn", "fn"))
        rates = (_number(figures[key][i]) for key in _RATES.values())
        lines.append((task, _number(evaluation.threshold[i]), *counts, *rates))
    return align(lines)


def _undefined(evaluation: Evaluation) -> list[str]:
    notes = []
    for name in STRATA:
        missing = evaluation.strata[name].undefined
        for tasks in sorted({tuple(missing[key]) for key in _FIGURES.values() if key in missing}):
            labels = [label for label, key in _FIGURES.items() if missing.get(key) == list(tasks)]
            shown = ", ".join(tasks[:4]) + (", …" if len(tasks) > 4 else "")
            notes.append(
                f"{_MEANS[name]}: {', '.join(labels)} undefined for {len(tasks)} of "
                f"{len(evaluation.tasks)} tasks, left out of the mean ({shown})"
            )
    return ["\n".join(notes)] if notes else []


def _number(value: float) -> str:
    return "–" if value != value else f"{value:.4f}"
