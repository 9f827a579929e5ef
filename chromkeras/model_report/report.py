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
from chromkeras.model_report.other_inputs import InputFindings
from chromkeras.model_report.patterns import PatternReading
from chromkeras.model_report.report_filters import (
    cooccurrence_section,
    influence_section,
    motifs_section,
)
from chromkeras.model_report.report_inputs import input_sections
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
    tasks
        Names of its tasks.
    attributed
        Attributions of DNA by each method, or None where the model reads none.
    filters
        What the first layer's filters read, or None where no DNA is read.
    inputs
        What was found of other inputs, and of DNA that rows share.
    patterns
        What TF-MoDISco found, or None.
    scores
        Scores against a simulator's truth, or None.
    summary
        What ``summary.json`` holds.
    """

    model: str
    plan: str
    tasks: tuple[str, ...]
    attributed: Attributed | None
    filters: FilterReading | None
    inputs: InputFindings
    patterns: PatternReading | None
    scores: TruthScores | None
    summary: dict[str, Any]


def write_report(path: Path, findings: Findings) -> None:
    """Write the page."""
    tasks = findings.tasks
    sections = [_summary(findings)]
    if findings.filters is not None:
        sections += [
            motifs_section(findings.filters),
            influence_section(findings.filters, tasks),
            cooccurrence_section(findings.filters),
        ]
    if findings.patterns is not None:
        sections.append(patterns_section(findings.patterns))
    sections += input_sections(findings.inputs)
    if findings.attributed is not None:
        sections += [sequences_section(findings.attributed), quality_section(findings.attributed)]
    if findings.scores is not None:
        sections.append(truth_section(findings.scores))
    sections.append(_made(findings))
    write_page(
        path,
        title=f"What {findings.model} reads",
        subtitle=f"{findings.plan} · {len(tasks)} tasks: {', '.join(tasks[:12])}"
        + (" …" if len(tasks) > 12 else ""),
        sections=sections,
    )


def _summary(findings: Findings) -> Section:
    values = _filter_facts(findings)
    values["rows attributed"] = str(findings.summary["attributed sequences"])
    results = {} if findings.attributed is None else findings.attributed.results
    deltas = [
        r.relative_delta.max()
        for r in results.values()
        if r.relative_delta is not None and r.method == "deep_lift_shap"
    ]
    if deltas:
        values["DeepLIFT's largest relative convergence delta"] = f"{max(deltas):.1e}"
    values |= _input_facts(findings.inputs)
    warned = [f"{name}: {warning}" for name, r in results.items() for warning in r.warnings]
    return Section("Summary", [Facts(values), *([Notes(warned)] if warned else [])])


def _filter_facts(findings: Findings) -> dict[str, str]:
    if findings.filters is None:
        return {}
    facts = findings.summary["filters"]
    values = {
        "filters with a motif": f"{facts['filters with a motif']} of {facts['filters']}",
        "dead filters": str(facts["dead filters"]),
    }
    matched = facts.get(f"filters that match at q < {Q_CUT}")
    if matched is not None:
        values[f"filters that match a known motif, q < {Q_CUT}"] = str(matched)
    return values


def _input_facts(inputs: InputFindings) -> dict[str, str]:
    values = {}
    if inputs.shares is not None:
        for i, name in enumerate(inputs.shares.names):
            values[f"share of {name} in Σ |DeepLIFT|"] = f"{inputs.shares.overall[0, i]:.0%}"
    for features in inputs.features:
        first = features.channels[features.ranked()[0]]
        values[f"first of {len(features.channels)} {features.name}"] = inputs.known_as.get(
            first, first
        )
    for tests in inputs.tests:
        of = f" ({tests.source}, {tests.task})" if len(inputs.tests) > 1 else ""
        count, tested = tests.facts["with q < 0.05"], tests.facts["tested"]
        what = f"regulators whose known targets score higher, q < 0.05{of}"
        values[what] = f"{count} of {tested}"
    return values


def _made(findings: Findings) -> Section:
    summary = findings.summary
    filters = summary.get("filters", {})
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
