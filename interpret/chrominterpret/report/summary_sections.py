"""The first and the last part of the page, and the order of those between."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from chrominterpret.motifs.tomtom import Q_CUT
from chrominterpret.page.blocks import Details, Facts, Notes, Section
from chrominterpret.report.attributed import Attributed
from chrominterpret.report.filter_reading import FilterReading
from chrominterpret.report.filter_sections import (
    cooccurrence_section,
    influence_section,
    motifs_section,
)
from chrominterpret.report.pattern_reading import PatternReading
from chrominterpret.report.pattern_sections import patterns_section
from chrominterpret.report.sequence_sections import quality_section, sequences_section

PACKAGES = ("keras", "tensorflow", "numpy", "modisco-lite", "memelite", "pyjaspar")


def versions(*more: str) -> dict[str, str]:
    """Return the versions of what a result depends on, those of other packages first."""
    return {name: version(name) for name in (*more, *PACKAGES)}


def dna_sections(
    attributed: Attributed | None,
    filters: FilterReading | None,
    patterns: PatternReading | None,
    *,
    lead: str,
    between: Sequence[Section] = (),
) -> list[Section]:
    """Return the parts about DNA, of what there is: filters, patterns, and then the sequences.

    Parameters
    ----------
    attributed, filters, patterns
        What was found.
    lead
        Sentence above the letters of the sequences.
    between
        Parts to put between those of the patterns and of the sequences.
    """
    sections = []
    if filters is not None:
        sections += [
            motifs_section(filters),
            influence_section(filters, filters.tasks),
            cooccurrence_section(filters),
        ]
    if patterns is not None:
        sections.append(patterns_section(patterns))
    sections += between
    if attributed is not None:
        sections += [sequences_section(attributed, lead), quality_section(attributed)]
    return sections


def summary_section(
    attributed: Attributed | None,
    filters: FilterReading | None,
    *,
    rows: int,
    more: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
) -> Section:
    """Return figures in large type and what a reader should know first.

    Parameters
    ----------
    attributed, filters
        What was found, or None.
    rows
        Number of rows that were attributed.
    more
        Other figures, by name.
    notes
        Sentences to stand before the methods' warnings.
    """
    values = _filter_figures(filters)
    values["rows attributed"] = str(rows)
    results = {} if attributed is None else attributed.results
    deltas = [
        r.relative_delta.max()
        for r in results.values()
        if r.relative_delta is not None and r.method == "deep_lift_shap"
    ]
    if deltas:
        values["DeepLIFT's largest relative convergence delta"] = f"{max(deltas):.1e}"
    warned = [f"{name}: {warning}" for name, r in results.items() for warning in r.warnings]
    lines = [*notes, *warned]
    return Section(
        "Summary", [Facts({**values, **(more or {})}), *([Notes(lines)] if lines else [])]
    )


def made_section(values: Mapping[str, Any]) -> Section:
    """Return how something was made: numbers shortened, lists with commas."""
    return Section("How it was made", [Details({name: _text(v) for name, v in values.items()})])


def _filter_figures(filters: FilterReading | None) -> dict[str, str]:
    if filters is None:
        return {}
    facts = filters.facts
    values = {
        "filters with a motif": f"{facts['filters with a motif']} of {facts['filters']}",
        "dead filters": str(facts["dead filters"]),
    }
    matched = facts.get(f"filters that match at q < {Q_CUT}")
    if matched is not None:
        values[f"filters that match a known motif, q < {Q_CUT}"] = str(matched)
    return values


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)
