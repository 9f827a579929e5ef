"""Linear centred kernel alignment of two layers, by minibatches and without its upward bias.

Kornblith et al. 2019 (arXiv:1905.00414); the unbiased estimate of the Hilbert-Schmidt independence
criterion of Song et al. 2012, averaged over minibatches as Nguyen et al. 2021 (arXiv:2010.15327).
"""

import numpy as np

SMALLEST_BATCH = 4  # the unbiased estimate divides by n (n - 3)
ROUNDING = 1e-6  # a layer that varies by less, relative to its size, is constant in float32


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
