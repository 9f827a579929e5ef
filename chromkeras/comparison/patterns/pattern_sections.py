"""The part of the page about TF-MoDISco's patterns in several models."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from chrominterpret.motifs.logos import LogoPair, logo_pairs
from chrominterpret.motifs.pwm import consensus
from chrominterpret.motifs.tomtom import Q_CUT
from chrominterpret.page.blocks import Block, Cell, Notes, Number, Section, Table
from chrominterpret.report.filter_sections import match_text, pair_logo
from chromkeras.comparison.core.model_names import Replicates
from chromkeras.comparison.core.part import picture
from chromkeras.comparison.patterns.compared_patterns import ComparedPatterns
from chromkeras.comparison.patterns.pattern_use import STRONG, PatternUse

MOST_ROWS = 60
MOST_DRAWN = 24


def patterns_section(compared: ComparedPatterns, figure: Figure | None) -> Section:
    """Return who found and who uses which pattern, and how many any two models share.

    Parameters
    ----------
    compared
        Patterns of all models.
    figure
        Their weights; None where there are none.
    """
    blocks: list[Block] = []
    if figure is not None:
        blocks += [_recipe_table(compared), picture(figure, _figure_caption(compared), "patterns")]
        blocks += [_use_table(compared), _pair_table(compared)]
    if compared.reasons:
        blocks.append(Notes(compared.reasons))
    sizes = [f"{count} of {task}" for task, count in compared.elements.items()]
    lead = (
        "Stretches of high contribution (seqlets) in the same elements, grouped by likeness for "
        "each model on its own, then matched between models: the same motif up to shift and "
        "strand, raising the prediction or lowering it. Elements that are open in the task and "
        f"that the models together call most particular to it: {', '.join(sizes)}."
    )
    return Section("Patterns of TF-MoDISco", blocks, lead)


def _recipe_table(compared: ComparedPatterns) -> Table:
    replicates, uses = compared.replicates, compared.uses
    rows: list[list[Cell]] = [
        [
            group.label,
            Number.of(sum(k in use.found_by(replicates) for use in uses), ".0f"),
            Number.of(sum(use.seqlets[list(group.members)].mean() for use in uses), ",.0f"),
            Number.of(len(compared.found_alone(k)), ".0f"),
            _listed(compared.strong_alone(k), compared),
            _listed(compared.weak(k), compared),
        ]
        for k, group in enumerate(replicates)
    ]
    columns = [
        "model", "patterns", "seqlets", "found by it alone", "strong in it alone", "weak in it",
    ]  # fmt: skip
    caption = (
        "Patterns of each task count apart; of several seeds, patterns that any of them found and "
        "the mean of seqlets. A pattern is strong in a model where its weight, as below, is at "
        f"least {STRONG:.0%} of the largest of a model, whether or not its own search found it."
    )
    return Table(columns, rows, caption)


def _figure_caption(compared: ComparedPatterns) -> str:
    caption = (
        "Weight of each pattern in each model, seeds apart; full where the model's own search "
        "found it. A model is strong whose mean over seeds lies on the grey bar, which begins at "
        f"{STRONG:.0%} of the largest such mean."
    )
    drawn, total = min(MOST_DRAWN, len(compared.uses)), len(compared.uses)
    return caption if drawn == total else f"{caption} The first {drawn} of {total}."


def _listed(uses: Sequence[PatternUse], compared: ComparedPatterns) -> str:
    names = [f"{compared.known.labels[use.pattern.name]} ({use.task})" for use in uses]
    return ", ".join(names) or "none"


def _use_table(compared: ComparedPatterns) -> Table:
    replicates, known = compared.replicates, compared.known
    motifs = {use.pattern.name: use.pattern.motif for use in compared.uses}
    drawn = logo_pairs(list(motifs.values()), known.targets, known.table, max_q=Q_CUT)
    pairs = {pair.query.name: pair for pair in drawn}
    rows: list[list[Cell]] = [
        [
            use.task,
            use.pattern.name if use.pattern.sign == "pos" else f"{use.pattern.name}, lowers",
            _logo(use, pairs),
            match_text(known.best.loc[use.pattern.name]),
            Number.of(known.best.loc[use.pattern.name, "q_value"], ".1e"),
            ", ".join(replicates[k].name for k in use.weak_in(replicates)),
            *(_use_cell(use, group) for group in replicates),
        ]
        for use in compared.uses[:MOST_ROWS]
    ]
    columns = ["task", "pattern", "motif, its match below", "match", "q", "weak in"]
    return Table([*columns, *(group.label for group in replicates)], rows, _use_caption(compared))


def _use_caption(compared: ComparedPatterns) -> str:
    caption = (
        "For each model the number of seqlets, 0 where its own search did not find the pattern, "
        "and the weight: contribution to the model of the bases in all models' seqlets, in units "
        "of its mean absolute contribution of a base. A 0 beside a weight as high as the others' "
        "tells that the model uses the same places, which were too few or too unlike for a "
        "pattern of its own. Of several seeds: means, and how many found it. Patterns that are "
        f"weak in some model stand first. A match counts at q < {Q_CUT} over all pairs of pattern "
        f"and known motif; {compared.known.left_out:,} motifs that shuffled patterns match were "
        "left out."
    )
    if len(compared.uses) > MOST_ROWS:
        caption += f" The first {MOST_ROWS} of {len(compared.uses)}; patterns.tsv holds all."
    return caption


def _logo(use: PatternUse, pairs: dict[str, LogoPair]) -> Cell:
    motif = use.pattern.motif
    pair = pairs.get(motif.name, LogoPair(motif, motif.name))
    return pair_logo(pair, consensus(pair.query, iupac=True))


def _use_cell(use: PatternUse, group: Replicates) -> Number:
    members = list(group.members)
    seqlets = use.seqlets[members]
    several = f" ({int((seqlets > 0).sum())} of {len(members)})" if len(members) > 1 else ""
    text = f"{seqlets.mean():.0f}{several} · {use.weight[members].mean():.1f}×"
    return Number(float(seqlets.mean()), text)


def _pair_table(compared: ComparedPatterns) -> Table:
    rows: list[list[Cell]] = []
    for pair in compared.pairs:
        first, second, kind, *shares = pair.values()
        rows.append([first, second, kind, *(Number.of(share, ".0%") for share in shares)])
    columns = [
        "model", "other", "kind", "patterns found again", "the other's", "chance",
        "seqlets in them", "the other's",
    ]  # fmt: skip
    caption = (
        "Share of a model's patterns that the other model has in the same task; chance: the share "
        "it would have, were the positions of its motifs in random order. Two seeds of one recipe "
        "show how far the search itself repeats."
    )
    return Table(columns, rows, caption)
