"""Labels and which of them are known, from arrays that flag the unknown ones, and back."""

import numpy as np


def from_flagged(flagged: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels, 0 where unknown, and the mask of the known ones.

    Inside the program -1 is a value like any other; this is for files that flag unknown labels.

    Parameters
    ----------
    flagged
        Shape (N, T). Floats with NaN for unknown, or integers with values below 0 for unknown.

    Returns
    -------
    tuple of ndarray
        Labels, shape and dtype as given, and known, shape (N, T), bool.
    """
    known = ~np.isnan(flagged) if flagged.dtype.kind == "f" else flagged >= 0
    return np.where(known, flagged, flagged.dtype.type(0)), known


def to_flagged(labels: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return labels with NaN (floats) or -1 (integers) where they are unknown; shape (N, T)."""
    flag = np.nan if labels.dtype.kind == "f" else -1
    return np.where(known, labels, labels.dtype.type(flag))
