"""The part "filters": which first-layer filters models share, and which known motifs they found."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chrominterpret.motifs.alignment import align_motifs
from chrominterpret.motifs.jaspar import load_motifs
from chrominterpret.motifs.pwm import Motif, consensus, logo_heights
from chrominterpret.page.blocks import Block, Cell, Logo, Notes, Number, Section, Table
from chromkeras.comparison.core.comparison import Comparison
from chromkeras.comparison.core.controls import explained_by_dna
from chromkeras.comparison.core.part import PartResult
from chromkeras.comparison.filters.activation_matching import QUANTILE, activation_matchings
from chromkeras.comparison.filters.filter_matching import ALIKE, FilterMatching
from chromkeras.comparison.filters.first_filters import FirstFilters, read_filters
from chromkeras.comparison.filters.influence_agreement import (
    InfluenceAgreement,
    influence_agreement,
)
from chromkeras.comparison.filters.motif_matching import Q_CUT as MOTIF_Q
from chromkeras.comparison.filters.motif_matching import motif_matchings
from chromkeras.comparison.filters.motif_table import MotifTable, motif_table
from chromkeras.model_report.network_inputs import some_rows
from chromkeras.progress import progress
from chromkeras.recipe.recipe import Recipe
from chromkeras.sharing.plan import SHARED, SOFT, sharing_plan
from chromkeras.statistics.means import mean_defined

ORDER = 40

CORRELATED = 96  # sequences; 95 % of correlations were within 0.016 of those on 500
MOST_LOGOS = 12  # of each pair of models
MOST_MOTIFS = 60  # on the page
MOST_NAMES = 12  # of those that one model found alone


@dataclass(frozen=True, eq=False)
class PairMatch:
    """Filters of two models matched in both ways.

    Attributes
    ----------
    first, second
        What is known of the filters of each.
    sharing
        How the tasks of each share.
    activation, motif
        The matches.
    influence
        Agreement on the influence of the filters found again by activation.
    """

    first: FirstFilters
    second: FirstFilters
    sharing: tuple[str, str]
    activation: FilterMatching
    motif: FilterMatching
    influence: InfluenceAgreement


def check_part(comparison: Comparison) -> None:
    """Raise ``InputError`` where the known motifs cannot be read."""
    load_motifs(comparison.options.motifs)


def compare_part(comparison: Comparison) -> PartResult:
    """Match the filters of all pairs, and search all of them among known motifs."""
    comparison, notes = explained_by_dna(comparison)
    if len(comparison.models) < 2:
        return PartResult([Section("Learned filters", [Notes(notes)])])
    database = load_motifs(comparison.options.motifs)
    filters, matches = _match_all(comparison)
    found = {one.model: [m for m in one.motifs if m is not None] for one in filters}
    known = motif_table(found, database, seed=comparison.options.seed)
    sections = [
        Section(
            "Learned filters",
            [*([Notes(notes)] if notes else []), *_filter_blocks(comparison, matches)],
            _LEAD,
        ),
        Section("Known motifs", [_count_table(known), _motif_block(known)], _motif_lead(known)),
    ]
    facts = {
        "filters": {f"{p.first.model} and {p.second.model}": _pair_facts(p) for p in matches},
        "known motifs": {
            "found": dict(zip(known.models, known.found.sum(axis=0), strict=True)),
            "only in": known.only_in(),
        },
    }
    tables = {
        "filters.tsv": [_share_row(p) for p in matches],
        "matched_filters.tsv": [row for p in matches for row in _match_rows(p)],
        "motifs.tsv": _motif_rows(known),
    }
    return PartResult(sections, facts, {name: rows for name, rows in tables.items() if rows})


_LEAD = (
    "First-layer filters are matched one to one: by the correlation of their activations over the "
    "same sequences, at the best of all shifts up to 9 bases and both strands, and by TomTom on "
    "their motifs. By activation a filter is found again when it correlates more than "
    f"{QUANTILE:.0%} of the matches with an untrained copy do; by motif, at q < {MOTIF_Q}."
)


def _match_all(comparison: Comparison) -> tuple[list[FirstFilters], list[PairMatch]]:
    models, seed = comparison.models, comparison.options.seed
    inputs = comparison.elements(comparison.options.sequences)
    with progress("filters") as report:
        filters = []
        for model in models:
            filters.append(read_filters(model, inputs))
            report(len(filters), len(models) + 2)
        by_activation = activation_matchings(
            models, some_rows(inputs, slice(CORRELATED)), seed=seed
        )
        report(len(models) + 1, len(models) + 2)
        by_motif = motif_matchings(models, filters, seed=seed)
    known = {one.model: one for one in filters}
    sharing = {model.name: sharing_text(model.recipe) for model in models}
    matches = []
    for activation, motif in zip(by_activation, by_motif, strict=True):
        first, second = known[activation.first], known[activation.second]
        ways = (sharing[first.model], sharing[second.model])
        influence = influence_agreement(first, second, activation)
        matches.append(PairMatch(first, second, ways, activation, motif, influence))
    return filters, matches


def sharing_text(recipe: Recipe) -> str:
    """Return how a recipe's tasks share, such as "hard, 1-9 shared" or "soft, 1-9 at λ 0.001"."""
    modes = sharing_plan(recipe).modes
    shared, soft = modes.count(SHARED), modes.count(SOFT)
    parts = [recipe.plan]
    if shared:
        parts.append(f"1-{shared} shared")
    if soft:
        begin = modes.index(SOFT) + 1
        parts.append(f"{begin}-{begin + soft - 1} at λ {recipe.sharing.strength:g}")
    return ", ".join(parts)


