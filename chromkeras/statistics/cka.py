"""Linear centred kernel alignment of two layers, by minibatches and without its upward bias.

Kornblith et al. 2019 (arXiv:1905.00414); the unbiased estimate of the Hilbert-Schmidt independence
criterion of Song et al. 2012, averaged over minibatches as Nguyen et al. 2021 (arXiv:2010.15327).
"""

from collections.abc import Sequence

import numpy as np

from chromkeras.errors import InputError

SMALLEST_BATCH = 4  # the unbiased estimate divides by n (n - 3)
ROUNDING = 1e-6  # a layer that varies by less, relative to its size, is constant in float32


class LinearCKA:
    """Similarity of every layer of one model with every layer of another.

    Feed it batches of activations with `update`; `value` then holds the similarities.
    """

    def __init__(self, first: int, second: int) -> None:
        self._cross = np.zeros((first, second))
        self._own = (np.zeros(first), np.zeros(second))

    def update(self, first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> None:
        """Add a batch.

        Parameters
        ----------
        first, second
            Activations of each layer, shape (b, ...), of the same b sequences; b of at least 4.

        Raises
        ------
        InputError
            The batch is too small or the rows differ.
        """
        grams = [[_gram(layer) for layer in layers] for layers in (first, second)]
        rows = {len(gram) for side in grams for gram in side}
        if len(rows) != 1 or min(rows) < SMALLEST_BATCH:
            raise InputError(
                f"expected the same {SMALLEST_BATCH} or more rows of every layer, "
                f"received {sorted(rows)}"
            )
        for side, own in zip(grams, self._own, strict=True):
            own += [unbiased_hsic(gram, gram) for gram in side]
        self._cross += [[unbiased_hsic(a, b) for b in grams[1]] for a in grams[0]]

    @property
    def value(self) -> np.ndarray:
        """CKA, shape (first, second), float64.

        1 for layers equal up to rotation and scale, near 0 for unrelated ones, below 0 by chance;
        NaN for a layer that is the same for all sequences.
        """
        scale = np.sqrt(np.maximum(np.outer(*self._own), 0.0))
        return np.divide(self._cross, scale, out=np.full(scale.shape, np.nan), where=scale > 0)


def unbiased_hsic(k: np.ndarray, l: np.ndarray) -> float:  # noqa: E741  # the paper's names
    """Return the unbiased estimate for two kernel matrices (n, n) with zero diagonals."""
    n = len(k)
    rows_k, rows_l = k.sum(axis=1), l.sum(axis=1)
    trace = float((k * l).sum())
    both = rows_k.sum() * rows_l.sum() / ((n - 1) * (n - 2))
    return (trace + both - 2 * float(rows_k @ rows_l) / (n - 2)) / (n * (n - 3))


def centred_gram(layer: np.ndarray) -> np.ndarray:
    """Return a layer's linear kernel as a vector; products of two are the unbiased estimate.

    The U-centring of Székely and Rizzo 2014 (Annals of Statistics 42:2382), which turns
    `unbiased_hsic` of many pairs of layers into one matrix product.

    Parameters
    ----------
    layer
        Activations (n, ...), n of at least 4.

    Returns
    -------
    np.ndarray
        Kernel (n * n,), float64; 0 for a layer that is the same for all sequences.
    """
    gram = _gram(layer)
    n, rows = len(gram), gram.sum(axis=1)
    gram += rows.sum() / ((n - 1) * (n - 2)) - (rows[:, None] + rows) / (n - 2)
    np.fill_diagonal(gram, 0.0)
    return gram.ravel() / np.sqrt(n * (n - 3))


def _gram(layer: np.ndarray) -> np.ndarray:
    values = np.asarray(layer, np.float64).reshape(len(layer), -1)
    x = values - values.mean(axis=0)  # changes nothing but the rounding
    if np.vdot(x, x) <= ROUNDING**2 * np.vdot(values, values):
        x[:] = 0.0
    gram: np.ndarray = x @ x.T
    np.fill_diagonal(gram, 0.0)
    return gram
