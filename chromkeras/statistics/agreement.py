"""Agreement of two models' predictions, whether right or wrong."""

import numpy as np

from chromkeras.errors import InputError


def logit_correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Pearson's r of two models' logits for each task.

    Parameters
    ----------
    first, second
        Logits of the models, shape (n, T).

    Returns
    -------
    np.ndarray
        Correlations (T,), float64; NaN where a model predicts the same for all rows.
    """
    _check(first, second)
    a, b = (_centred(x) for x in (first, second))
    scale = np.sqrt((a * a).sum(axis=0) * (b * b).sum(axis=0))
    return np.divide((a * b).sum(axis=0), scale, out=np.full(a.shape[1], np.nan), where=scale > 0)


def equal_calls(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the share of rows that both call open or both closed, at probability 0.5.

    Shapes as in ``logit_correlation``.
    """
    _check(first, second)
    if not len(first):
        return np.full(first.shape[1], np.nan)
    share: np.ndarray = ((first >= 0) == (second >= 0)).mean(axis=0)
    return share


def _centred(logits: np.ndarray) -> np.ndarray:
    x = logits.astype(np.float64)
    return x - x.mean(axis=0) if len(x) else x


def _check(first: np.ndarray, second: np.ndarray) -> None:
    if first.ndim != 2 or first.shape != second.shape:
        raise InputError(
            f"expected logits of one shape (rows, tasks), received {first.shape} and {second.shape}"
        )
