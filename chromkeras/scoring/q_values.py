"""q of many tests that are written and read as text on the way."""

import numpy as np

from chrominterpret.fdr import benjamini_hochberg


def six_digits(values: np.ndarray) -> np.ndarray:
    """Return positive numbers as six significant digits say them, float64; others stay.

    So numbers are the same whether they come from memory, from float32 or from a file of text.

    Examples
    --------
    >>> six_digits(np.array([1 / 3, 0, np.nan])).tolist()
    [0.333333, 0.0, nan]
    """
    found = np.array(values, np.float64)
    positive = found > 0
    different, place = np.unique(found[positive], return_inverse=True)
    found[positive] = np.array([float(f"{value:.6g}") for value in different])[place]
    return found


def q_values(p: np.ndarray) -> np.ndarray:
    """Return q of each column of p, (n, K), by Benjamini and Hochberg; float32."""
    q = np.full(p.shape, np.nan, np.float32)
    for k in range(p.shape[1]):
        q[:, k] = benjamini_hochberg(six_digits(p[:, k]))
    return q
