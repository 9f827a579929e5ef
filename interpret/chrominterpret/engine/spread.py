"""Change of a convolution, from the change of its input alone.

A stretch of W changed positions changes W + K - 1 positions of a convolution of width K. Computed
anew these read W + 2 (K - 1) inputs, most of which are as they were; the change of the output is
the convolution of the change, W K products in place of (W + K - 1) K.
"""

from typing import Any

from keras import ops

from chrominterpret.engine.graph import is_plain_convolution

WIDEST = 16  # changed positions; a sum and a copy for each soon cost more than the products saved


def spreads(layer: Any, width: int) -> bool:
    """Return whether a layer's change is cheaper to make from the change of ``width`` positions."""
    return (
        is_plain_convolution(layer)
        and layer.strides[0] == layer.dilation_rate[0] == 1
        and width <= min(layer.kernel_size[0], WIDEST)
    )


def spread(change: Any, kernel: Any) -> Any:
    """Return what a change of some positions adds to a convolution, at all positions it reaches.

    Parameters
    ----------
    change
        (M, W, C), of the convolution's input.
    kernel
        (K, C, F).

    Returns
    -------
    tensor
        (M, W + K - 1, F), position p of which is ``sum_w change[:, w] @ kernel[K - 1 + w - p]``:
        at the first one the kernel's last tap lies on the first changed position.
    """
    rows, width, channels = change.shape
    reach, _, filters = kernel.shape
    # Tap by tap side by side, the last one first, so that one product makes them all.
    taps = ops.reshape(ops.transpose(ops.flip(kernel, axis=0), (1, 0, 2)), (channels, -1))
    made = ops.matmul(ops.reshape(change, (-1, channels)), taps)
    made = ops.reshape(made, (rows, width, reach, filters))
    parts = ops.unstack(made, width, axis=1)
    placed = [ops.pad(part, ((0, 0), (w, width - 1 - w), (0, 0))) for w, part in enumerate(parts)]
    return sum(placed[1:], placed[0])
