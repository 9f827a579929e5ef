"""Squared error and the angle between the tasks' values and predictions of each row."""

from typing import Any

from keras import ops

from chromkeras.data.dataset import Dataset
from chromkeras.losses.masks import sum_known, where_known

PROBLEM = "regression"
LINK = "identity"


def per_task(y: Any, output: Any, known: Any) -> tuple[Any, Any]:
    r"""Return squared error and angle of each task, summed over its known labels, and their number.

    ℓ_i = (f_i − y_i)² + k/2 (f_i/‖f‖ − y_i/‖y‖)², with norms over the k known tasks of the row. As
    ½ ‖a − b‖² = 1 − cos(a, b) for vectors of length 1, the tasks of a row add up to
    Σ_i (f_i − y_i)² + k (1 − cos(f, y)): k times the row's cosine loss and mean squared error in
    CREsted, with weights of 1, and k more (Kempynck et al. 2026, Nature Methods). The first part is
    after the height of a region, the second after the tasks in which it is high.

    Tasks of a row see each other: networks of one task each are not trained apart by it.

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
    angle = angle_part(unit_rows(output), unit_rows(y), known)
    return sum_known(ops.square(output - y) + angle, known)


def angle_part(f: Any, y: Any, known: Any) -> Any:
    """Return k/2 (f − y)² of every task, shape (batch, T), of unit rows with k known tasks."""
    return ops.sum(known, axis=-1, keepdims=True) / 2.0 * ops.square(f - y)


def unit_rows(x: Any) -> Any:
    """Return rows, shape (batch, T), divided by their Euclidean norms; rows of 0 stay 0."""
    largest = ops.max(ops.abs(x), axis=-1, keepdims=True)
    # Scaled first, so that squares neither overflow nor vanish; the result does not depend on it.
    x = x / ops.stop_gradient(ops.where(largest > 0, largest, ops.ones_like(largest)))
    square = ops.sum(ops.square(x), axis=-1, keepdims=True)
    return x * ops.rsqrt(ops.where(square > 0, square, ops.ones_like(square)))


def constants(dataset: Dataset) -> dict[str, Any]:
    """Return nothing: this loss takes no constants from the data."""
    return {}
