"""Binary cross-entropy, both classes counting alike."""

from typing import Any

from keras import ops

from chromkeras.data.dataset import Dataset
from chromkeras.losses.masks import sum_known, where_known

PROBLEM = "binary"
LINK = "identity"


def per_task(y: Any, output: Any, known: Any) -> tuple[Any, Any]:
    r"""Return the cross-entropy of each task, summed over its known labels, and their number.

    ℓ = −y log σ(z) − (1 − y) log(1 − σ(z)) = softplus(z) − y z, with the logit z
    (Bishop 2006, Pattern Recognition and Machine Learning, eq. 4.90).

    Parameters
    ----------
    y
        Labels 1 and 0, shape (batch, T).
    output
        Logits z, shape (batch, T).
    known
        Shape (batch, T), of the dtype of ``output``; 1 where the label is known, else 0.

    Returns
    -------
    tuple
        Sums and counts, each of shape (T,).
    """
    y, output = where_known(known, y, output)
    return sum_known(cross_entropy(y, output), known)


def cross_entropy(y: Any, logit: Any) -> Any:
    """Return softplus(z) − y z of every label, shape (batch, T); finite for any finite logit."""
    return ops.softplus(logit) - y * logit


def constants(dataset: Dataset) -> dict[str, Any]:
    """Return nothing: this loss takes no constants from the data."""
    return {}
