"""The page of an interpretation, ``report.html``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chrominterpret.motifs.tomtom import Q_CUT
from chrominterpret.page.blocks import (
    Details,
    Facts,
    Notes,
    Section,
)
from chrominterpret.page.render import write_page
from chromkeras.model_report.attributions import Attributed
from chromkeras.model_report.filters import FilterReading
from chromkeras.model_report.patterns import PatternReading
from chromkeras.model_report.report_filters import (
    cooccurrence_section,
    influence_section,
    motifs_section,
)
from chromkeras.model_report.report_patterns import patterns_section
from chromkeras.model_report.report_sequences import (
    quality_section,
    sequences_section,
    truth_section,
)
from chromkeras.model_report.scores import TruthScores


@dataclass(frozen=True)
class Findings:
    """Everything the page shows.

    Attributes
    ----------
    model
        Name of the model file.
    plan
        How its tasks share.
    attributed
        Attributions by each method.
    filters
        What the first layer's filters read.
    patterns
        What TF-MoDISco found, or None.
    scores
        Scores against a simulator's truth, or None.
    summary
        What ``summary.json`` holds.
    """

    model: str
    plan: str
    attributed: Attributed
    filters: FilterReading
    patterns: PatternReading | None
    scores: TruthScores | None
    summary: dict[str, Any]


def write_report(path: Path, findings: Findings) -> None:
    """Write the page."""
    tasks = findings.attributed.request.dataset.tasks
    sections = [
        _summary(findings),
        motifs_section(findings.filters),
        influence_section(findings.filters, tasks),
        cooccurrence_section(findings.filters),
        *([patterns_section(findings.patterns)] if findings.patterns is not None else []),
        sequences_section(findings.attributed),
        quality_section(findings.attributed),
        *([truth_section(findings.scores)] if findings.scores is not None else []),
        _made(findings),
    ]
    write_page(
        path,
        title=f"What {findings.model} reads",
        subtitle=f"{findings.plan} · {len(tasks)} tasks: {', '.join(tasks[:12])}"
        + (" …" if len(tasks) > 12 else ""),
        sections=sections,
    )


def _summary(findings: Findings) -> Section:
    facts = findings.summary["filters"]
    deltas = [
        r.relative_delta.max()
        for r in findings.attributed.results.values()
        if r.relative_delta is not None and r.method == "deep_lift_shap"
    ]
    values = {
        "filters with a motif": f"{facts['filters with a motif']} of {facts['filters']}",
        "dead filters": str(facts["dead filters"]),
        "sequences attributed": str(findings.summary["attributed sequences"]),
    }
    matched = facts.get(f"filters that match at q < {Q_CUT}")
    if matched is not None:
        values[f"filters that match a known motif, q < {Q_CUT}"] = str(matched)
    if deltas:
        values["DeepLIFT's largest relative convergence delta"] = f"{max(deltas):.1e}"
    warned = [
        f"{name}: {warning}"
        for name, result in findings.attributed.results.items()
        for warning in result.warnings
    ]
    return Section("Summary", [Facts(values), *([Notes(warned)] if warned else [])])


def _made(findings: Findings) -> Section:
    summary = findings.summary
    filters = summary["filters"]
    values = {"model": summary["model"]}
    values |= {name: _text(value) for name, value in summary["options"].items()}
    values |= {name: _text(v) for name, v in filters.items() if name != "groups of tasks"}
    values["versions"] = ", ".join(" ".join(each) for each in summary["versions"].items())
    values["model's fingerprint of its data"] = summary["fingerprint"]["model"]
    values["data set's fingerprint"] = summary["fingerprint"]["data"]
    return Section("How it was made", [Details(values)])


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)
