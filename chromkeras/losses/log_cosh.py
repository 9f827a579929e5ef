"""Logarithm of the hyperbolic cosine of the error."""

import math
from typing import Any

from keras import ops

from chromkeras.data.dataset import Dataset
from chromkeras.losses.masks import sum_known, where_known

PROBLEM = "regression"
LINK = "identity"


def per_task(y: Any, output: Any, known: Any) -> tuple[Any, Any]:
    """Return log cosh of the error of each task, summed over its known labels, and their number.

    ℓ = log cosh(f − y) = |d| + log(1 + exp(−2 |d|)) − log 2 with d = f − y: half the squared error
    where d is small, |d| − log 2 where it is large, so that outliers pull no more than others
    (Green 1990, IEEE Transactions on Medical Imaging 9:84).

    Parameters
    ----------
    y
        Values, shape (batch, T).
    output
        Predicted values f, shape (batch, T).
    known
        Shape (batch, T), of the dtype of ``output``; 1 where the value is known, else 0.

    Returns
    -------
    tuple
        Sums and counts, each of shape (T,).
    """
    y, output = where_known(known, y, output)
    size = ops.abs(output - y)
    return sum_known(size + ops.softplus(-2.0 * size) - math.log(2.0), known)


def constants(dataset: Dataset) -> dict[str, Any]:
    """Return nothing: this loss takes no constants from the data."""
    return {}
