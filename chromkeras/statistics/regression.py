"""Figures of regression per task: correlations, R² and errors, on known values only.

Arrays are rows × tasks; a value that is NaN is unknown and counts nothing.
"""

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

from chromkeras.errors import InputError


def pearson(values: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation of values and predictions of each task.

    Parameters
    ----------
    values
        Values (n, T), float; NaN where unknown.
    predictions
        Predictions (n, T), float.

    Returns
    -------
    np.ndarray
        Correlations (T,), float64, in [−1, 1]. NaN where fewer than 2 values are known, where
        values or predictions do not vary, or where a prediction is NaN.

    Raises
    ------
    InputError
        The shapes differ or are not (n, T).
    """
    return _by_task(_pearson, values, predictions)


def spearman(values: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Return Spearman's rank correlation of each task, ties at their mean rank.

    Shapes and undefined cases as in ``pearson``.
    """
    return _by_task(_spearman, values, predictions)


def r_squared(values: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Return the coefficient of determination of each task: 1 − Σ(y − f)² / Σ(y − mean y)².

    It is 0 for predicting the mean and below 0 for what is worse, so that it also sees a wrong
    scale or offset, which no correlation does. Shapes as in ``pearson``; NaN where fewer than 2
    values are known or they do not vary.
    """
    return _by_task(_r_squared, values, predictions)


def mean_absolute_error(values: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Return the mean of |y − f| of each task; NaN where no value is known."""
    return _by_task(lambda y, f: float(np.abs(y - f).mean()) if len(y) else np.nan,
                    values, predictions)  # fmt: skip


def mean_squared_error(values: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Return the mean of (y − f)² of each task; NaN where no value is known."""
    return _by_task(lambda y, f: float(((y - f) ** 2).mean()) if len(y) else np.nan,
                    values, predictions)  # fmt: skip


def _by_task(
    figure: Callable[[np.ndarray, np.ndarray], float], values: np.ndarray, predictions: np.ndarray
) -> np.ndarray:
    if values.ndim != 2 or values.shape != predictions.shape:
        raise InputError(
            "expected values and predictions of one shape (rows, tasks), "
            f"received {values.shape} and {predictions.shape}"
        )
    found = []
    for y, f in zip(values.T.astype(np.float64), predictions.T.astype(np.float64), strict=True):
        known = ~np.isnan(y)
        found.append(figure(y[known], f[known]))
    return np.array(found, np.float64)


def _pearson(y: np.ndarray, f: np.ndarray) -> float:
    if not np.isfinite(f).all() or not _varies(y) or not _varies(f):
        return np.nan
    a, b = (x - x.mean() for x in (y, f))
    # scaled first, so that squares neither overflow nor vanish
    a, b = a / np.abs(a).max(), b / np.abs(b).max()
    return float(np.clip(a @ b / np.sqrt((a @ a) * (b @ b)), -1.0, 1.0))


def _spearman(y: np.ndarray, f: np.ndarray) -> float:
    if np.isnan(f).any():
        return np.nan
    return _pearson(rankdata(y), rankdata(f))


def _r_squared(y: np.ndarray, f: np.ndarray) -> float:
    if not _varies(y):
        return np.nan
    return float(1.0 - ((y - f) ** 2).sum() / ((y - y.mean()) ** 2).sum())


def _varies(x: np.ndarray) -> bool:
    return len(x) > 1 and bool(x.max() > x.min())
