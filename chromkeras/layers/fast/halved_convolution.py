"""Convolution with a quarter fewer products, by halves of the sequence and of the kernel."""

from typing import Any

from keras import ops

from chromkeras.backend.operations import traced_once


def halved_convolution(x: Any, kernel: Any, *, padding: str) -> Any:
    """Convolve every task's channels with that task's kernel.

    With the even and odd places x₀ and x₁ of a sequence, and the taps P that reach an even and S
    that reach an odd number of places ahead, the even and odd places of the convolution are

        y₀[i] = (P x₀)[i] + (S x₁)[i-1],  y₁ = (P + S)(x₀ + x₁) - P x₀ - S x₁.

    That is three convolutions of half the width over half the places, where the plain way takes
    four. Sums in place of products cost accuracy: about 1.4 times the plain way's rounding error.

    Parameters
    ----------
    x, kernel, padding
        Arguments of `chromkeras.backend.operations.grouped_conv2d`, whose result is returned; the
        kernel's width is odd and 3 or more, the length known.

    References
    ----------
    Mou & Duhamel, Short-length FIR filters and their use in fast nonrecursive filtering, IEEE
    Transactions on Signal Processing 39 (1991).
    """
    tasks, width, channels, filters = kernel.shape
    reach, odd = width // 2 if padding == "same" else 0, x.shape[1] % 2
    if reach or odd:
        x = ops.pad(x, ((0, 0), (reach, reach + odd), (0, 0)))
    # Side by side as channels, so that a task's even and odd places can be split like a task's own.
    places = ops.reshape(x, (-1, x.shape[1] // 2, 2 * tasks * channels))
    pieces = ops.split(places, 2 * tasks, axis=-1)
    convolve_task = traced_once(_convolve_task)
    own = ops.unstack(kernel)
    halves = [convolve_task(pieces[t], pieces[tasks + t], own[t]) for t in range(tasks)]
    out = ops.concatenate([half for side in zip(*halves, strict=True) for half in side], axis=-1)
    out = ops.reshape(out, (-1, x.shape[1] - width + 1, tasks * filters))
    return out[:, :-1] if odd else out


def _convolve_task(even: Any, odd: Any, kernel: Any) -> tuple[Any, Any]:
    """Return y₀ and y₁ of one task, each of shape (batch, places, filters)."""
    taps = ops.unstack(kernel)  # because the gradient of a slice with a stride is slow
    p, s = ops.stack(taps[::2]), ops.stack(taps[1::2])
    both = p + ops.pad(s, ((1, 0), (0, 0), (0, 0)))
    a = ops.conv(even, p, padding="valid")
    b = ops.conv(odd, s, padding="valid")
    c = ops.conv(even + odd, both, padding="valid")
    places = a.shape[1]
    before, here = ops.split(b, [places], axis=1)[0], ops.split(b, [1], axis=1)[1]
    return a + before, c - a - here
