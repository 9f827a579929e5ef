"""Motifs that occur in the same sequences more or less often than by chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import hypergeom

from chrominterpret.errors import InputError
from chrominterpret.fdr import benjamini_hochberg
from chrominterpret.motifs.pwm import Floats


@dataclass(frozen=True, eq=False)
class Cooccurrence:
    """How often motifs occur together; every array has shape (F, F) and is symmetric.

    The diagonal compares a motif with itself: leave it out.

    Attributes
    ----------
    together : int64
        Number of sequences that have both motifs.
    expected : float64
        Number that is expected of independent motifs, n_i n_j / N.
    log_odds : float64
        Natural logarithm of the odds ratio, one half added to each of the four counts (Haldane):
        above 0 where the motifs occur together.
    p_value : float64
        p of the hypergeometric test, two-sided: twice the smaller of both tails, at most 1.
    q_value : float64
        q by Benjamini and Hochberg over the pairs i < j; 1 on the diagonal.
    """

    together: NDArray[np.int64]
    expected: Floats
    log_odds: Floats
    p_value: Floats
    q_value: Floats


def cooccurrence(presence: ArrayLike) -> Cooccurrence:
    """Compare how often motifs occur in the same sequence with chance.

    Parameters
    ----------
    presence : array of shape (N, F), bool
        Whether sequence n has motif f.

    Returns
    -------
    Cooccurrence
        Motifs that look alike occur at the same sites and so together: merge them first
        (`merging.merge_motifs`) or read the matrix with that in mind.

    Raises
    ------
    InputError
        If the array is not two-dimensional, or empty.
    """
    x = np.asarray(presence, dtype=bool)
    if x.ndim != 2 or not x.size:
        raise InputError(f"expected presence of shape (N, F); received {x.shape}")
    total = len(x)
    together = np.rint(x.T.astype(np.float32) @ x.astype(np.float32)).astype(np.int64)
    count = x.sum(axis=0)
    one, other = count[:, None], count[None]
    only_one, only_other = one - together, other - together
    neither = total - one - other + together
    cells = [cell + 0.5 for cell in (together, neither, only_one, only_other)]
    log_odds = np.log(cells[0] * cells[1] / (cells[2] * cells[3]))
    p = _p_values(together, count, total)
    return Cooccurrence(together, one * other / total, log_odds, p, _q_values(p))


def _p_values(together: NDArray[np.int64], count: NDArray[np.int64], total: int) -> Floats:
    first, second = np.triu_indices(len(count))
    k, n, m = together[first, second], count[first], count[second]
    smaller = np.minimum(hypergeom.sf(k - 1, total, n, m), hypergeom.cdf(k, total, n, m))
    p = np.empty(together.shape)
    p[first, second] = p[second, first] = np.clip(2 * smaller, 0, 1)
    return p


def _q_values(p: Floats) -> Floats:
    first, second = np.triu_indices(len(p), k=1)
    q = np.ones_like(p)
    q[first, second] = q[second, first] = benjamini_hochberg(p[first, second])
    return q
