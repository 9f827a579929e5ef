"""The part of the page about TF-MoDISco's patterns."""

from typing import Any

import numpy as np

from chrominterpret.motifs.logos import LogoPair, logo_pairs
from chrominterpret.motifs.modisco import Pattern
from chrominterpret.motifs.pwm import Motif, consensus
from chrominterpret.motifs.tomtom import Q_CUT, best_matches
from chrominterpret.page.blocks import Cell, Logo, Notes, Number, Section, Table
from chrominterpret.report.filter_sections import match_text, pair_logo
from chrominterpret.report.pattern_reading import PatternReading, pattern_motif, pattern_name


def patterns_section(patterns: PatternReading) -> Section:
    """Return the table of TF-MoDISco's patterns beside their matches."""
    motifs = {
        pattern_name(each.task, p): (each.task, p, pattern_motif(each.task, p))
        for each in patterns.tasks
        for p in each.found.patterns
    }
    why = [f"{each.task}: {each.found.reason}" for each in patterns.tasks if each.found.reason]
    lead = (
        "Stretches of high contribution in each task's elements (seqlets), grouped by likeness: "
        "what deeper layers read as well, and what a single filter does not hold."
    )
    if not motifs:
        return Section("TF-MoDISco patterns", [Notes(why)], lead)
    queries = [motif for _, _, motif in motifs.values()]
    pairs = logo_pairs(queries, patterns.targets, patterns.matches, max_q=Q_CUT)
    best = best_matches(patterns.matches, queries).set_index("query")
    rows = [
        _pattern_row(pair, best.loc[pair.query.name], *motifs[pair.query.name]) for pair in pairs
    ]
    columns = [
        "task",
        "motif, its match below",
        "contributions",
        "consensus",
        "match",
        "q",
        "seqlets",
    ]
    caption = (
        "Motif: frequencies of the pattern's core, letters in bits; contributions: the mean "
        "contribution of each base over the seqlets, each to its own scale."
    )
    return Section(
        "TF-MoDISco patterns", [Table(columns, rows, caption), *([Notes(why)] if why else [])], lead
    )


def _pattern_row(
    pair: LogoPair, best: Any, task: str, pattern: Pattern, motif: Motif
) -> list[Cell]:
    letters = consensus(motif, iupac=True)
    core = pattern.contributions[pattern.core]
    stacks = np.maximum(core, 0).sum(axis=1).max(), np.maximum(-core, 0).sum(axis=1).max()
    top = float(max(stacks)) or 1.0
    return [
        task,
        pair_logo(pair, letters),
        Logo([core], top=top, label=f"contributions of {letters}"),
        letters,
        match_text(best),
        Number.of(best["q_value"], ".1e"),
        Number.of(len(pattern.seqlets), ",.0f"),
    ]
