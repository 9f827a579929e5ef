"""Distribution of a PSSM's score over random sequence, and the threshold for a p-value.

Scores of positions add up and bases are independent, so the distribution is the convolution of
those of the positions, exact for scores rounded to a step (Staden 1989, CABIOS 5:89; Wu, Nevill-
Manning and Brutlag 2000, Journal of Computational Biology 7:1).
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from chrominterpret.errors import InputError
from chrominterpret.motifs.pwm import Floats, checked_background

STEP: Final = 1e-3
_MOST: Final = 10_000_000  # of possible scores


def score_distribution(
    matrix: ArrayLike, *, background: ArrayLike | None = None, step: float = STEP
) -> tuple[Floats, Floats]:
    """Return every score that random sequence can have at a place, and how probable it is.

    Parameters
    ----------
    matrix : array of shape (W, 4)
        Finite scores, e.g. from `pssm`; columns A, C, G, T.
    background : array of shape (4,) or None
        Frequencies of A, C, G, T in the sequence; None means 0.25 each.
    step : float
        Unit that each entry of the matrix is rounded to; a site's score is then off by W / 2
        steps at the most.

    Returns
    -------
    scores : ndarray of shape (K,), float64
        Possible scores, rising.
    probability : ndarray of shape (K,), float64
        Probability of each; their sum is 1.

    Raises
    ------
    InputError
        If the shape is wrong, a score is infinite, or the step is not above 0 or too fine.

    Examples
    --------
    >>> scores, probability = score_distribution([[1, -1, -1, -1], [1, -1, -1, -1]])
    >>> scores.tolist(), probability.tolist()
    ([-2.0, 0.0, 2.0], [0.5625, 0.375, 0.0625])
    """
    steps, p = _in_steps(matrix, step), checked_background(background)
    low = steps.min(axis=1)
    total = np.ones(1)
    for row in steps - low[:, None]:
        longer = np.zeros(len(total) + row.max())
        for shift, share in zip(row, p, strict=True):
            longer[shift : shift + len(total)] += share * total
        total = longer
    possible = np.flatnonzero(total)
    return (possible + low.sum()) * step, total[possible]


def score_threshold(
    matrix: ArrayLike,
    *,
    p_value: float = 1e-4,
    background: ArrayLike | None = None,
    step: float = STEP,
) -> float:
    """Return the lowest score that random sequence reaches at a place with at most a p-value.

    Parameters
    ----------
    matrix, background, step
        As for `score_distribution`.
    p_value : float
        Probability, above 0 and below 1, that a random site of the one strand scores at least the
        threshold.

    Returns
    -------
    float
        Threshold for `find_sites`, in the unit of the matrix; less half a step for each position,
        so that rounding loses no site.

    Raises
    ------
    InputError
        If even the best site is more probable than ``p_value``, or as for `score_distribution`.

    Examples
    --------
    >>> from chrominterpret import jaspar_motifs, pssm
    >>> matrix = pssm(jaspar_motifs("nematodes")[0])
    >>> score_threshold(matrix, p_value=1e-2) < score_threshold(matrix, p_value=1e-3)
    True
    """
    if not 0 < p_value < 1:
        raise InputError(f"expected a p-value above 0 and below 1; received {p_value}")
    scores, probability = score_distribution(matrix, background=background, step=step)
    tail = np.cumsum(probability[::-1])[::-1]
    reached = np.flatnonzero(tail <= p_value * (1 + 1e-12))
    if not len(reached):
        raise InputError(
            f"expected a p-value of at least {tail[-1]:.3g}, the probability of the best site; "
            f"received {p_value}"
        )
    return float(scores[reached[0]] - step * len(np.asarray(matrix)) / 2)


def _in_steps(matrix: ArrayLike, step: float) -> np.ndarray:
    """Return the scores as whole numbers of steps, shape (W, 4)."""
    weights = np.asarray(matrix, dtype=np.float64)
    if weights.ndim != 2 or weights.shape[1] != 4 or not len(weights):
        raise InputError(f"expected a matrix of shape (W, 4); received {weights.shape}")
    if not np.isfinite(weights).all():
        raise InputError("expected a matrix of finite scores; give pssm a pseudocount above 0")
    if not step > 0:
        raise InputError(f"expected a step above 0; received {step}")
    if np.ptp(weights, axis=1).sum() / step > _MOST:
        raise InputError(f"expected a step of at most {_MOST:,} possible scores; received {step}")
    return np.rint(weights / step).astype(np.int64)
