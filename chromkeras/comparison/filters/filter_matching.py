"""First-layer filters of two models matched one to one, and how many are found again.

The assignment of the highest total likeness (Kuhn 1955, the Hungarian method), as Li et al. 2016
(arXiv:1511.07543) matched units of two networks. Filters are alike when their activations
correlate over common sequences, or when their motifs match by TomTom. As with layers, the filters
of a task's network in one model are matched with those that the task reads in the other.
"""

from dataclasses import dataclass

import numpy as np

from chromkeras.statistics.means import mean_defined

ALIKE = 0.7
ACTIVATION, PWM = "activation", "PWM"


@dataclass(frozen=True, eq=False)
class MatchedFilters:
    """The filters that a task reads in two models, one to one.

    Attributes
    ----------
    first, second
        Shape (m,), int64: channels of the two first layers.
    score
        Shape (m,): correlation, or -log10 of TomTom's p.
    found
        Shape (m,), bool: pairs that are alike.
    sizes
        Filters of each model that could be matched: those that are not dead.
    """

    first: np.ndarray
    second: np.ndarray
    score: np.ndarray
    found: np.ndarray
    sizes: tuple[int, int]

    @property
    def shares(self) -> tuple[float, float]:
        """Share of the first model's filters that the second has, and the other way round."""
        return self._shares(self.found)

    def shares_above(self, score: float) -> tuple[float, float]:
        """Return the same shares, of pairs of at least a score."""
        return self._shares(self.score >= score)

    def _shares(self, chosen: np.ndarray) -> tuple[float, float]:
        shares = [float(chosen.sum()) / size if size else float("nan") for size in self.sizes]
        return shares[0], shares[1]


@dataclass(frozen=True, eq=False)
class FilterMatching:
    """Filters of two models matched for each task in common.

    Attributes
    ----------
    first, second
        Names of the models.
    kind
        "models" or "two seeds".
    by
        "activation" or "PWM".
    threshold
        What is alike: a correlation of at least this, or a q-value below it.
    tasks
        K names.
    matched
        Matched filters of each task.
    chance
        Share of the first model's filters that such a match finds by chance; None where it was
        not asked for.
    """

    first: str
    second: str
    kind: str
    by: str
    threshold: float
    tasks: tuple[str, ...]
    matched: tuple[MatchedFilters, ...]
    chance: float | None = None

    @property
    def shares(self) -> np.ndarray:
        """Shares of filters found again in the second and in the first, mean over tasks, (2,)."""
        return mean_defined(np.array([m.shares for m in self.matched]), axis=0)

    def shares_above(self, score: float) -> np.ndarray:
        """Return the same shares, of pairs of at least a score."""
        return mean_defined(np.array([m.shares_above(score) for m in self.matched]), axis=0)
