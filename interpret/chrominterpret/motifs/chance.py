"""Known motifs that TomTom matches by chance.

TomTom's p-value takes the columns of a target as independent. Targets with stretches of low
information (CTCF with its flanks, poly-A motifs) break that: any diffuse query matches them with
a tiny p. The matches of shuffled queries show which targets those are.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chrominterpret.errors import InputError
from chrominterpret.motifs.p_values import compare, quiet_about_few_targets, shuffled, trimmed
from chrominterpret.motifs.pwm import Floats, Motif

LEVEL: Final = 1e-3
TIMES: Final = 20.0
N_SHUFFLED: Final = 500


def matches_by_chance(
    queries: Sequence[Motif],
    targets: Sequence[Motif],
    *,
    seed: int,
    n_shuffled: int = N_SHUFFLED,
    min_information: float | None = 0.2,
) -> NDArray[np.bool_]:
    """Return which targets shuffled queries match far more often than their p-values claim.

    Such targets crowd out real matches, and through the false discovery rate they make weak
    matches of other targets look good: leave them out of the database.

    Parameters
    ----------
    queries, targets, min_information
        As for `tomtom.tomtom`.
    seed : int
        Seed of the shuffles.
    n_shuffled : int
        Number of shuffled queries: queries drawn at random, with their columns in random order.

    Returns
    -------
    ndarray of shape (targets,), bool
        Whether over 20 times as many shuffled queries as expected match with p < 0.001.

    Raises
    ------
    InputError
        If ``n_shuffled`` is below 1.
    """
    if n_shuffled < 1:
        raise InputError(f"expected n_shuffled of at least 1; received {n_shuffled}")
    kept = trimmed(queries, min_information)
    return too_often(chance_p_values(kept, targets, seed=seed, n_shuffled=n_shuffled))


def chance_p_values(
    queries: Sequence[Motif], targets: Sequence[Motif], *, seed: int, n_shuffled: int = N_SHUFFLED
) -> Floats:
    """Return the p-values of shuffled queries, (n_shuffled, targets); all 1 without queries.

    Parameters
    ----------
    queries, targets, seed, n_shuffled
        As for `matches_by_chance`, the queries trimmed.
    """
    if not queries:
        return np.ones((n_shuffled, len(targets)))
    picked = np.random.default_rng(seed).integers(len(queries), size=n_shuffled)
    random = shuffled([queries[i] for i in picked], seed=seed)
    with quiet_about_few_targets():
        return np.concatenate([results[0] for results in compare(random, targets)])


def too_often(chance: Floats) -> NDArray[np.bool_]:
    """Return which targets match by chance, from p-values of shuffled queries (n, targets)."""
    return (chance < LEVEL).mean(axis=0) > TIMES * LEVEL


def calibrated(p: Floats, chance: Floats) -> Floats:
    """Return how often a shuffled query matches a target as well as a query does.

    Parameters
    ----------
    p
        p-values of queries (q, targets).
    chance
        p-values of n shuffled queries (n, targets).

    Returns
    -------
    ndarray of shape (q, targets), float64
        ``(1 + k) / (1 + n)`` with k the number of shuffled queries whose p at the target is no
        larger.
    """
    found = np.empty_like(p)
    for target, null in enumerate(np.sort(chance, axis=0).T):
        found[:, target] = np.searchsorted(null, p[:, target], side="right")
    return (1 + found) / (1 + len(chance))
