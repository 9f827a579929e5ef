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
from chrominterpret.motifs.pwm import Floats, Motif
from chrominterpret.motifs.tomtom import compare, shuffled, trimmed

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
    p = _null(queries, targets, seed, n_shuffled, min_information)
    return (p < LEVEL).mean(axis=0) > TIMES * LEVEL


def _null(
    queries: Sequence[Motif],
    targets: Sequence[Motif],
    seed: int,
    count: int,
    min_information: float | None,
) -> Floats:
    """Return the p-values of shuffled queries, shape (count, targets); all 1 without queries."""
    kept = trimmed(queries, min_information)
    if not kept:
        return np.ones((count, len(targets)))
    picked = np.random.default_rng(seed).integers(len(kept), size=count)
    random = shuffled([kept[i] for i in picked], seed=seed)
    return np.concatenate([results[0] for results in compare(random, targets)])
