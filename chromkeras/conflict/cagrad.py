"""CAGrad: near the mean gradient, the step that helps the worst-off task most."""

from typing import Any

from keras import ops

from chromkeras.conflict.gram import scaled
from chromkeras.conflict.simplex import TINY, default_steps, minimise
from chromkeras.errors import InputError


def coefficients(gram: Any, *, c: float = 0.5, steps: int | None = None) -> Any:
    """Return the coefficients of n d, where d = argmax min_i g_i·d over |d - g_0| <= c |g_0|.

    Liu et al. 2021 (NeurIPS, arXiv:2110.14048), with g_0 the mean gradient and g_w = Σ_i w_i g_i:

        d = g_0 + c |g_0| g_w / |g_w|,  w = argmin g_w·g_0 + c |g_0| |g_w| over the simplex.

    d is near the mean gradient, so n, the number of tasks with a gradient, brings it to the scale
    of the sum; its norm is up to 1 + c times that of the sum. c = 0 is the sum, c → 1 tends to
    MGDA's direction.

    Parameters
    ----------
    gram
        Gram matrix of the gradients, shape (T, T), float32.
    c
        Radius around the mean gradient, 0 to below 1.
    steps
        Number of steps of the inner problem; None takes 20 + 3 T.

    Returns
    -------
    tensor
        Coefficients of the tasks, shape (T,), float32.

    Raises
    ------
    InputError
        c is out of range.
    """
    if not 0 <= c < 1:
        raise InputError(f"cagrad: expected c of 0 to below 1, received {c}")
    steps = default_steps(gram.shape[0]) if steps is None else steps
    gram, present = scaled(gram)
    count = ops.maximum(ops.sum(present), 1.0)
    mean = present / count
    linear = ops.matmul(gram, mean[:, None])[:, 0]
    radius = c * ops.sqrt(ops.maximum(ops.sum(mean * linear), 0.0))
    weights = minimise(gram, linear, radius, present, steps)
    square = ops.sum(weights * ops.matmul(gram, weights[:, None])[:, 0])
    norm = ops.sqrt(ops.maximum(square, TINY))
    return present + count * radius / norm * weights
