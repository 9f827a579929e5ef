"""Inner problem of MGDA and CAGrad: a convex function of the tasks' weights on the simplex."""

from typing import Any

from keras import ops

# Rounding of a float32 Gram matrix with largest entry 1.
TINY = 1e-12


def default_steps(tasks: int) -> int:
    """Return the number of steps that `minimise` takes by default: 20 + 3 T."""
    return 20 + 3 * tasks


def minimise(gram: Any, linear: Any, scale: Any, present: Any, steps: int) -> Any:
    """Return the weights w that minimise b·w + s √(wᵀ G w) over w >= 0, Σ w = 1.

    By pairwise Frank-Wolfe steps (Lacoste-Julien and Jaggi 2015, NeurIPS): weight moves from the
    task in use with the largest slope to the task with the smallest, by exact line search. That
    converges linearly, where plain Frank-Wolfe steps zigzag.

    Parameters
    ----------
    gram
        Matrix G, shape (T, T), float32, largest entry 1.
    linear
        Vector b, shape (T,).
    scale
        Factor s > 0, shape () or a number.
    present
        Mask, 1 for tasks that may have weight, else 0, shape (T,). Where there is none, the weights
        are all 0.
    steps
        Number of steps; the loop has a fixed length, so it compiles.

    Returns
    -------
    tensor
        Weights of the tasks, shape (T,), float32.
    """
    tasks, far = gram.shape[0], 1e30
    allowed = present > 0
    squares = ops.diagonal(gram)
    start = ops.where(allowed, linear + scale * ops.sqrt(squares), far)
    weights = ops.one_hot(ops.argmin(start), tasks, dtype=gram.dtype) * present

    def step(_: Any, weights: Any) -> Any:
        image = ops.matmul(gram, weights[:, None])[:, 0]
        norm = ops.sqrt(ops.maximum(ops.sum(weights * image), TINY))
        slope = linear + scale * image / norm
        to = ops.argmin(ops.where(allowed, slope, far))
        source = ops.argmax(ops.where(weights > 0, slope, -far))
        move = ops.one_hot(to, tasks, dtype=gram.dtype) - ops.one_hot(
            source, tasks, dtype=gram.dtype
        )
        curve = ops.sum(move * ops.matmul(gram, move[:, None])[:, 0])
        size = _line_search(
            curve, ops.sum(move * image), ops.sum(weights * image), ops.sum(move * linear), scale
        )
        return ops.maximum(weights + ops.clip(size, 0.0, ops.sum(weights * _from(move))) * move, 0)

    return ops.fori_loop(0, steps, step, weights)


def _from(move: Any) -> Any:
    return ops.cast(move < 0, move.dtype)


def _line_search(a: Any, b: Any, c: Any, linear: Any, scale: Any) -> Any:
    """Return where linear·t + scale √(a t² + 2 b t + c) is least.

    With u = a t + b and r = -linear / scale the derivative vanishes at u = r √((ac - b²)/(a - r²));
    for r² >= a there is no such point and the end towards which the function falls is returned.
    """
    a = ops.maximum(a, TINY)
    r = -linear / ops.maximum(scale, TINY)
    rest = a - ops.square(r)
    inner = r * ops.sqrt(ops.maximum(a * c - ops.square(b), 0.0) / ops.maximum(rest, TINY))
    u = ops.where(rest > TINY, inner, ops.sign(r) * 1e30)
    return (u - b) / a
