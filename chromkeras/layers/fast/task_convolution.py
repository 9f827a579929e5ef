"""Convolution of every task's channels with that task's kernel."""

import math
from typing import Any

from keras import ops

from chromkeras.backend.devices import over_tasks
from chromkeras.backend.operations import fewer_products_pay, grouped_conv2d
from chromkeras.layers.fast.halved_convolution import halved_convolution

# One task's kernel from which on a loop over tasks is faster than TensorFlow's grouped convolution.
LOOPED_WEIGHTS = 1 << 15
# The narrowest kernel, over sequences of even and of odd length (which are padded), for which
# fewer products outweigh what they take of sums and copies.
HALVED_WIDTH = (7, 11)


def task_convolution(x: Any, kernel: Any, *, padding: str, dilation_rate: int = 1) -> Any:
    """Convolve every task's channels with that task's kernel.

    A loop over tasks, because one task's channels side by side in memory feed a processor
    better. Small kernels are over too soon for a loop, where there is one good operation.

    Parameters
    ----------
    x, kernel, padding, dilation_rate
        Arguments of `grouped_conv2d`, whose result is returned.
    """
    if math.prod(kernel.shape[1:]) < LOOPED_WEIGHTS:
        out = grouped_conv2d(x, kernel, padding=padding, dilation_rate=dilation_rate)
        if out is not None:
            return out
    if dilation_rate == 1 and _halves(x, kernel):
        return halved_convolution(x, kernel, padding=padding)

    def loop(x: Any, kernel: Any) -> Any:
        pieces = ops.split(x, kernel.shape[0], axis=-1)
        # Not kernel[i]: the gradient of a slice is as large as all kernels together.
        own = ops.unstack(kernel)
        return ops.concatenate(
            [
                ops.conv(one, k, padding=padding, dilation_rate=dilation_rate)
                for one, k in zip(pieces, own, strict=True)
            ],
            axis=-1,
        )

    return over_tasks(loop, x, kernel)


def _halves(x: Any, kernel: Any) -> bool:
    length, width = x.shape[1], kernel.shape[1]
    if length is None or width % 2 == 0:
        return False
    return width >= HALVED_WIDTH[length % 2] and fewer_products_pay(x.dtype)
