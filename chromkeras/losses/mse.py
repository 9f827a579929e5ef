"""Squared error."""

from typing import Any

from keras import ops

from chromkeras.data.dataset import Dataset
from chromkeras.losses.masks import sum_known, where_known

PROBLEM = "regression"
LINK = "identity"


def per_task(y: Any, output: Any, known: Any) -> tuple[Any, Any]:
    """Return the squared error of each task, summed over its known labels, and their number.

    ℓ = (f − y)², the negative log-likelihood of a normal distribution of unit variance but for
    scale and a constant (Bishop 2006, Pattern Recognition and Machine Learning, section 3.1.1).

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
    return sum_known(ops.square(output - y), known)


def constants(dataset: Dataset) -> dict[str, Any]:
    """Return nothing: this loss takes no constants from the data."""
    return {}
