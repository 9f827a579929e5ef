"""MGDA: the shortest convex combination of the gradients."""

from typing import Any

from keras import ops

from chromkeras.conflict.gram import scaled
from chromkeras.conflict.simplex import default_steps, minimise


def coefficients(gram: Any, *, steps: int | None = None) -> Any:
    """Return n w, where w = argmin |Σ_i w_i g_i|² over w >= 0, Σ w = 1.

    Désidéri 2012 (Comptes Rendus Mathématique 350:313); for deep networks Sener and Koltun 2018
    (NeurIPS, arXiv:1810.04650). The min-norm point d has g_i·d >= |d|² for every task, so it
    makes no loss rise, and it is 0 where no step can help all tasks. It is a convex combination,
    so n, the number of tasks with a gradient, brings it to the scale of the sum.

    Parameters
    ----------
    gram
        Gram matrix of the gradients, shape (T, T), float32.
    steps
        Number of Frank-Wolfe steps; None takes 20 + 3 T.

    Returns
    -------
    tensor
        Coefficients of the tasks, shape (T,), float32.
    """
    steps = default_steps(gram.shape[0]) if steps is None else steps
    gram, present = scaled(gram)
    weights = minimise(gram, ops.zeros_like(gram[0]), 1.0, present, steps)
    return ops.sum(present) * weights
