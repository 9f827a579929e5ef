"""Binary cross-entropy with the two classes of each task made to weigh the same."""

from collections.abc import Sequence
from typing import Any

from keras import ops

from chromkeras.data.dataset import Dataset
from chromkeras.losses.masks import sum_known, where_known
from chromkeras.losses.plain import cross_entropy
from chromkeras.problems.registry import find_problem

PROBLEM = "binary"
LINK = "identity"
BALANCES_CLASSES = True


def per_task(
    y: Any, output: Any, known: Any, *, positive_fraction: Sequence[float]
) -> tuple[Any, Any]:
    """Return the weighted cross-entropy of each task, summed over its known labels.

    ℓ = r(y) (softplus(z) − y z) with r(1) = 1 − ρ and r(0) = ρ, where ρ is the fraction of
    positives of the task in the training split: the weights of all positives and of all negatives
    add up to the same (King and Zeng 2001, Political Analysis 9:137, weighting).

    Parameters
    ----------
    y
        Labels 1 and 0, shape (batch, T).
    output
        Logits z, shape (batch, T).
    known
        Shape (batch, T), of the dtype of ``output``; 1 where the label is known, else 0.
    positive_fraction
        ρ, shape (T,).

    Returns
    -------
    tuple
        Sums and counts, each of shape (T,).
    """
    y, output = where_known(known, y, output)
    rho = ops.convert_to_tensor(positive_fraction, dtype=output.dtype)
    return sum_known(cross_entropy(y, output) * ops.where(y > 0, 1.0 - rho, rho), known)


def constants(dataset: Dataset) -> dict[str, Any]:
    """Return ρ of each task among the known labels of the training split.

    Raises
    ------
    InputError
        A task has no known label there, or labels of one class only.
    """
    find_problem(PROBLEM).check_training(dataset)
    return {"positive_fraction": dataset.positive_fraction("train")}
