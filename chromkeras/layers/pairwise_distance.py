"""Sum of distances between all pairs of networks, with its own gradient."""

from collections.abc import Sequence
from typing import Any

from keras import ops

from chromkeras.errors import InputError

# Closer than this share of their distance from the mean network, two networks cannot be kept
# apart by a float32 Gram matrix.
RESOLUTION = 1e-3


def pairwise_distance(weights: Sequence[Any], *, p: float = 2.0, squared: bool = False) -> Any:
    """Return Σ_{i<k} d(W_i, W_k), where W_i is all of network i's weights as one vector.

    d is the ℓ_p norm of the difference, (Σ_j |(W_i)_j - (W_k)_j|^p)^(1/p), or the squared
    2-norm. Where two networks are equal the norm has no gradient; 0 is used.

    Parameters
    ----------
    weights
        Tensors of shape (T, n), float32; network i is row i of all of them together. Of none
        (all soft-shared layers may be frozen) the distance is 0.
    p
        Order of the norm, at least 1. p = 2 needs one matrix product, other norms T - 1 passes.
    squared
        Whether to use the squared 2-norm; ``p`` must be 2.

    Returns
    -------
    tensor
        Shape (), float32.

    Notes
    -----
    For p = 2, with C = W - mean(W) and d_ik² = |C_i|² + |C_k|² - 2 C_i·C_k, the gradient is
    (diag(A·1) - A)·C where A_ik = 1 / d_ik. Centring is exact for close networks (Sterbenz) and
    keeps the difference of large numbers out of d_ik. For the squared norm the sum is
    T Σ|C_i|², its gradient 2 T C.
    """
    if squared and p != 2:
        raise InputError(f"the squared norm needs p = 2, received p = {p}")
    if p < 1:
        raise InputError(f"expected a norm p of at least 1, received {p}")
    if not weights:
        return ops.zeros(())
    forms = _squared if squared else _euclidean if p == 2 else _norm(p)
    return ops.custom_gradient(forms)(*weights)


def _centred(weights: Any, *, passes: int = 1) -> Any:
    """Return the differences from the mean network; a second pass takes its rounding away.

    A product with a row of 1/T gives the mean: XLA on a CPU is slow to sum over the first axis.
    """
    tasks = weights.shape[0]
    average = ops.full((1, tasks), 1.0 / tasks, dtype=weights.dtype)
    for _ in range(passes):
        weights = weights - ops.matmul(average, weights)
    return weights


def _upstream(arguments: tuple[Any, ...], upstream: Any) -> Any:
    """Return the incoming gradient; backends pass it by place or by name."""
    return arguments[0] if upstream is None else upstream


def _squared(*weights: Any) -> tuple[Any, Any]:
    tasks = weights[0].shape[0]
    # Each weight's distance from the mean counts by itself, so its rounding would be seen.
    total = sum(tasks * ops.sum(ops.square(_centred(w, passes=2))) for w in weights)

    def gradient(*arguments: Any, upstream: Any = None) -> Any:
        scale = 2.0 * tasks * _upstream(arguments, upstream)
        return tuple(scale * _centred(w, passes=2) for w in weights)

    return total, gradient


def _euclidean(*weights: Any) -> tuple[Any, Any]:
    distance, known = _distance_matrix(weights)

    def gradient(*arguments: Any, upstream: Any = None) -> Any:
        inverse = ops.where(known, 1.0 / ops.where(known, distance, 1.0), 0.0)
        laplacian = ops.diag(ops.sum(inverse, axis=1)) - inverse
        laplacian = laplacian * _upstream(arguments, upstream)
        return tuple(ops.matmul(laplacian, _centred(w)) for w in weights)

    return 0.5 * ops.sum(distance), gradient


def _distance_matrix(weights: Sequence[Any]) -> tuple[Any, Any]:
    """Return the distances (T, T), and which of them float32 distinguishes from zero."""
    gram = sum(_gram(_centred(w)) for w in weights)
    norms = ops.diagonal(gram)
    scale = norms[:, None] + norms[None, :]
    squares = scale - 2.0 * gram
    known = squares > RESOLUTION**2 * scale
    return ops.sqrt(ops.where(known, squares, 1.0)) * ops.cast(known, squares.dtype), known


def _gram(centred: Any) -> Any:
    return ops.matmul(centred, ops.transpose(centred))


def _norm(p: float) -> Any:
    """Return the sum of ℓ_p distances as a function with its own gradient."""

    def forward(*weights: Any) -> tuple[Any, Any]:
        shifts = range(1, weights[0].shape[0])
        distances = [_shifted_distance(weights, shift, p) for shift in shifts]
        total = 0.5 * sum((ops.sum(d) for d in distances), ops.zeros(()))

        def gradient(*arguments: Any, upstream: Any = None) -> Any:
            scale = _upstream(arguments, upstream)
            return tuple(
                scale * sum(_pull(w, s, d, p) for s, d in zip(shifts, distances, strict=True))
                if distances
                else ops.zeros_like(w)
                for w in weights
            )

        return total, gradient

    return forward


def _difference(weights: Any, shift: int) -> Any:
    """Return each network minus the one ``shift`` places on."""
    return weights - ops.roll(weights, -shift, axis=0)


def _shifted_distance(weights: Sequence[Any], shift: int, p: float) -> Any:
    """Return the distance of each network to the one ``shift`` places on, shape (T,)."""
    powers = sum(ops.sum(ops.power(ops.abs(_difference(w, shift)), p), axis=1) for w in weights)
    known = powers > 0
    return ops.where(known, ops.power(ops.where(known, powers, 1.0), 1.0 / p), 0.0)


def _pull(weights: Any, shift: int, distance: Any, p: float) -> Any:
    """Return sign(δ) |δ|^(p-1) d^(1-p) for the differences δ at one shift."""
    delta = _difference(weights, shift)
    if p == 1:
        return ops.sign(delta)
    known = distance > 0
    scale = ops.where(known, ops.power(ops.where(known, distance, 1.0), 1.0 - p), 0.0)
    return ops.sign(delta) * ops.power(ops.abs(delta), p - 1.0) * scale[:, None]
