"""Singular vector canonical correlation analysis of two layers.

Raghu et al. 2017 (arXiv:1706.05806): the directions that hold most of each layer's variance, then
the mean of the canonical correlations between them.
"""

import numpy as np

from chromkeras.errors import InputError


def mean_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean canonical correlation of two orthonormal bases, (n, d) and (n, e).

    It is from 0 to 1, the mean over the directions of the smaller one, and NaN where one has none.
    Unrelated layers do not come out at 0: with d directions of n sequences some correlate by
    chance, so compare it with that of an untrained model.
    """
    if min(first.shape[1], second.shape[1]) == 0:
        return float("nan")
    # both bases are orthonormal, so the singular values are the canonical correlations
    correlations = np.linalg.svd(first.T @ second, compute_uv=False)
    return float(np.clip(correlations, 0.0, 1.0).mean())


def leading_directions(layer: np.ndarray, kept: float) -> np.ndarray:
    """Return an orthonormal basis (n, d), float64, of a layer's leading directions.

    Parameters
    ----------
    layer
        Activations of n sequences, shape (n, F), or with more axes, of which all but the first are
        flattened.
    kept
        Share of the variance over sequences that the d directions hold; d is 0 for a layer that
        does not vary.

    Raises
    ------
    InputError
        ``kept`` is not in (0, 1].
    """
    if not 0 < kept <= 1:
        raise InputError(f"expected a kept share in (0, 1], received {kept}")
    x = np.asarray(layer, np.float64).reshape(len(layer), -1)
    x = x - x.mean(axis=0)
    left, values, _ = np.linalg.svd(x, full_matrices=False)
    variance = values**2
    if not variance.sum() > 1e-24 * x.size:
        return left[:, :0]
    share = np.cumsum(variance) / variance.sum()
    count = int(np.searchsorted(share, kept - 1e-12)) + 1
    return left[:, : min(count, int((values > 1e-10 * values[0]).sum()))]
