"""The rule of softmax and of its logarithm, exact for logits that change by any amount.

Write ``y = exp(z - L)`` with ``L = log sum exp z``, and let the exponential follow the rescale
rule: ``Δy_i = l_i (Δz_i - ΔL)`` with ``l_i = (y_i(x) - y_i(r)) / (log y_i(x) - log y_i(r))``. Both
sides sum to 1, so ``sum_i Δy_i = 0``, which gives ``ΔL = sum_j l_j Δz_j / sum_j l_j`` and

    ``Δy_i = l_i (Δz_i - sum_j l_j Δz_j / sum_j l_j)``.

The multipliers are softmax's Jacobian with the logarithmic mean l of the two probabilities in place
of the probability, so at x = r they are the gradient. That ``ΔL`` is split so without a rest is the
log-change index number of Sato 1976 (doi:10.2307/1924029) and Vartia 1976 (doi:10.2307/3439423).
"""

from typing import Any

from keras import ops

from chrominterpret.engine.secant import NEAR, Call, Pair, sg, with_slope

MASKED = -1e9  # as Keras puts in place of masked logits


def softmax(call: Call, axis: int | tuple[int, ...], mask: Any = None) -> Any:
    """Give softmax over some axes the multipliers of this module's description.

    Parameters
    ----------
    call
        Call of softmax; its first argument is the logits.
    axis
        Axis or axes that the probabilities sum to 1 over.
    mask
        Pair or tensor, false where a logit is left out; None for no mask.
    """
    (position,) = call.active()
    logits = call.leaves()[position]
    x, r = call.run("x"), sg(call.run("r"))
    means = _logarithmic_means(_log_probabilities(logits, axis, mask))
    change = with_slope(ops.zeros_like(r), means, logits.r)
    return call.pairs(x, r + change - means * _shared(change, means, axis))


def log_softmax(call: Call, axis: int | tuple[int, ...]) -> Any:
    """Give the logarithm of softmax ``Δz_i - ΔL``, with the same ΔL."""
    (position,) = call.active()
    logits = call.leaves()[position]
    x, r = call.run("x"), sg(call.run("r"))
    means = _logarithmic_means(Pair(x, r, logits.n, True))
    change = with_slope(ops.zeros_like(r), means, logits.r)
    own = with_slope(r, ops.ones_like(r), logits.r)
    return call.pairs(x, own - _shared(change, means, axis))


def _log_probabilities(logits: Pair, axis: Any, mask: Any) -> Pair:
    def of(side: str) -> Any:
        z = getattr(logits, side)
        if mask is not None:
            z = ops.where(getattr(mask, side, mask), z, MASKED)
        return z - ops.logsumexp(z, axis=axis, keepdims=True)

    return Pair(of("x"), of("r"), logits.n, True)


def _logarithmic_means(logs: Pair) -> Any:
    """Return (a - b) / (log a - log b) for the logarithms of a and b, without a difference."""
    apart = ops.abs(ops.nan_to_num(logs.beside(ops.subtract)))  # not a number where both are 0
    near = apart < NEAR
    share = -ops.expm1(-apart) / ops.where(near, 1.0, apart)
    return ops.exp(logs.beside(ops.maximum)) * ops.where(near, 1.0, share)


def _shared(change: Any, means: Any, axis: Any) -> Any:
    """Return ΔL, from the changes weighed by the means."""
    total = ops.sum(means, axis=axis, keepdims=True)
    return ops.divide_no_nan(ops.sum(change, axis=axis, keepdims=True), total)