def _share_row(match: PairMatch) -> dict[str, Any]:
    activation, motif = match.activation, match.motif
    alike = activation.shares_above(ALIKE)
    return {
        "first": match.first.model,
        "second": match.second.model,
        "kind": activation.kind,
        "first_sharing": match.sharing[0],
        "second_sharing": match.sharing[1],
        "correlation_beyond_chance": activation.threshold,
        "first_found_by_activation": activation.shares[0],
        "second_found_by_activation": activation.shares[1],
        "by_activation_by_chance": _number(activation.chance),
        f"first_found_above_{ALIKE:g}": alike[0],
        f"second_found_above_{ALIKE:g}": alike[1],
        "first_found_by_motif": motif.shares[0],
        "second_found_by_motif": motif.shares[1],
        "by_motif_by_chance": _number(motif.chance),
        "influence_pearson": mean_defined(match.influence.pearson),
        "influence_spearman": mean_defined(match.influence.spearman),
    }


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _pair_facts(match: PairMatch) -> dict[str, Any]:
    return {k: v for k, v in _share_row(match).items() if k not in ("first", "second")}


def _match_rows(match: PairMatch) -> list[dict[str, Any]]:
    one, other = match.first, match.second
    return [
        {
            "first": one.model, "second": other.model, "task": task, "by": way.by,
            "first_filter": one.names[i], "second_filter": other.names[j],
            "score": score, "found": bool(found),
            "first_influence": one.influence[i, one.tasks.index(task)],
            "second_influence": other.influence[j, other.tasks.index(task)],
        }
        for way in (match.activation, match.motif)
        for task, m in zip(way.tasks, way.matched, strict=True)
        for i, j, score, found in zip(m.first, m.second, m.score, m.found, strict=True)
    ]  # fmt: skip


def _filter_blocks(comparison: Comparison, matches: list[PairMatch]) -> list[Block]:
    blocks: list[Block] = [_share_table(matches)]
    base, shown = comparison.names[comparison.baseline], comparison.shown_pairs()
    for match in matches:
        names = frozenset((match.first.model, match.second.model))
        if base in names and names in shown:
            blocks.append(_logo_table(match))
    return blocks


