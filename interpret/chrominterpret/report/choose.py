"""Which of many sequences are looked at."""

from collections.abc import Sequence

import numpy as np

INFLUENCE_ROWS = 256  # sequences that the influence of filters is measured on


def spread_out(n: int, count: int) -> np.ndarray:
    """Return ``count`` of n places, at even distances, or all; shape (min(n, count),), int64.

    Rows are in the order of the genome, so that the first of them are neighbours.
    """
    return np.linspace(0, n - 1, min(n, count)).astype(np.int64)


def in_turns(ranked: Sequence[np.ndarray], count: int) -> np.ndarray:
    """Return the first of several rankings, which take turns; shape (m,), int64, m ≤ ``count``.

    Parameters
    ----------
    ranked
        Places of each ranking, best first.
    count
        Number of places; each is taken once.

    Examples
    --------
    >>> in_turns([np.array([4, 2, 0]), np.array([4, 1])], 3)
    array([4, 2, 1])
    """
    taken: dict[int, None] = {}
    for turn in range(max((len(places) for places in ranked), default=0)):
        for places in ranked:
            if turn < len(places) and len(taken) < count:
                taken[int(places[turn])] = None
    return np.array(list(taken), np.int64)


def particular(values: np.ndarray) -> list[np.ndarray]:
    """Rank sequences by how far each target's value stands out.

    Parameters
    ----------
    values
        Predicted values (K, N) of K targets.

    Returns
    -------
    list of ndarray
        Of each target the places of all sequences, best first: by the value in standard deviations
        over the sequences, less the mean of the same over the targets where there are several.
    """
    spread = values.std(axis=1, keepdims=True)
    standard = (values - values.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)
    if len(values) > 1:
        standard = standard - standard.mean(axis=0)
    return list(np.argsort(-standard, axis=1, kind="stable"))
