"""Means and medians over values that are defined: some tasks, models or moments have none."""

from typing import overload

import numpy as np


@overload
def mean_defined(values: np.ndarray) -> float: ...
@overload
def mean_defined(values: np.ndarray, axis: int) -> np.ndarray: ...
def mean_defined(values: np.ndarray, axis: int | None = None) -> float | np.ndarray:
    """Return the mean over the values that are numbers; NaN where there is none.

    Parameters
    ----------
    values
        Values of any shape, float; NaN and infinite values are left out.
    axis
        Axis to take the mean over; None takes it over all values.

    Returns
    -------
    float or np.ndarray
        Mean of all, or an array without that axis.

    Examples
    --------
    >>> mean_defined(np.array([1.0, np.nan, 3.0]))
    2.0
    >>> mean_defined(np.array([[1.0, np.nan], [np.nan, np.nan]]), axis=1)
    array([ 1., nan])
    """
    defined = np.isfinite(values)
    if axis is None:
        return float(values[defined].mean()) if defined.any() else float("nan")
    count = defined.sum(axis=axis)
    total: np.ndarray = np.where(defined, values, 0.0).sum(axis=axis)
    return total / np.where(count > 0, count, np.nan)


@overload
def median_defined(values: np.ndarray) -> float: ...
@overload
def median_defined(values: np.ndarray, axis: int) -> np.ndarray: ...
def median_defined(values: np.ndarray, axis: int | None = None) -> float | np.ndarray:
    """Return the median over the values that are numbers; NaN where there is none.

    Parameters
    ----------
    values
        Values of any shape, float; NaN and infinite values are left out.
    axis
        Axis to take the median over; None takes it over all values.

    Returns
    -------
    float or np.ndarray
        Median of all, or an array without that axis.

    Examples
    --------
    >>> median_defined(np.array([1.0, np.nan, 3.0, 8.0]))
    3.0
    >>> median_defined(np.array([[1.0, np.nan, 2.0], [np.nan, np.nan, np.nan]]), axis=1)
    array([1.5, nan])
    """
    median = np.ma.median(np.ma.masked_invalid(values), axis=axis)
    found: np.ndarray = np.ma.filled(median, np.nan)
    return float(found) if axis is None else found


def sample_sd(values: np.ndarray) -> float:
    """Return the sample standard deviation of the values that are numbers; NaN of fewer than two.

    Examples
    --------
    >>> sample_sd(np.array([1.0, np.nan, 2.0, 3.0]))
    1.0
    """
    known = values[np.isfinite(values)]
    return float(known.std(ddof=1)) if len(known) > 1 else float("nan")
