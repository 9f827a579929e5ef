"""Where the positions of a sequence lie in the tensor that a convolution reads, found by trying.

Layers before the convolution may scale, pad, crop or transpose. Whatever they are, a changed base
must change one position there, and all positions must be moved alike.
"""

from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from chrominterpret.engine.graph import run_graph
from chrominterpret.engine.precision import call_in_float32
from chrominterpret.errors import InputError
from chrominterpret.sequences import one_hot

_PROBES: Final = 16  # positions tried, the ends among them


@dataclass(frozen=True)
class Layout:
    """How an input of a model holds one-hot DNA.

    Attributes
    ----------
    shape : tuple of int
        Shape of one sequence there: (L, 4), (4, L), these with axes of 1, or (4 L,).
    length : int
        L.
    channels_first : bool
        Whether bases come before positions.
    """

    shape: tuple[int, ...]
    length: int
    channels_first: bool

    def sites(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return the sequences (N, L, 4) of arrays (N, ...) as the model takes them."""
        if self.channels_first:
            return x.reshape(len(x), 4, self.length).swapaxes(1, 2)
        return x.reshape(len(x), self.length, 4)

    def given(self, onehot: NDArray[Any]) -> NDArray[Any]:
        """Return sequences (N, L, 4) as the model takes them, (N, ...)."""
        ordered = onehot.swapaxes(1, 2) if self.channels_first else onehot
        return ordered.reshape(len(onehot), *self.shape)


def layout_of(tensor: Any) -> Layout | None:
    """Return the layout of a model's input, or None where it holds no DNA of a fixed length."""
    shape = tuple(tensor.shape[1:])
    if None in shape:
        return None
    sizes = [size for size in shape if size != 1]
    if len(sizes) == 2 and 4 in sizes:
        first = sizes[1] != 4
        return Layout(shape, sizes[1] if first else sizes[0], first)
    flat = len(sizes) == 1 and sizes[0] % 4 == 0
    return Layout(shape, sizes[0] // 4, channels_first=False) if flat else None


def shift_between(layout: Layout, given: Any, seen: Any) -> int:
    """Return how many positions later the tensor ``seen`` (None, L', 4) has a base of ``given``.

    Raises
    ------
    InputError
        If no number of positions says it: where positions are mixed, turned round or left out.
    """
    at = np.unique(np.linspace(0, layout.length - 1, _PROBES).round().astype(int))
    codes = np.tile(np.random.default_rng(0).integers(0, 4, layout.length), (1 + len(at), 1))
    codes[np.arange(len(at)) + 1, at] = (codes[0, at] + 1) % 4
    values = walk_between(given, seen, layout.given(one_hot(codes)))
    changed = (values[1:] != values[:1]).any(-1)
    shifts = {
        int(place) - int(p)
        for row, p in zip(changed, at, strict=True)
        for place in row.nonzero()[0]
    }
    if len(shifts) != 1 or (changed.sum(1) > 1).any():
        raise InputError(
            "expected layers before the first convolution that keep positions apart and in order, "
            f"received a change of {sorted(shifts)[:3]} positions where one base changed"
        )
    return shifts.pop()


def walk_between(given: Any, seen: Any, x: NDArray[Any]) -> NDArray[np.float32]:
    """Return the values of a symbolic tensor that is made of another, in float32."""
    # keras.Function, not keras.Model: the latter adds nodes to the caller's layers
    between = keras.Function([given], [seen])
    tensor = keras.ops.convert_to_tensor(np.asarray(x, np.float32))
    (value,) = run_graph(between, [tensor], lambda s, a, k: call_in_float32(s.operation, a, k))
    return np.asarray(keras.ops.convert_to_numpy(value))
