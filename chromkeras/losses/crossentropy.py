"""Cross-entropy of several classes that exclude each other."""

from typing import Any

from keras import ops

from chromkeras.data.dataset import Dataset
from chromkeras.losses.masks import sum_known, where_known

PROBLEM = "classes"
LINK = "identity"


def per_task(y: Any, output: Any, known: Any) -> tuple[Any, Any]:
    """Return the cross-entropy of each task, summed over its known labels, and their number.

    ℓ = log Σ_c exp(z_c) − z_y, with a logit z_c for each of C classes
    (Bishop 2006, Pattern Recognition and Machine Learning, eq. 4.108).

    Parameters
    ----------
    y
        Classes 0 to C − 1, shape (batch, T), of any dtype.
    output
        Logits, shape (batch, T, C).
    known
        Shape (batch, T), of the dtype of ``output``; 1 where the class is known, else 0.

    Returns
    -------
    tuple
        Sums and counts, each of shape (T,).
    """
    y, output = where_known(known, y, output)
    chosen = ops.one_hot(ops.cast(y, "int32"), output.shape[-1], dtype=output.dtype)
    return sum_known(-ops.sum(chosen * ops.log_softmax(output, axis=-1), axis=-1), known)


def constants(dataset: Dataset) -> dict[str, Any]:
    """Return nothing: this loss takes no constants from the data."""
    return {}
