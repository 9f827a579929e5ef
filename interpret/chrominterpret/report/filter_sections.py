"""The parts of the page about first-layer filters."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chrominterpret.filters.profiles import FilterProfiles
from chrominterpret.motifs.logos import LogoPair, logo_pairs
from chrominterpret.motifs.pwm import consensus, information_content, logo_heights
from chrominterpret.motifs.tomtom import Q_CUT, best_matches
from chrominterpret.page.blocks import Cell, HeatMap, Logo, Notes, Number, Section, Table
from chrominterpret.report.filter_reading import SHUFFLED_SHARE, FilterReading

MOST_FILTERS = 40  # rows of a heat map
FEWEST = 10  # sequences with a site, below which positions and co-occurrence say little
BINS = 24  # columns of the profile along the sequence


def motifs_section(filters: FilterReading) -> Section:
    """Return the table of the filters' motifs beside their matches."""
    if not filters.motifs:
        return Section("Learned motifs", lead="No filter has a motif.")
    pairs = {
        pair.query.name: pair
        for pair in logo_pairs(filters.motifs, filters.targets, filters.matches, max_q=Q_CUT)
    }
    best = best_matches(filters.matches, filters.motifs).set_index("query")
    index = {f.name: i for i, f in enumerate(filters.found)}
    rows = [
        _motif_row(pairs[name], best.loc[name], filters, index[name])
        for name in (motif.name for motif in filters.motifs)
        if name in pairs
    ]
    rows.sort(key=lambda row: np.nan_to_num(row[4].value, nan=2.0))  # type: ignore[union-attr]
    columns = [
        "filter", "motif, its match below", "consensus", "match", "q", "p", "sites", "bits",
        "raises most", "by", "lowers most", "by",
    ]  # fmt: skip
    lead = (
        "Every site where a first-layer filter is active, aligned and counted; below it the known "
        "motif that TomTom finds nearest."
    )
    caption = (
        f"Letters are in bits, 0 to 2 each. A match counts at q < {Q_CUT} over all pairs of filter "
        "and known motif; motifs that shuffled filters match as well were left out beforehand, and "
        f"{filters.facts[SHUFFLED_SHARE]:.0%} of shuffled filters match one of the others. "
        "A filter raises a task by the mean fall of its output, a logit where labels are 0 and 1, "
        "when the filter's own is replaced by its mean, and lowers it by a mean rise."
    )
    return Section("Learned motifs", [Table(columns, rows, caption)], lead)


def _motif_row(pair: LogoPair, best: Any, filters: FilterReading, index: int) -> list[Cell]:
    influence = filters.influence.mean_difference[index]
    highest = int(influence.argmax())
    lowest = int(influence.argmin())
    letters = consensus(pair.query, iupac=True)
    bits = float(information_content(pair.query.ppm).sum())
    return [
        pair.query.name,
        pair_logo(pair, letters),
        letters,
        match_text(best),
        Number.of(best["q_value"], ".1e"),
        Number.of(best["p_value"], ".1e"),
        Number.of(pair.query.nsites or np.nan, ",.0f"),
        Number.of(bits, ".1f"),
        filters.tasks[highest],
        Number.of(influence[highest], "+.2f"),
        filters.tasks[lowest],
        Number.of(influence[lowest], "+.2f"),
    ]


def match_text(best: Any) -> str:
    """Return the known motif of a row of `best_matches`, where it counts as a match."""
    if not best["q_value"] < Q_CUT:
        return "no match"
    return f"{best['target_name']} ({best['target_id']}, {best['strand']})"


def pair_logo(pair: LogoPair, words: str) -> Logo:
    """Return a motif above its match, aligned."""
    heights = [logo_heights(pair.query.ppm)]
    if pair.target is None:
        return Logo(heights, label=words)
    label = f"{words}, matches {pair.target.label}"
    return Logo([*heights, logo_heights(pair.target.ppm)], (pair.offset, 0), label=label)


def influence_section(filters: FilterReading, tasks: Sequence[str]) -> Section:
    """Return the heat map of filters × tasks."""
    values = filters.influence.mean_difference
    strength = np.abs(values).max(axis=1)
    shown = np.sort(np.argsort(-strength, kind="stable")[:MOST_FILTERS])
    shown = shown[_order(values[shown])]
    best = filters.matches.drop_duplicates("query").set_index("query")
    names = [_filter_label(filters.found[i].name, best) for i in shown]
    columns = _order(values[shown].T)
    caption = (
        "Mean fall of each task's output, a logit where labels are 0 and 1, when the filter's own "
        "is replaced by its mean: orange where the filter raises the task, blue where it lowers it."
    )
    if len(shown) < len(values):
        caption += f" The {len(shown)} of {len(values)} filters with the largest influence."
    heat = HeatMap(values[np.ix_(shown, columns)], names, [tasks[c] for c in columns], caption)
    return Section("Filters and tasks", [heat], "Which filter matters to which task.")


def cooccurrence_section(filters: FilterReading) -> Section:
    """Return where filters are active along the sequences, and which occur together."""
    alive = np.flatnonzero(filters.profiles.presence.sum(axis=0) >= FEWEST)
    strength = np.abs(filters.influence.mean_difference[alive]).max(axis=1)
    shown = np.sort(alive[np.argsort(-strength, kind="stable")[:MOST_FILTERS]])
    if len(shown) == 0:
        return Section(
            "Positions and co-occurrence", [Notes([f"No filter has sites in {FEWEST} sequences."])]
        )
    best = filters.matches.drop_duplicates("query").set_index("query")
    names = [_filter_label(filters.found[i].name, best) for i in shown]
    places, edges = _binned(filters.profiles, shown)
    log_odds = filters.together.log_odds[np.ix_(shown, shown)]
    odds = np.where(np.eye(len(shown), dtype=bool), np.nan, log_odds)
    order = _order(log_odds)
    named = [names[i] for i in order]
    profile = HeatMap(
        places[order],
        named,
        [f"{edge:+.0f}" for edge in edges],
        "Sites of each filter along the sequences, relative to an even spread (log2): columns are "
        "distances from the middle in bp.",
    )
    together = HeatMap(
        odds[np.ix_(order, order)],
        named,
        named,
        "Natural logarithm of the odds ratio that two filters have sites in the same sequence; "
        "filters that read the same motif share their sites.",
    )
    return Section(
        "Positions and co-occurrence",
        [profile, together],
        "Where filters are active, and together.",
    )


def _binned(profiles: FilterProfiles, shown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return log2 of observed over even sites in bins of equal width, and the bins' middles."""
    parts = np.array_split(np.arange(len(profiles.centres)), min(BINS, len(profiles.centres)))
    share = profiles.site_share[shown]
    even = share.mean(axis=1, keepdims=True)
    observed = np.stack([share[:, part].mean(axis=1) for part in parts], axis=1)
    # a pseudocount of one site a bin keeps empty bins of rare filters pale
    floor = 1 / (len(profiles.presence) * len(parts[0]))
    middles = np.array([profiles.centres[part].mean() for part in parts])
    return np.log2((observed + floor) / (even + floor)), middles


def _filter_label(name: str, best: Any) -> str:
    if name in best.index and best.loc[name, "q_value"] < Q_CUT:
        return f"{name}  {best.loc[name, 'target_name']}"
    return name


def _order(values: np.ndarray) -> np.ndarray:
    """Return an order of rows that puts those of like direction side by side."""
    if len(values) < 3:
        return np.arange(len(values))
    from scipy.cluster.hierarchy import leaves_list, linkage

    scale = np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)
    return leaves_list(linkage(values / scale, "average", optimal_ordering=True))
