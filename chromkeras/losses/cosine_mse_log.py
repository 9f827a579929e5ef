"""Squared error of logarithms and the angle between the counts of each row."""

from typing import Any

from keras import ops

from chromkeras.data.dataset import Dataset
from chromkeras.losses.cosine_mse import angle_part, unit_rows
from chromkeras.losses.masks import sum_known, where_known
from chromkeras.losses.poisson import check_not_negative

PROBLEM = "regression"
LINK = "exp"


def per_task(y: Any, output: Any, known: Any) -> tuple[Any, Any]:
    r"""Return squared error and angle of each task, summed over its known labels, and their number.

    ℓ_i = (log(1 + μ_i) − log(1 + y_i))² + k/2 (μ_i/‖μ‖ − y_i/‖y‖)² with μ = exp(f) and norms over
    the k known tasks of the row. The tasks of a row add up to the squared errors and
    k (1 − cos(μ, y)): k times CREsted's CosineMSELogLoss of the row with the multiplier 1, and k
    more (Kempynck et al. 2026, Nature Methods). There an output is the value itself; here it is
    the logarithm, as in ``poisson``, so that it need not be kept above 0.

    Tasks of a row see each other: networks of one task each are not trained apart by it.

    Parameters
    ----------
    y
        Counts or rates, at least 0, shape (batch, T).
    output
        Logarithms f of the predicted values, shape (batch, T).
    known
        Shape (batch, T), of the dtype of ``output``; 1 where the value is known, else 0.

    Returns
    -------
    tuple
        Sums and counts, each of shape (T,).
    """
    y, output = where_known(known, y, output)
    angle = angle_part(unit_rows(_scaled_exp(output, known)), unit_rows(y), known)
    return sum_known(ops.square(ops.softplus(output) - ops.log1p(y)) + angle, known)


def _scaled_exp(output: Any, known: Any) -> Any:
    """Return exp(f) over the largest of its row, 0 where unknown: of the same direction."""
    lowest = ops.min(output, axis=-1, keepdims=True)
    largest = ops.max(ops.where(known > 0, output, lowest), axis=-1, keepdims=True)
    below = output - ops.stop_gradient(largest)
    return ops.exp(ops.where(known > 0, below, ops.zeros_like(below))) * known


def constants(dataset: Dataset) -> dict[str, Any]:
    """Return nothing; the labels are checked.

    Raises
    ------
    InputError
        A known label is negative.
    """
    check_not_negative(dataset, "cosine_mse_log")
    return {}
