"""The page of an interpretation, ``report.html``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chrominterpret.page.blocks import Section
from chrominterpret.page.render import write_page
from chrominterpret.report.attributed import Attributed
from chrominterpret.report.filter_reading import FilterReading
from chrominterpret.report.pattern_reading import PatternReading
from chrominterpret.report.summary_sections import dna_sections, made_section, summary_section
from chromkeras.model_report.other_inputs import InputFindings
from chromkeras.model_report.report_inputs import input_sections
from chromkeras.model_report.report_truth import truth_section
from chromkeras.model_report.scores import TruthScores

LEAD = "The elements of each task on which the method finds most, out of those attributed."


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
    tasks, attributed, filters = findings.tasks, findings.attributed, findings.filters
    rows, more = findings.summary["attributed sequences"], _input_facts(findings.inputs)
    sections = [
        summary_section(attributed, filters, rows=rows, more=more),
        *dna_sections(
            attributed,
            filters,
            findings.patterns,
            lead=LEAD,
            between=input_sections(findings.inputs),
        ),
        *([] if findings.scores is None else [truth_section(findings.scores)]),
        _made(findings),
    ]
    write_page(
        path,
        title=f"What {findings.model} reads",
        subtitle=f"{findings.plan} · {len(tasks)} tasks: {', '.join(tasks[:12])}"
        + (" …" if len(tasks) > 12 else ""),
        sections=sections,
    )


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
    filters = {k: v for k, v in summary.get("filters", {}).items() if k != "groups of tasks"}
    return made_section(
        {
            "model": summary["model"],
            **summary["options"],
            **filters,
            "versions": summary["versions"],
            "model's fingerprint of its data": summary["fingerprint"]["model"],
            "data set's fingerprint": summary["fingerprint"]["data"],
        }
    )
