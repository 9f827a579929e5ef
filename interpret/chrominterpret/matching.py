"""One-to-one matching of two sets by the similarities of their members."""

import numpy as np
from scipy.optimize import linear_sum_assignment


def match_one_to_one(score: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pair rows and columns for the highest sum of scores (Kuhn 1955, the Hungarian method).

    Parameters
    ----------
    score
        Scores (F, G); NaN where there can be no pair.

    Returns
    -------
    tuple of np.ndarray
        Rows, columns and scores of at most min(F, G) pairs, by row.
    """
    possible = np.isfinite(score)
    lowest = score[possible].min(initial=0.0)
    rows, columns = linear_sum_assignment(np.where(possible, score, lowest - 1.0), maximize=True)
    kept = possible[rows, columns]
    return rows[kept], columns[kept], score[rows[kept], columns[kept]]
