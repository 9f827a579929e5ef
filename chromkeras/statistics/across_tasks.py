"""Figures of each row across its tasks: correlations with predictions, and specificity.

Arrays are rows × tasks; a value that is NaN is unknown and counts nothing.
"""

import numpy as np
from scipy.stats import rankdata

from chromkeras.errors import InputError

# Two points lie on a line whatever they are.
FEWEST_TASKS = 3


def pearson_across(values: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation of values and predictions across the tasks of each row.

    Parameters
    ----------
    values
        Values (n, T), float; NaN where unknown.
    predictions
        Predictions (n, T), float, finite.

    Returns
    -------
    np.ndarray
        Correlations (n,), float64, in [−1, 1]. NaN where fewer than ``FEWEST_TASKS`` values are
        known, or where values or predictions do not vary.

    Raises
    ------
    InputError
        The shapes differ or are not (n, T).

    Examples
    --------
    >>> pearson_across(np.array([[1.0, 2, 3], [3, np.nan, 1]]), np.array([[0.0, 2, 4], [1, 2, 3]]))
    array([ 1., nan])
    """
    known = _known(values, predictions)
    a, b = (_deviations(x.astype(np.float64), known) for x in (values, predictions))
    defined = (known.sum(axis=1) >= FEWEST_TASKS) & a.any(axis=1) & b.any(axis=1)
    size = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    found = (a * b).sum(axis=1) / np.where(defined, size, np.nan)
    return np.clip(found, -1.0, 1.0)


def spearman_across(values: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Return Spearman's rank correlation across the tasks of each row, ties at their mean rank.

    Shapes and undefined cases as in ``pearson_across``.
    """
    known = _known(values, predictions)
    # What is unknown ranks last, where it changes no other rank.
    y, f = (
        rankdata(np.where(known, x, np.inf), axis=1) if len(x) else x for x in (values, predictions)
    )
    return pearson_across(np.where(known, y, np.nan), f)


def gini(values: np.ndarray) -> np.ndarray:
    """Return the Gini index of each row over its tasks: 0 where all are equal, up to 1 − 1/k.

    G = Σ_i Σ_j |x_i − x_j| / (2 k Σ_i x_i) over k known values (Gini 1912). CREsted takes it for
    how specific a region is (Kempynck et al. 2026, Nature Methods).

    Parameters
    ----------
    values
        Values of at least 0, shape (n, T), float; NaN where unknown.

    Returns
    -------
    np.ndarray
        Shape (n,), float64; NaN where no value is known or all are 0.

    Examples
    --------
    >>> gini(np.array([[1.0, 1, 1], [0, 0, 3]])).round(3)
    array([0.   , 0.667])
    """
    ordered = np.sort(values.astype(np.float64), axis=1)  # NaN last
    count, total = (~np.isnan(ordered)).sum(axis=1), np.nansum(ordered, axis=1)
    weighted = np.nansum(np.arange(1, values.shape[1] + 1) * ordered, axis=1)
    some = np.where(total > 0, total, np.nan)
    found: np.ndarray = 2 * weighted / (count * some) - (count + 1) / np.maximum(count, 1)
    return np.maximum(found, 0.0)


def _known(values: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    if values.ndim != 2 or values.shape != predictions.shape:
        raise InputError(
            "expected values and predictions of one shape (rows, tasks), "
            f"received {values.shape} and {predictions.shape}"
        )
    return ~np.isnan(values)


def _deviations(x: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return deviations from each row's mean over its largest, 0 where unknown; (n, T)."""
    x = np.where(known, x, 0.0)
    mean = x.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    low = np.where(known, x, np.inf).min(axis=1, keepdims=True, initial=np.inf)
    varies = low < np.where(known, x, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)
    away = np.where(known & varies, x - mean, 0.0)
    largest = np.abs(away).max(axis=1, keepdims=True, initial=0.0)
    found: np.ndarray = away / np.where(largest > 0, largest, 1.0)
    return found