def _share_table(matches: list[PairMatch]) -> Table:
    columns = [
        "model", "other", "sharing", "other's sharing", "r >", "found again, activation",
        "the other's", "chance", "found again, motif", "the other's", "chance", "influence r",
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for match in matches:
        row = _share_row(match)
        shares = [
            "first_found_by_activation", "second_found_by_activation", "by_activation_by_chance",
            "first_found_by_motif", "second_found_by_motif", "by_motif_by_chance",
        ]  # fmt: skip
        rows.append(
            [
                *(row[key] for key in ("first", "second", "first_sharing", "second_sharing")),
                Number.of(row["correlation_beyond_chance"], ".2f"),
                *(Number.of(row[key], ".0%") for key in shares),
                Number.of(row["influence_pearson"], ".2f"),
            ]
        )
    caption = (
        "Share of a model's live filters that the other model has too, mean over the tasks, each "
        "by the filters that it reads; chance: the share found so in an untrained copy "
        "(activation), in shuffled motifs (motif). Influence r: correlation over the filters found "
        "by activation of how far each raises the task's logit in the two models."
    )
    return Table(columns, rows, caption)


def _logo_table(match: PairMatch) -> Block:
    one, other = match.first, match.second
    ranked = _found_pairs(match)
    if not ranked:
        return Notes([f"No filter of {one.model} is found again in {other.model}."])
    rows: list[list[Cell]] = [
        [
            _logo(one.motifs[i], other.motifs[j]),
            one.names[i],
            other.names[j],
            ", ".join(tasks) if len(tasks) < len(match.activation.tasks) else "all",
            Number.of(score, ".3f"),
            Number.of(_influence(one, i, tasks), "+.2f"),
            Number.of(_influence(other, j, tasks), "+.2f"),
        ]
        for i, j, score, tasks in ranked[:MOST_LOGOS]
    ]
    columns = [
        "motif, the other's below", one.model, other.model, "tasks", "correlation",
        f"influence, {one.model}", f"influence, {other.model}",
    ]  # fmt: skip
    caption = (
        f"Filters of {one.model} (above) found again in {other.model} (below), the "
        f"{len(rows)} with the highest correlation of {len(ranked)}; matched_filters.tsv holds all."
    )
    return Table(columns, rows, caption)


def _found_pairs(match: PairMatch) -> list[tuple[int, int, float, list[str]]]:
    """Return pairs of filters found by activation that both have a motif, the best first.

    Each with its correlation and the tasks that read both.
    """
    one, other = match.first.motifs, match.second.motifs
    found: dict[tuple[int, int], tuple[float, list[str]]] = {}
    for task, m in zip(match.activation.tasks, match.activation.matched, strict=True):
        pairs = zip(m.first.tolist(), m.second.tolist(), m.score, m.found, strict=True)
        for i, j, score, alike in pairs:
            if alike and one[i] is not None and other[j] is not None:
                found.setdefault((i, j), (float(score), []))[1].append(task)
    ranked = sorted(found.items(), key=lambda item: -item[1][0])
    return [(i, j, score, tasks) for (i, j), (score, tasks) in ranked]


def _logo(first: Motif | None, second: Motif | None) -> Cell:
    if first is None or second is None:
        return ""
    pair = align_motifs(first, second)
    heights = [logo_heights(motif.ppm) for motif in (pair.first, pair.second)]
    words = " and ".join(consensus(m, iupac=True) for m in (pair.first, pair.second))
    return Logo(heights, (pair.offset, 0), label=words)


def _influence(filters: FirstFilters, channel: int, tasks: list[str]) -> float:
    return float(np.mean([filters.influence[channel, filters.tasks.index(t)] for t in tasks]))


def _motif_rows(known: MotifTable) -> list[dict[str, Any]]:
    return [
        {"id": motif.name, "name": motif.alt_name}
        | {f"q_{model}": known.q_value[i, k] for k, model in enumerate(known.models)}
        | {f"best_{model}": known.best[i][k] for k, model in enumerate(known.models)}
        for i, motif in enumerate(known.motifs)
    ]


def _motif_lead(known: MotifTable) -> str:
    return (
        f"Which of {known.searched:,} known motifs each model's filters match at q < "
        f"{known.q_cut}. Motifs of one family look alike, so one filter may match several; the "
        "more filters a model has, the more it can find."
    )


def _count_table(known: MotifTable) -> Table:
    alone = known.only_in()
    counts = zip(known.models, known.queries, known.found.sum(axis=0), strict=True)
    rows: list[list[Cell]] = [
        [
            model,
            Number.of(queries, ".0f"),
            Number.of(count, ".0f"),
            Number.of(len(alone[model]), ".0f"),
            ", ".join(alone[model][:MOST_NAMES]) + (" …" if len(alone[model]) > MOST_NAMES else ""),
        ]
        for model, queries, count in counts
    ]
    columns = ["model", "filters with a motif", "known motifs", "by it alone", "which"]
    return Table(columns, rows, "Known motifs that each model found, and that no other did.")


def _motif_block(known: MotifTable) -> Block:
    if not known.motifs:
        return Notes(["No filter of any model matches a known motif."])
    rows: list[list[Cell]] = [
        [
            motif.alt_name or motif.name,
            motif.name,
            Logo([logo_heights(motif.ppm)], label=motif.label),
            Number.of(known.found[i].sum(), ".0f"),
            *(_q_cell(q, known.q_cut) for q in known.q_value[i]),
        ]
        for i, motif in enumerate(known.motifs[:MOST_MOTIFS])
    ]
    columns = ["motif", "id", "logo", "models", *known.models]
    caption = (
        "q of the model's best match, empty where it is not found. Left out: "
        f"{known.left_out:,} motifs that shuffled filters match as well."
    )
    if len(known.motifs) > MOST_MOTIFS:
        caption += f" The first {MOST_MOTIFS} of {len(known.motifs)}; motifs.tsv holds all."
    return Table(columns, rows, caption)


def _q_cell(q: float, cut: float) -> Number:
    return Number.of(q, ".1e") if q < cut else Number(float(q), "")
