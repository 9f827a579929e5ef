"""Layer of gkm-SVM: the score of a sequence from a weight for each of its words."""

from math import comb
from typing import Any

import keras
import numpy as np
from keras import ops

LONGEST = 11  # letters in a word, of which there are 4^l


@keras.saving.register_keras_serializable(package="chromkeras")
class GappedKmerScores(keras.layers.Layer):
    """Sum the weights of the words of a sequence, divided by the length of its feature vector.

    The feature vector counts gapped k-mers on both strands, k letters at k of l positions, so its
    squared length is K(x, x) = Σ h(d(u, v)) over all pairs of words, with h(m) = C(l − m, k) for m
    mismatches (Ghandi et al. 2014, PLoS Comput Biol 10:e1003711). Words with N do not count.

    Parameters
    ----------
    tasks
        Number of tasks T.
    length
        Letters in a word, l.
    informative
        Letters that are read, k.

    Notes
    -----
    Input: one-hot DNA (batch, L, 4). Output: (batch, T), float32. Weights: (4^l, T), of a word and
    its reverse complement alike, by the number of the word, the first letter counting most; and
    biases (T,). The gradient by the sequence is that of a sum over all words of their weights times
    the product of their letters, the length of the feature vector held fixed.
    """

    def __init__(self, tasks: int, length: int, informative: int, **kwargs: Any) -> None:
        if not 1 <= informative <= length <= LONGEST:
            raise ValueError(
                f"expected 1 ≤ informative ≤ length ≤ {LONGEST}, received {informative}, {length}"
            )
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.tasks, self.length, self.informative = tasks, length, informative

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights."""
        self.word_weights = self.add_weight(
            shape=(4**self.length, self.tasks), initializer="zeros", name="word_weights"
        )
        self.bias = self.add_weight(shape=(self.tasks,), initializer="zeros", name="bias")

        self._positions = (input_shape[1] or self.length) - self.length + 1

    @property
    def operations(self) -> int:
        """Multiplications and additions for a sequence: the letters of every pair of words."""
        return 2 * self._positions * 2 * self._positions * 4 * self.length

    def call(self, inputs: Any) -> Any:
        """Return the scores."""
        return ops.map(self._score, inputs) + self.bias

    def _score(self, x: Any) -> Any:
        """Return the scores of one sequence (L, 4), without the biases, shape (T,)."""
        words = self._windows(x)
        known = ops.cast(ops.all(ops.sum(words, axis=-1) > 0.5, axis=-1), x.dtype)
        square = ops.stop_gradient(self._square(words, known))
        norm = ops.sqrt(ops.maximum(square, 1.0))
        return self._sum(words, known) / norm

    def _sum(self, words: Any, known: Any) -> Any:
        """Return the summed weights of the words (P, l, 4) that are known, shape (T,)."""
        powers = 4 ** np.arange(self.length, dtype=np.int32)[::-1]
        letters = ops.cast(ops.argmax(words, axis=-1), "int32")  # (P, l)
        numbers = ops.sum(letters * powers, axis=-1)
        found = ops.sum(ops.take(self.word_weights, numbers, axis=0) * known[:, None], axis=0)
        # 0, but its gradient is the weight of each word with each letter in each place.
        change = (words - ops.stop_gradient(words)) * known[:, None, None]
        others = np.arange(4, dtype=np.int32) - letters[..., None]
        near = numbers[:, None, None] + others * powers[:, None]
        return found + ops.tensordot(change, ops.take(self.word_weights, near, axis=0), axes=3)

    def _square(self, words: Any, known: Any) -> Any:
        """Return K(x, x) of the words (P, l, 4) that are known."""
        # A word with N is all 0, and agrees with none.
        words = words * known[:, None, None]
        both = ops.concatenate([words, words[:, ::-1, ::-1]], axis=0)
        flat = [ops.reshape(each, (-1, 4 * self.length)) for each in (words, both)]
        agree = ops.cast(ops.matmul(flat[0], ops.transpose(flat[1])) + 0.5, "int32")
        agree = ops.clip(agree, 0, self.length)
        similar = np.array([comb(a, self.informative) for a in range(self.length + 1)], np.float32)
        return 2 * ops.sum(ops.take(ops.convert_to_tensor(similar), agree, axis=0))

    def _windows(self, x: Any) -> Any:
        """Return the words at all positions of a sequence, (P, l, 4)."""
        positions = x.shape[0] - self.length + 1
        return ops.stack([x[i : i + positions] for i in range(self.length)], axis=1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch, T)."""
        return (input_shape[0], self.tasks)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {
            "tasks": self.tasks,
            "length": self.length,
            "informative": self.informative,
        }
