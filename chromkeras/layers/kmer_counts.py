"""Layers of the k-mer baseline: counts of words on both strands, and their logarithms."""

from typing import Any

import keras
import numpy as np
from keras import ops

LONGEST = 7  # letters in a word, of which there are 4^k


def words_of_both_strands(k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the words of k letters, a word and its reverse complement being one, and the latter.

    Returns
    -------
    tuple of ndarray
        Numbers of the F smaller words of each two, in alphabetical order, and of their reverse
        complements, each of shape (F,), int32; the first letter counts most.

    Examples
    --------
    >>> smaller, turned = words_of_both_strands(1)
    >>> smaller.tolist(), turned.tolist()
    ([0, 1], [3, 2])
    """
    words = np.arange(4**k)
    powers = 4 ** np.arange(k)
    turned = (3 - words[:, None] // powers % 4) @ powers[::-1]
    kept = words <= turned
    return words[kept].astype(np.int32), turned[kept].astype(np.int32)


@keras.saving.register_keras_serializable(package="chromkeras")
class KmerCounts(keras.layers.Layer):
    """Count matches of words over all positions, a word and its reverse complement being one.

    Parameters
    ----------
    k
        Number of letters in a word.

    Notes
    -----
    Input (batch, positions, 4^k): 1 where a word begins, else 0, the words in alphabetical order.
    Output (batch, F) in the order of ``words_of_both_strands``.
    """

    attribution_rule = "linear"

    def __init__(self, k: int, **kwargs: Any) -> None:
        if not 1 <= k <= LONGEST:
            raise ValueError(f"expected k between 1 and {LONGEST}, received {k}")
        super().__init__(**kwargs)
        self.k = k
        self._words, self._turned = words_of_both_strands(k)

    def call(self, inputs: Any) -> Any:
        """Return the counts."""
        total = ops.sum(inputs, axis=1)
        other = ops.convert_to_tensor((self._words != self._turned)[None], dtype=inputs.dtype)
        return ops.take(total, self._words, axis=1) + other * ops.take(total, self._turned, axis=1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch, F)."""
        return (input_shape[0], len(self._words))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"k": self.k}


@keras.saving.register_keras_serializable(package="chromkeras")
class LogCounts(keras.layers.Layer):
    """Return log(1 + count) of every count.

    Notes
    -----
    Input and output have the same shape.
    """

    attribution_rule = "elementwise"

    def call(self, inputs: Any) -> Any:
        """Return the logarithms."""
        return ops.log1p(inputs)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the input."""
        return input_shape
