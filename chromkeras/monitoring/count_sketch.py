"""Count sketch: long vectors made short in a way that keeps their inner products."""

import numpy as np


class CountSketch:
    """Random linear map from n to at most ``width`` numbers; the identity where n is no larger.

    Each coordinate goes, with a random sign, to a random place (Charikar, Chen and Farach-Colton
    2002, ICALP; Weinberger et al. 2009, ICML). Inner products of sketches have those of the
    vectors as their mean, and a cosine an error of standard deviation at most √(2 / width).

    Parameters
    ----------
    size
        Length n of the vectors.
    width
        Length of a sketch, at least 1.
    seed
        Seed of places and signs.
    """

    def __init__(self, size: int, width: int, seed: int) -> None:
        self.width = min(size, width)
        self._exact = size <= width
        if not self._exact:
            random = np.random.default_rng(seed)
            self._place = random.integers(width, size=size, dtype=np.int32)
            self._sign = random.integers(2, size=size, dtype=np.int8) * np.int8(2) - np.int8(1)

    def __call__(self, vector: np.ndarray) -> np.ndarray:
        """Return the sketch of a vector of shape (n,), shape (width,)."""
        if self._exact:
            return vector
        return np.bincount(self._place, weights=self._sign * vector, minlength=self.width)
