"""Control of the false discovery rate over many tests."""

import numpy as np
from scipy.stats import false_discovery_control


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Return q of all p that are defined, together; the shape stays and NaN stays NaN.

    Benjamini and Hochberg 1995, Journal of the Royal Statistical Society B 57:289.
    """
    q = np.full(p.shape, np.nan)
    defined = ~np.isnan(p)
    if defined.any():
        q[defined] = false_discovery_control(p[defined], method="bh")
    return q
