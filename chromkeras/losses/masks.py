"""Unknown labels kept out of a loss, and of its gradient."""

from typing import Any

from keras import ops


def where_known(known: Any, *values: Any) -> tuple[Any, ...]:
    """Replace by 0 whatever stands where a label is unknown.

    Labels there may hold anything, NaN too, and an output there may overflow in what follows.
    Multiplying by the mask alone would leave NaN, in the value or in the gradient.

    Parameters
    ----------
    known
        Shape (batch, T); 1 where the label is known, else 0.
    *values
        Labels (batch, T) and outputs (batch, T) or (batch, T, C).
    """
    kept = known > 0
    shown = []
    for value in values:
        mask = ops.expand_dims(kept, -1) if len(value.shape) > len(known.shape) else kept
        shown.append(ops.where(mask, value, ops.zeros_like(value)))
    return tuple(shown)


def sum_known(values: Any, known: Any) -> tuple[Any, Any]:
    """Return each task's sum over its known labels, and how many these are, each of shape (T,).

    Parameters
    ----------
    values
        Loss of every label, shape (batch, T), finite.
    known
        Shape (batch, T), of the dtype of ``values``; 1 where the label is known, else 0.
    """
    return ops.sum(values * known, axis=0), ops.sum(known, axis=0)
