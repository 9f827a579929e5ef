"""Every task's gradient scaled to the mean norm."""

from typing import Any

from keras import ops

from chromkeras.conflict.gram import scaled


def coefficients(gram: Any) -> Any:
    """Return c_i = m / |g_i|, where m is the mean norm of the gradients that are not 0.

    The result is scaled like the sum: it is a sum of gradients of the mean norm.

    Parameters
    ----------
    gram
        Gram matrix of the gradients, shape (T, T), float32.

    Returns
    -------
    tensor
        Coefficients of the tasks, shape (T,), float32; 0 for a task without a gradient.
    """
    gram, present = scaled(gram)
    norms = ops.sqrt(ops.diagonal(gram)) * present
    mean = ops.sum(norms) / ops.maximum(ops.sum(present), 1.0)
    return present * mean / ops.where(present > 0, norms, 1.0)
