"""PCGrad: take out of each gradient what conflicts with the others."""

from typing import Any

from keras import ops

from chromkeras.conflict.gram import scaled


def coefficients(gram: Any, order: Any) -> Any:
    """Return the coefficients of Σ_i g_i', where g_i' is g_i after its projections.

    Yu et al. 2020 (NeurIPS, arXiv:2001.06782), algorithm 1: g_i' starts as g_i; for each other
    task k in random order, where g_i'·g_k < 0,

        g_i' ← g_i' - (g_i'·g_k / |g_k|²) g_k.

    Row i of a (T, T) matrix holds the coefficients of g_i' in the gradients g, and its product
    with G the dot products g_i'·g_k, so the projections are exact without the gradients. All i
    go in step. The result is scaled like the sum: without conflict it is the sum.

    Parameters
    ----------
    gram
        Gram matrix of the gradients, shape (T, T), float32.
    order
        Order in which each g_i (row i) meets the tasks, itself among them, which does nothing:
        shape (T, T), whole numbers.

    Returns
    -------
    tensor
        Coefficients of the tasks, shape (T,), float32.
    """
    gram, present = scaled(gram)
    tasks = gram.shape[0]
    own = ops.arange(tasks, dtype=order.dtype)
    squares = ops.where(present > 0, ops.diagonal(gram), 1.0)

    def meet(place: Any, state: tuple[Any, Any]) -> tuple[Any, Any]:
        rows, dots = state
        other = ops.take(order, place, axis=1)
        chosen = ops.one_hot(other, tasks, dtype=gram.dtype)
        dot = ops.sum(dots * chosen, axis=1)
        conflict = ops.logical_and(dot < 0, other != own)
        share = ops.where(conflict, dot * ops.take(present / squares, other), 0.0)[:, None]
        return rows - share * chosen, dots - share * ops.take(gram, other, axis=0)

    rows, _ = ops.fori_loop(0, tasks, meet, (ops.eye(tasks, dtype=gram.dtype), gram))
    return ops.sum(rows, axis=0)
