"""Whole chromosomes for validation and testing, chosen so that they are like all rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from scipy.sparse import csr_matrix

from chromkeras.errors import InputError

MOST_TRIED = 1 << 16  # assignments that are all looked at; beyond, a search from many starts
STARTS = 20
MOST_SWAPPED = 150  # chromosomes among which all pairs are swapped


@dataclass(frozen=True)
class Measures:
    """Rows of each chromosome, and sums over them of what is to be balanced.

    Attributes
    ----------
    names
        C chromosomes.
    rows
        Shape (C,), int64.
    sums
        Shape (C, M), float64: sums over the rows of a chromosome of M quantities.
    counts
        Shape (C, M), int64: rows for which each quantity is known.
    scale
        Shape (M,), float64: standard deviation of each quantity over all rows.
    weights
        Shape (M,), float64: weight of each quantity.
    """

    names: tuple[str, ...]
    rows: np.ndarray
    sums: np.ndarray
    counts: np.ndarray
    scale: np.ndarray
    weights: np.ndarray

    def off(self, chosen: np.ndarray) -> np.ndarray:
        """Return how far the means in sets of chromosomes lie from those of all.

        Parameters
        ----------
        chosen
            Shape (A, C), bool: A sets.

        Returns
        -------
        np.ndarray
            Shape (A, M): differences of means, in standard deviations over rows; 1 where no row of
            a set is known, 0 where none is at all.
        """
        sums, counts = chosen @ self.sums, chosen @ self.counts
        with np.errstate(invalid="ignore", divide="ignore"):
            whole = self.sums.sum(axis=0) / self.counts.sum(axis=0)
            off = (sums / counts - whole) / self.scale
        return np.where(self.scale > 0, np.where(counts > 0, off, 1.0), 0.0)


def measure(chrom: np.ndarray, gc: np.ndarray, positive: np.ndarray, known: np.ndarray) -> Measures:
    """Return what chromosomes are chosen by: rows, GC content, and positives of each task.

    Parameters
    ----------
    chrom
        Shape (N,), str.
    gc
        Shape (N,), float: share of C and G of each row.
    positive, known
        Shape (N, T), bool: labels that are 1, or otherwise to be balanced, and those known.
        All tasks together weigh as much as GC.
    """
    names, of = np.unique(chrom, return_inverse=True)
    values = np.column_stack([gc, positive & known]).astype(float)
    there = np.column_stack([np.ones(len(gc), bool), known])
    here = csr_matrix((np.ones(len(of)), (of, np.arange(len(of)))), shape=(len(names), len(of)))
    sums, counts = here @ values, here @ there.astype(float)
    total = np.maximum(counts.sum(axis=0), 1)
    squares = (values**2).sum(axis=0)
    scale = np.sqrt(np.maximum(squares / total - (sums.sum(axis=0) / total) ** 2, 0))
    tasks = positive.shape[1]
    weights = np.r_[1.0, np.full(tasks, 1 / max(tasks, 1))]
    return Measures(
        tuple(names.tolist()), np.bincount(of, minlength=len(names)), sums, counts, scale, weights
    )


def choose_chromosomes(
    measures: Measures, shares: Mapping[str, float], taken: Sequence[str] = (), *, seed: int = 0
) -> dict[str, tuple[str, ...]]:
    """Return whole chromosomes for each split, whose rows are about as many and like all rows.

    What is least, summed over the splits, is log₂²(n / n₀) + Σ w d²: n rows where n₀ are asked for,
    and d, the difference of a mean in the split and over all rows, in standard deviations over
    rows. Up to 65,536 assignments are all looked at; beyond, chromosomes are moved and swapped from
    20 starts until nothing is better.

    Parameters
    ----------
    measures
        What is known of the chromosomes.
    shares
        Share of all rows by split.
    taken
        Chromosomes that may not be chosen.
    seed
        Seed of the starts, where not all are looked at.

    Returns
    -------
    dict
        Names of chromosomes by split.

    Raises
    ------
    InputError
        There are fewer chromosomes to choose from than splits and training need.

    Examples
    --------
    >>> chrom = np.repeat(["I", "II", "III", "IV"], [70, 10, 10, 10])
    >>> gc = np.r_[np.tile([0.4, 0.6], 35), np.full(20, 0.9), np.tile([0.4, 0.6], 5)]
    >>> none = np.zeros((100, 0), bool)
    >>> choose_chromosomes(measure(chrom, gc, none, none), {"test": 0.1})
    {'test': ('IV',)}
    """
    free = [i for i, name in enumerate(measures.names) if name not in set(taken)]
    needed = len(shares) + (0 if taken else 1)
    if len(free) < needed:
        raise InputError(
            f"whole chromosomes for {' and '.join(shares)} need rows on at least {needed} "
            f"chromosomes{' beside those of regions' if taken else ''}, received {len(free)} "
            f"({', '.join(measures.names[i] for i in free[:5])}); draw rows or give regions"
        )
    problem = _Problem(measures, tuple(shares.values()), tuple(free), bool(taken))
    best = problem.all_tried() if problem.few else problem.searched(seed)
    return {
        split: tuple(measures.names[i] for i in np.array(free)[best == place])
        for place, split in enumerate(shares, 1)
    }


@dataclass(frozen=True)
class _Problem:
    """Assignments of F free chromosomes: 0 for training, else the number of a split, from 1."""

    measures: Measures
    shares: tuple[float, ...]
    free: tuple[int, ...]
    may_take_all: bool

    @property
    def few(self) -> bool:
        """Whether all assignments can be looked at."""
        return len(self.free) * np.log(len(self.shares) + 1) <= np.log(MOST_TRIED)

    def scores(self, assigned: np.ndarray) -> np.ndarray:
        """Return how bad assignments (A, F) are, shape (A,); infinite where a split is empty."""
        total = self.measures.rows.sum()
        score = np.zeros(len(assigned))
        if not self.may_take_all:
            score[~(assigned == 0).any(axis=1)] = np.inf
        for place, share in enumerate(self.shares, 1):
            chosen = np.zeros((len(assigned), len(self.measures.names)), bool)
            chosen[:, list(self.free)] = assigned == place
            score[~chosen.any(axis=1)] = np.inf
            rows = chosen @ self.measures.rows
            score += np.log2(np.maximum(rows, 1) / (share * total)) ** 2
            score += self.measures.off(chosen) ** 2 @ self.measures.weights
        return score

    def all_tried(self) -> np.ndarray:
        """Return the best of all assignments, shape (F,)."""
        every = np.array(list(product(range(len(self.shares) + 1), repeat=len(self.free))), np.int8)
        best: np.ndarray = every[np.argmin(self.scores(every))]
        return best

    def searched(self, seed: int) -> np.ndarray:
        """Return the best assignment that is found by moving and swapping, shape (F,)."""
        rng = np.random.default_rng(seed)
        found = [self.descended(self.start(rng)) for _ in range(STARTS)]
        scores = self.scores(np.stack(found))
        return found[int(np.argmin(scores))]

    def start(self, rng: np.random.Generator) -> np.ndarray:
        """Return an assignment by chance: each split is filled up to about its share."""
        assigned = np.zeros(len(self.free), np.int8)
        rows = self.measures.rows[list(self.free)]
        room = [share * self.measures.rows.sum() for share in self.shares]
        for i in rng.permutation(len(self.free)):
            for place in range(len(room)):
                fits = rows[i] <= 1.2 * room[place] or not (assigned == place + 1).any()
                if room[place] > 0 and fits:
                    assigned[i], room[place] = place + 1, room[place] - rows[i]
                    break
        return assigned

    def descended(self, assigned: np.ndarray) -> np.ndarray:
        """Move or swap chromosomes, each time what is best, until nothing is better."""
        score = self.scores(assigned[None])[0]
        while True:
            near = self.neighbours(assigned)
            scores = self.scores(near)
            best = int(np.argmin(scores))
            if not scores[best] < score - 1e-12:
                return assigned
            assigned, score = near[best], scores[best]

    def neighbours(self, assigned: np.ndarray) -> np.ndarray:
        """Return all assignments that are one move or one swap away, shape (A, F)."""
        moves = [
            (i, place)
            for i in range(len(assigned))
            for place in range(len(self.shares) + 1)
            if assigned[i] != place
        ]
        largest = np.argsort(-self.measures.rows[list(self.free)], kind="stable")[:MOST_SWAPPED]
        swaps = [(i, j) for i, j in combinations(largest, 2) if assigned[i] != assigned[j]]
        near = np.repeat(assigned[None], len(moves) + len(swaps), axis=0)
        for row, (i, place) in enumerate(moves):
            near[row, i] = place
        for row, (i, j) in enumerate(swaps, len(moves)):
            near[row, [i, j]] = assigned[[j, i]]
        return near
