"""Batch normalisation folded into the convolution before it, in training."""

from typing import Any

from keras import ops


def fold_normalization(
    inputs: Any, kernel: Any, scale: Any, offset: Any, *, padding: str, epsilon: float
) -> tuple[Any, Any, Any, Any]:
    """Return the kernel and bias whose convolution gives what normalisation would make of it.

    A convolution's output is linear in the windows of its input, so its batch statistics follow
    exactly from the windows' mean m and covariance S, without a look at the output: mean m·k and
    variance kᵀ S k of filter k. With few input channels that is little work, where normalising
    goes over an output many times as large, forwards and backwards:

        k' = k γ / √(kᵀ S k + ε),  b' = β − m·k'.

    k' is rounded to the type of the input before b' is computed, so that both agree.
    Gradients flow through the statistics as they do in batch normalisation.

    Parameters
    ----------
    inputs
        Shape (batch, length, C).
    kernel
        Shape (W, C, F), of a convolution with stride 1 and without bias.
    scale, offset
        γ and β, shape (F,).
    padding
        "valid" or "same".
    epsilon
        Number added to the variance.

    Returns
    -------
    tuple
        Arrays k' (W, C, F), b' (F,), and mean and (biased) variance of the plain convolution's
        output, (F,); k' of the input's type, the others float32.
    """
    kernel, scale, offset = (ops.cast(v, "float32") for v in (kernel, scale, offset))
    dtype = inputs.dtype
    flat = ops.reshape(kernel, (-1, kernel.shape[-1]))
    seen = _windows(ops.cast(inputs, "float32"), kernel.shape[0], padding)
    centre = ops.mean(seen, axis=0)
    seen = seen - centre
    count = ops.cast(ops.shape(seen)[0], "float32")
    covariance = ops.matmul(ops.transpose(seen), seen) / count
    mean = ops.matmul(centre, flat)
    variance = ops.maximum(ops.sum(flat * ops.matmul(covariance, flat), axis=0), 0.0)
    factor = scale * ops.rsqrt(variance + epsilon)
    folded = ops.cast(kernel * factor, dtype)
    rounded = ops.reshape(ops.cast(folded, "float32"), flat.shape)
    return folded, offset - ops.matmul(centre, rounded), mean, variance


def biased_convolution(inputs: Any, kernel: Any, bias: Any, *, padding: str) -> Any:
    """Convolve and add a bias in one pass, by way of a channel of ones.

    With the few channels of DNA that costs less than to go over the output once more, and over
    its gradient.

    Parameters
    ----------
    inputs
        Shape (batch, length, C).
    kernel
        Shape (W, C, F).
    bias
        Shape (F,).
    padding
        "valid" or "same".

    Returns
    -------
    tensor
        Shape (batch, new length, F).
    """
    centre = (kernel.shape[0] - 1) // 2  # the one place that is never in the padding
    after = kernel.shape[0] - 1 - centre
    row = ops.pad(ops.reshape(bias, (1, 1, -1)), ((centre, after), (0, 0), (0, 0)))
    ones = ops.ones_like(inputs[..., :1])
    return ops.conv(
        ops.concatenate([inputs, ones], axis=-1),
        ops.concatenate([kernel, row], axis=1),
        padding=padding,
    )


def _windows(inputs: Any, width: int, padding: str) -> Any:
    """Return the windows that the filters read, (places, W * C)."""
    if padding == "same":
        before = (width - 1) // 2
        inputs = ops.pad(inputs, ((0, 0), (before, width - 1 - before), (0, 0)))
    places = inputs.shape[1] - width + 1
    seen = ops.concatenate([inputs[:, i : i + places] for i in range(width)], axis=-1)
    return ops.reshape(seen, (-1, width * inputs.shape[-1]))
