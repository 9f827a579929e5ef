"""Use of every pattern by every model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chromkeras.comparison.core.model_names import Replicates
from chromkeras.comparison.patterns.pattern_matching import FoundPattern, SharedPattern
from chromkeras.comparison.patterns.pattern_search import Searched

# Fraction of the largest weight of any replicates, from which on a weight is strong. Of 19 patterns
# of worm elements two seeds of one recipe differed by more in one (2.9 times), else by at most 1.4
# times. Random bases in the places of that one lowered the logit by 0.75 SD in a model with weight
# 11, by 0.29 at 3.6 and by 0.03 to 0.06 at 1.1 to 1.3.
STRONG = 0.5


@dataclass(frozen=True, eq=False)
class PatternUse:
    """Use of a pattern in one task by M models.

    Attributes
    ----------
    task
        Its name.
    pattern
        Found by at least one of the models in this task.
    seqlets
        Shape (M,), int64: stretches that each model's own search found; 0 for none.
    weight
        Shape (M,), float64: mean contribution of the bases that any model's search found, in the
        direction of the pattern, in units of the model's mean absolute contribution to a base of
        the same elements; 0 where the model gives all bases 0.
    """

    task: str
    pattern: SharedPattern
    seqlets: np.ndarray
    weight: np.ndarray

    def found_by(self, replicates: Sequence[Replicates]) -> list[int]:
        """Return the replicates of which a member's own search found it."""
        return [k for k, group in enumerate(replicates) if self.seqlets[list(group.members)].any()]

    def only(self, replicates: Sequence[Replicates]) -> int | None:
        """Return the only replicates that found it; None where several did."""
        found = self.found_by(replicates)
        return found[0] if len(found) == 1 else None

    def mean_weights(self, replicates: Sequence[Replicates]) -> np.ndarray:
        """Return the mean weight of each group's members, shape (replicates,)."""
        return np.array([self.weight[list(group.members)].mean() for group in replicates])

    def strong_in(self, replicates: Sequence[Replicates]) -> list[int]:
        """Return the replicates that give it at least half of the largest weight."""
        weights = self.mean_weights(replicates)
        return np.flatnonzero((weights > 0) & (weights >= STRONG * weights.max())).tolist()

    def weak_in(self, replicates: Sequence[Replicates]) -> list[int]:
        """Return the other replicates."""
        strong = self.strong_in(replicates)
        return [k for k in range(len(replicates)) if k not in strong]

    def spread(self, replicates: Sequence[Replicates]) -> float:
        """Return the difference of the largest and the smallest group's weight."""
        return float(np.ptp(self.mean_weights(replicates)))


def pattern_uses(
    models: Sequence[str],
    searched: Sequence[Searched],
    shared: Sequence[SharedPattern],
    replicates: Sequence[Replicates],
) -> list[PatternUse]:
    """Measure the use of every pattern in every task.

    Parameters
    ----------
    models
        M names.
    searched
        Every task in all models.
    shared
        Their patterns.
    replicates
        Models that count as one.

    Returns
    -------
    list of PatternUse
        Those that are strong in fewest replicates first, by how far the weights differ, then those
        strong in all, by falling number of seqlets.
    """
    by_task: dict[str, dict[str, Searched]] = {}
    for each in searched:
        by_task.setdefault(each.task, {})[each.model] = each
    uses = [
        _use(task, pattern, [models_of[name] for name in models])
        for task, models_of in by_task.items()
        for pattern in shared
        if pattern.of(task=task)
    ]
    return sorted(uses, key=lambda use: _rank(use, replicates))


def _rank(use: PatternUse, replicates: Sequence[Replicates]) -> tuple[int, float]:
    strong, everyone = len(use.strong_in(replicates)), len(replicates)
    return (strong, -use.spread(replicates)) if strong < everyone else (strong, -use.seqlets.sum())


def _use(task: str, pattern: SharedPattern, searched: Sequence[Searched]) -> PatternUse:
    here = pattern.of(task=task)
    seqlets = [
        sum(len(each.pattern.seqlets) for each in here if each.model == one.model)
        for one in searched
    ]
    bases = core_bases(here, searched[0].contributions.shape)
    weight = [
        relative_weight(one.contributions, bases, pattern.sign, one.patterns.window)
        for one in searched
    ]
    return PatternUse(task, pattern, np.array(seqlets), np.array(weight))


def core_bases(found: Sequence[FoundPattern], shape: tuple[int, ...]) -> np.ndarray:
    """Return which bases lie in the core of a seqlet of some pattern.

    Parameters
    ----------
    found
        Patterns of the same elements.
    shape
        (n, length) of the elements.
    """
    bases = np.zeros(shape, bool)
    for each in found:
        sites, core = each.pattern.core_sites(), each.pattern.core
        columns = sites.start[:, None] + np.arange(core.stop - core.start)
        bases[sites.sequence[:, None], columns] = True
    return bases


def relative_weight(contributions: np.ndarray, bases: np.ndarray, sign: str, window: int) -> float:
    """Return the mean contribution of some bases over the mean absolute one of all.

    Parameters
    ----------
    contributions
        Contributions in a model, shape (n, length).
    bases
        Which, shape (n, length), bool; at least one.
    sign
        "pos"; or "neg" to count contributions below 0.
    window
        Length in bp of the middle that counts as all; 0 for the whole.
    """
    length = contributions.shape[1]
    width = min(window or length, length)
    first = (length - width) // 2
    mean = np.abs(contributions[:, first : first + width]).mean(dtype=np.float64)
    if not mean:
        return 0.0
    mean_here = float(contributions[bases].mean(dtype=np.float64))
    return (mean_here if sign == "pos" else -mean_here) / float(mean)
