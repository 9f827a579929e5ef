"""Scaling of the Gram matrix of the tasks' gradients."""

from typing import Any

from keras import ops

# Below this share of the largest squared norm a gradient counts as absent.
ABSENT = 1e-30


def scaled(gram: Any) -> tuple[Any, Any]:
    """Return the Gram matrix over its largest entry, and which tasks have a gradient.

    The methods do not depend on a common scale of the gradients; this one is far from the
    limits of float32.

    Parameters
    ----------
    gram
        Gram matrix of the gradients, shape (T, T), float32.

    Returns
    -------
    gram
        Shape (T, T), largest entry 1; all 0 where it was all 0.
    present
        Shape (T,), float32, 1 or 0.
    """
    squares = ops.diagonal(gram)
    largest = ops.max(squares)
    present = ops.cast(squares > ABSENT * largest, gram.dtype)
    return gram / ops.where(largest > 0, largest, 1.0), present
