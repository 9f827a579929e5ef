"""How many of a model's TF-MoDISco patterns another model has too."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from chrominterpret.motifs.p_values import shuffled
from chromkeras.comparison.patterns.pattern_matching import (
    SIMILAR,
    FoundPattern,
    SharedPattern,
    shared_patterns,
)

SHUFFLES = 5


@dataclass(frozen=True)
class PatternAgreement:
    """How many of two models' patterns the other has too, in the same task.

    Attributes
    ----------
    first, second
        Names of the models.
    shares
        Share of the first's patterns that the second has, and of the second's; NaN where a model
        has none.
    seqlet_shares
        The same with each pattern counted by its seqlets.
    chance
        Share of the first's patterns that the second would have, were the positions of its
        motifs in random order: mean of some shuffles.
    """

    first: str
    second: str
    shares: tuple[float, float]
    seqlet_shares: tuple[float, float]
    chance: float


def pattern_agreements(
    models: Sequence[str],
    shared: Sequence[SharedPattern],
    *,
    seed: int,
    threshold: float = SIMILAR,
    shuffles: int = SHUFFLES,
) -> list[PatternAgreement]:
    """Compare the patterns of every pair of models.

    Parameters
    ----------
    models
        Names.
    shared
        Their patterns.
    seed, shuffles
        Seed of the shuffles that chance is measured by, and their number.
    threshold
        What the patterns were matched by.
    """
    found = [each for pattern in shared for each in pattern.members]
    by_chance = {
        name: [
            shared_patterns(_with_shuffled(found, name, [seed, k, i]), threshold=threshold)
            for i in range(shuffles)
        ]
        for k, name in enumerate(models)
        if k
    }
    return [
        PatternAgreement(
            one,
            other,
            (found_again(one, other, shared), found_again(other, one, shared)),
            (
                found_again(one, other, shared, seqlets=True),
                found_again(other, one, shared, seqlets=True),
            ),
            float(np.mean([found_again(one, other, random) for random in by_chance[other]])),
        )
        for one, other in combinations(models, 2)
    ]


def found_again(
    one: str, other: str, shared: Sequence[SharedPattern], *, seqlets: bool = False
) -> float:
    """Return the share of a model's patterns that another has too in the same task.

    Parameters
    ----------
    one, other
        Names of the models.
    shared
        Patterns of both, and of any others.
    seqlets
        Whether each counts as often as it has seqlets.
    """
    weights, again = [], []
    for pattern in shared:
        for own in pattern.of(model=one):
            weights.append(len(own.pattern.seqlets) if seqlets else 1)
            again.append(bool(pattern.of(model=other, task=own.task)))
    return float(np.average(again, weights=weights)) if weights else float("nan")


def _with_shuffled(
    found: Sequence[FoundPattern], model: str, entropy: Sequence[int]
) -> list[FoundPattern]:
    """Return the patterns, those of one model with their columns in random order."""
    own = [each for each in found if each.model == model]
    others = [each for each in found if each.model != model]
    (seed,) = np.random.SeedSequence(entropy).generate_state(1)
    motifs = shuffled([each.motif for each in own], seed=int(seed))
    pairs = zip(own, motifs, strict=True)
    return others + [replace(each, motif=motif) for each, motif in pairs]
