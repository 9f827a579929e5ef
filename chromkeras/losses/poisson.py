"""Poisson loss of counts and rates."""

from typing import Any

from keras import ops

from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.losses.masks import sum_known, where_known

PROBLEM = "regression"
LINK = "exp"


def per_task(y: Any, output: Any, known: Any) -> tuple[Any, Any]:
    """Return the Poisson loss of each task, summed over its known labels, and their number.

    ℓ = exp(f) − y f − y + y log y, with the logarithm f of the rate: half the deviance of the
    Poisson distribution (McCullagh and Nelder 1989, Generalized Linear Models, section 2.3). It is
    0 at f = log y, and differs from the negative log-likelihood by what does not depend on f.

    Parameters
    ----------
    y
        Counts or rates, at least 0, shape (batch, T).
    output
        Log rates f, shape (batch, T).
    known
        Shape (batch, T), of the dtype of ``output``; 1 where the value is known, else 0.

    Returns
    -------
    tuple
        Sums and counts, each of shape (T,).
    """
    y, output = where_known(known, y, output)
    least = y * ops.log(ops.where(y > 0, y, ops.ones_like(y))) - y
    return sum_known(ops.exp(output) - y * output + least, known)


def constants(dataset: Dataset) -> dict[str, Any]:
    """Return nothing; the labels are checked.

    Raises
    ------
    InputError
        A known label is negative.
    """
    check_not_negative(dataset, "poisson")
    return {}


def check_not_negative(dataset: Dataset, loss: str) -> None:
    """Raise ``InputError`` where a known label is negative, for the loss of that name."""
    negative = dataset.known & (dataset.labels < 0)
    if negative.any():
        task = int(negative.any(axis=0).argmax())
        value = dataset.labels[negative[:, task], task].min()
        raise InputError(
            f"training.loss {loss}: expected values of at least 0, "
            f"received {value:g} in task {dataset.tasks[task]!r}; take mse or log_cosh"
        )
