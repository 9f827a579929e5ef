"""What TF-MoDISco finds in every model, matched and counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chrominterpret.motifs.jaspar import load_motifs
from chrominterpret.motifs.pwm import consensus
from chromkeras.comparison.core.comparison import Comparison
from chromkeras.comparison.core.controls import relation
from chromkeras.comparison.core.model_names import Replicates
from chromkeras.comparison.patterns.known_patterns import KnownMatches, known_matches
from chromkeras.comparison.patterns.pattern_agreement import PatternAgreement, pattern_agreements
from chromkeras.comparison.patterns.pattern_matching import found_patterns, shared_patterns
from chromkeras.comparison.patterns.pattern_search import Searched, search_all
from chromkeras.comparison.patterns.pattern_use import PatternUse, pattern_uses


@dataclass(frozen=True, eq=False)
class ComparedPatterns:
    """Patterns of several models.

    Attributes
    ----------
    models, replicates
        Names of the models, and which of them count as one.
    elements
        Number of elements searched, by task.
    reasons
        Why a model has no pattern in a task.
    uses
        Each pattern in each task where a model found it.
    known
        Known motifs that they match.
    pairs
        Rows of ``pattern_pairs.tsv``, one for each pair of models.
    """

    models: tuple[str, ...]
    replicates: tuple[Replicates, ...]
    elements: dict[str, int]
    reasons: tuple[str, ...]
    uses: tuple[PatternUse, ...]
    known: KnownMatches
    pairs: tuple[dict[str, Any], ...]

    def found_alone(self, group: int) -> list[PatternUse]:
        """Return those that no other group's search found."""
        return [use for use in self.uses if use.only(self.replicates) == group]

    def strong_alone(self, group: int) -> list[PatternUse]:
        """Return those that are strong in no other group."""
        return [use for use in self.uses if use.strong_in(self.replicates) == [group]]

    def weak(self, group: int) -> list[PatternUse]:
        """Return those that are not strong in the group."""
        return [use for use in self.uses if group in use.weak_in(self.replicates)]

    def facts(self) -> dict[str, Any]:
        """Return what ``summary.json`` holds."""

        def listed(uses: Sequence[PatternUse]) -> list[str]:
            return [f"{use.task}: {self.known.labels[use.pattern.name]}" for use in uses]

        names = dict(enumerate(group.name for group in self.replicates))
        return {
            "elements": self.elements,
            "found": len(self.uses),
            "found by all": sum(len(u.found_by(self.replicates)) == len(names) for u in self.uses),
            "found by one alone": {name: listed(self.found_alone(k)) for k, name in names.items()},
            "strong in one alone": {
                name: listed(self.strong_alone(k)) for k, name in names.items()
            },
            "weak": {name: listed(self.weak(k)) for k, name in names.items()},
            "found again": {
                f"{pair['first']} and {pair['second']}": [
                    pair["first_found_again"], pair["second_found_again"]
                ]
                for pair in self.pairs
            },
        }  # fmt: skip

    def rows(self) -> list[dict[str, Any]]:
        """Return what ``patterns.tsv`` holds."""
        return [self._row(use) for use in self.uses]

    def _row(self, use: PatternUse) -> dict[str, Any]:
        best, only = self.known.best.loc[use.pattern.name], use.only(self.replicates)
        return {
            "task": use.task,
            "pattern": use.pattern.name,
            "effect": "raises" if use.pattern.sign == "pos" else "lowers",
            "consensus": consensus(use.pattern.motif, iupac=True),
            "match_id": best["target_id"],
            "match_name": best["target_name"],
            "q": best["q_value"],
            "found_only_by": "" if only is None else self.replicates[only].name,
            "strong_in": ", ".join(self.replicates[k].name for k in use.strong_in(self.replicates)),
            **{f"seqlets_{n}": int(c) for n, c in zip(self.models, use.seqlets, strict=True)},
            **{f"weight_{n}": w for n, w in zip(self.models, use.weight, strict=True)},
        }


def compare_patterns(comparison: Comparison) -> ComparedPatterns:
    """Search the same elements in all models, match the patterns, and measure who uses them."""
    searched, names = search_all(comparison), comparison.names
    shared, seed = shared_patterns(found_patterns(searched)), comparison.options.seed
    return ComparedPatterns(
        tuple(names),
        comparison.replicates,
        {each.task: len(each.contributions) for each in searched},
        _reasons(searched),
        tuple(pattern_uses(names, searched, shared, comparison.replicates)),
        known_matches(shared, load_motifs(comparison.options.motifs), seed=seed),
        tuple(_pair_row(p, comparison) for p in pattern_agreements(names, shared, seed=seed)),
    )


def _pair_row(pair: PatternAgreement, comparison: Comparison) -> dict[str, Any]:
    one, other = (comparison.models[comparison.names.index(n)] for n in (pair.first, pair.second))
    return {
        "first": pair.first,
        "second": pair.second,
        "kind": relation(one, other),
        "first_found_again": pair.shares[0],
        "second_found_again": pair.shares[1],
        "first_by_chance": pair.chance,
        "first_seqlets_found_again": pair.seqlet_shares[0],
        "second_seqlets_found_again": pair.seqlet_shares[1],
    }


def _reasons(searched: Sequence[Searched]) -> tuple[str, ...]:
    return tuple(
        f"{each.model}, {each.task}: {each.patterns.reason}."
        for each in searched
        if each.patterns.reason
    )
