"""The part "predictions": scores of the models, their differences, and tests of these."""

from typing import Any

import numpy as np

from chromkeras.comparison.core.comparison import Comparison
from chromkeras.comparison.core.part import PartResult
from chromkeras.comparison.predictions.differences import Differences
from chromkeras.comparison.predictions.findings import Findings, measure_predictions
from chromkeras.comparison.predictions.sections import prediction_sections
from chromkeras.statistics.means import mean_defined

ORDER = 10


def compare_part(comparison: Comparison) -> PartResult:
    """Predict, score every task, and test the differences between models."""
    findings = measure_predictions(comparison)
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


def _model_rows(findings: Findings) -> list[dict[str, Any]]:
    comparison, rows = findings.comparison, []
    recipe_of = {i: group.name for group in comparison.replicates for i in group.members}
    for i, (model, found) in enumerate(zip(comparison.models, findings.evaluations, strict=True)):
        for name, stratum in found.strata.items():
            about: dict[str, Any] = {
                "model": model.name,
                "recipe": recipe_of[i],
                "plan": model.card.plan,
                "seed": model.card.seed,
                "stratum": name,
                "rows": stratum.rows,
            }
            means = {key: stratum.mean[key] for key in findings.shown.figures}
            rows.append(about | means | _calibration_means(findings, i, name))
    return rows


def _calibration_means(findings: Findings, model: int, stratum: str) -> dict[str, float]:
    values = vars(findings.calibrations[model]) if findings.calibrations else {}
    return {
        _CALIBRATION[key]: mean_defined(value) if stratum == "all" else float("nan")
        for key, value in values.items()
    }


_CALIBRATION = {
    "error": "calibration_error",
    "brier": "brier",
    "error_as_trained": "calibration_error_as_trained",
    "brier_as_trained": "brier_as_trained",
}


def _recipe_rows(findings: Findings) -> list[dict[str, Any]]:
    models = _model_rows(findings)
    rows = []
    for group in findings.comparison.replicates:
        names = [findings.comparison.names[i] for i in group.members]
        for stratum in findings.masks:
            own = [r for r in models if r["model"] in names and r["stratum"] == stratum]
            row: dict[str, Any] = {
                "recipe": group.name,
                "seeds": len(names),
                "models": ", ".join(names),
                "stratum": stratum,
            }
            calibrated = ("calibration_error", "brier") if findings.calibrations else ()
            for key in (*findings.shown.figures, *calibrated):
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
    shown, nothing = findings.shown, [None] * len(findings.evaluations)
    for name, found, calibrated in zip(
        findings.comparison.names,
        findings.evaluations,
        findings.calibrations or nothing,
        strict=True,
    ):
        for stratum in found.strata.values():
            for t, task in enumerate(found.tasks):
                row: dict[str, Any] = {"model": name, "task": task, "stratum": stratum.name}
                row |= {key: stratum.figures[key][t] for key in (*shown.counts, *shown.figures)}
                row |= {
                    _CALIBRATION[key]: value[t] if stratum.name == "all" else float("nan")
                    for key, value in (vars(calibrated) if calibrated else {}).items()
                }
                rows.append(row)
    return rows


def _difference_rows(findings: Findings) -> list[dict[str, Any]]:
    rows, shown = [], findings.shown
    names = findings.comparison.names
    for stratum, found in findings.models.items():
        for p, (a, b) in enumerate(found.pairs):
            for t, task in enumerate(findings.comparison.tasks):
                low, high = found.interval[p, :, t]
                row = {
                    "stratum": stratum, "model": names[a], "other": names[b], "task": task,
                    f"{shown.score}_difference": found.difference[p, t], "low": low, "high": high,
                    f"{shown.test}_p": found.p_value[p, t], "q": found.q_value[p, t],
                }  # fmt: skip
                first, second = (findings.evaluations[i].strata[stratum].figures for i in (a, b))
                row |= {
                    f"{key}_difference": first[key][t] - second[key][t] for key in shown.changes
                }
                whole = stratum == "all"
                row[f"{shown.ranking}_correlation"] = (
                    findings.correlation[p, t] if whole else float("nan")
                )
                row["equal_calls"] = findings.calls[p, t] if whole else float("nan")
                rows.append(row)
    return rows


def _against_baseline(findings: Findings) -> dict[str, Any]:
    """Return mean differences and counts of tasks for every model and group, by stratum."""
    comparison = findings.comparison
    found: dict[str, Any] = {"baseline": comparison.names[comparison.baseline]}
    for kind, names, base, differences in (
        ("models", comparison.names, comparison.baseline, findings.models),
        (
            "recipes",
            [group.name for group in comparison.replicates],
            comparison.baseline_replicates,
            findings.replicates,
        ),
    ):
        found[kind] = {
            names[a]: {
                stratum: _pair_facts(each, p, findings.shown.title)
                for stratum, each in differences.items()
            }
            for p, (a, b) in enumerate(next(iter(differences.values())).pairs)
            if b == base
        }
    return found


def _pair_facts(found: Differences, pair: int, score: str) -> dict[str, Any]:
    gain, lose, surely_gain, surely_lose = found.gains(pair)
    return {
        f"mean {score} difference": float(found.mean[pair]),
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
