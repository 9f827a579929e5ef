"""How an input of a model holds one-hot DNA: bases last or first, with axes of 1, or flat."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from chrominterpret.engine.graph import Step


@dataclass(frozen=True)
class Layout:
    """How an input of a model holds one-hot DNA.

    Attributes
    ----------
    shape
        Shape of one sequence there: (L, 4), (4, L), these with axes of 1, or (4 L,).
    length
        L.
    channels_first
        Whether bases come before positions.
    """

    shape: tuple[int, ...]
    length: int
    channels_first: bool

    @property
    def is_usual(self) -> bool:
        """Whether sequences are held as (L, 4)."""
        return self.shape == (self.length, 4)

    def sites(self, x: np.ndarray) -> np.ndarray:
        """Return the sequences (N, L, 4) of arrays (N, ...) as the model takes them."""
        if self.channels_first:
            return x.reshape(len(x), 4, self.length).swapaxes(1, 2)
        return x.reshape(len(x), self.length, 4)

    def given(self, onehot: np.ndarray) -> np.ndarray:
        """Return sequences (N, L, 4) as the model takes them, (N, ...)."""
        ordered = onehot.swapaxes(1, 2) if self.channels_first else onehot
        return ordered.reshape(len(onehot), *self.shape)

    def steps(self) -> tuple[Step, ...]:
        """Return calls of layers that do what `given` does, before a model's own."""
        layers = [keras.layers.Permute((2, 1), dtype="float32", name="bases_first")]
        layers = layers if self.channels_first else []
        if len(self.shape) != 2:
            layers.append(keras.layers.Reshape(self.shape, dtype="float32", name="as_given"))
        return tuple(Step(layer, (place,), 1) for place, layer in enumerate(layers))


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
