"""Which positions of a tensor a mutated base can change: intervals, layer by layer.

Plain integer arithmetic, for all L positions of the mutated base at once, before anything runs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chrominterpret.errors import InputError


@dataclass(frozen=True)
class Sliding:
    """A layer whose output j reads the inputs ``j * stride - left + dilation * (0..size - 1)``.

    Attributes
    ----------
    size, stride, dilation
        Sizes of the kernel or pool.
    left
        Positions added before the first one; negative where the layer leaves positions out.
    """

    size: int = 1
    stride: int = 1
    dilation: int = 1
    left: int = 0

    @property
    def reach(self) -> int:
        """Positions from the first one read to the last one read."""
        return (self.size - 1) * self.dilation + 1

    @classmethod
    def padded(
        cls, size: int, stride: int, dilation: int, *, padding: str, length: int, out_length: int
    ) -> "Sliding":
        """Return a layer with Keras's padding "valid", "same" or "causal".

        Parameters
        ----------
        size, stride, dilation
            Sizes of the kernel or pool.
        padding
            Name of the padding.
        length, out_length
            Positions of the layer's input and output.

        Raises
        ------
        InputError
            For another padding.
        """
        reach = cls(size, stride, dilation).reach
        missing = max((out_length - 1) * stride + reach - length, 0)
        left = {"valid": 0, "same": missing // 2, "causal": reach - 1}
        if padding not in left:
            raise InputError(f"expected padding of {tuple(left)}, received {padding!r}")
        return cls(size, stride, dilation, left[padding])


def sliding_of(layer: Any, length: int, out_length: int) -> Sliding:
    """Return what each output position of a Keras convolution or pool reads.

    Parameters
    ----------
    layer
        Layer with ``kernel_size`` or ``pool_size`` and, where they are not as usual, ``strides``,
        ``dilation_rate`` and ``padding``.
    length, out_length
        Positions of the layer's input and output.

    Raises
    ------
    InputError
        If a size is not one number, the padding is unknown, or the layer has another number of
        output positions than these give.
    """
    size = _one_number(layer, "kernel_size" if hasattr(layer, "kernel_size") else "pool_size")
    stride, dilation = (_one_number(layer, name) for name in ("strides", "dilation_rate"))
    padding = getattr(layer, "padding", "valid")
    sliding = Sliding.padded(
        size, stride, dilation, padding=padding, length=length, out_length=out_length
    )
    whole = (length - sliding.reach) // stride + 1 if padding == "valid" else -(-length // stride)
    if out_length != whole:
        raise InputError(
            f"layer {layer.name!r}: expected {whole} output positions for {length} positions, "
            f"kernel {size}, stride {stride}, padding {padding!r}; it has {out_length}"
        )
    return sliding


def _one_number(layer: Any, attribute: str) -> int:
    value = getattr(layer, attribute, 1)
    values = np.atleast_1d(value)
    if len(values) != 1:
        raise InputError(
            f"layer {layer.name!r}: expected one number as {attribute}, received {value}"
        )
    return int(values[0])


@dataclass(frozen=True, eq=False)
class Span:
    """The stretch of a tensor that may change, for each position of the mutated base.

    Attributes
    ----------
    first
        int (L,): first position of the stretch; the whole stretch lies inside the tensor.
    width
        Positions of every stretch.
    length
        Positions of the tensor.
    """

    first: np.ndarray
    width: int
    length: int

    @classmethod
    def of_input(cls, length: int) -> "Span":
        """Return the span of the mutated base itself."""
        return cls(np.arange(length), 1, length)

    def through(self, layer: Sliding, out_length: int) -> "Span":
        """Return the stretch of a layer's output that may change."""
        low = -((layer.reach - 1 - layer.left - self.first) // layer.stride)
        high = (self.first + self.width - 1 + layer.left) // layer.stride
        low, high = np.maximum(low, 0), np.minimum(high, out_length - 1)
        width = max(int((high - low).max()) + 1, 1)
        return Span(np.clip(low, 0, out_length - width), width, out_length)

    def needed_by(self, layer: Sliding) -> tuple[np.ndarray, int]:
        """Return the first input (L,), maybe outside it, and how many a stretch of output reads."""
        first = self.first * layer.stride - layer.left
        return first, (self.width - 1) * layer.stride + layer.reach

    def flipped(self) -> "Span":
        """Return the stretch where positions run the other way."""
        return Span(self.length - self.first - self.width, self.width, self.length)

    def rows(self, first: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
        """Return where each position of other stretches is found.

        Parameters
        ----------
        first
            int (L,): first position of the other stretches, which may lie outside the tensor.
        width
            Their width.

        Returns
        -------
        changed
            bool (L, width): whether the position lies in this span.
        row
            int (L, width): the position within this span where it does, else the position in the
            tensor, and ``length`` outside the tensor.
        """
        position = first[:, None] + np.arange(width)
        within = position - self.first[:, None]
        changed = (within >= 0) & (within < self.width)
        outside = (position < 0) | (position >= self.length)
        return changed, np.where(changed, within, np.where(outside, self.length, position))


def union(spans: list[Span]) -> Span:
    """Return the smallest stretches that hold those of all spans of tensors of equal length."""
    length = spans[0].length
    low = np.min([span.first for span in spans], axis=0)
    high = np.max([span.first + span.width for span in spans], axis=0)
    width = int((high - low).max())
    return Span(np.minimum(low, length - width), width, length)
