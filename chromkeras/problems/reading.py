"""Labels as a stranger's file holds them: shape, type, and what cannot be a label."""

import numpy as np

from chromkeras.errors import InputError


def guess_problem(y: np.ndarray) -> tuple[str, str]:
    """Return which problem labels of shape (N, T) look like, and why, for people."""
    if y.dtype.kind != "f":
        return "binary", f"which is taken for labels of type {y.dtype}"
    some = y[~np.isnan(y)]
    fractions = (some >= 0) & (some <= 1)  # what lies between, the binary problem refuses
    if (fractions | (some == -1)).all():
        return "binary", "as the labels are 0, 1 and unknown"
    return "regression", "as the labels are real values"


def label_table(
    raw: np.ndarray, where: str, known: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return labels as a table, and which of them are known so far.

    Parameters
    ----------
    raw
        Shape (N, T) or (N,), of any number type or bool.
    where
        Name for messages.
    known
        Shape of ``raw``, bool, or None where the file says nothing: all but NaN are known then.

    Returns
    -------
    tuple of np.ndarray
        The labels as they are (float16 as float32), shape (N, T), and a mask (N, T), bool, False
        where they are NaN.

    Raises
    ------
    InputError
        Another shape, no numbers, or a mask of another shape or type.
    """
    y = np.asarray(raw)
    if y.ndim == 1:
        y = y[:, None]
    if y.dtype == np.float16:
        y = y.astype(np.float32)
    if y.ndim != 2 or 0 in y.shape or y.dtype.kind not in "biuf":
        raise InputError(
            f"{where}: expected numeric labels of shape (rows, tasks), "
            f"received {y.shape}, {y.dtype}"
        )
    mask = ~np.isnan(y) if y.dtype.kind == "f" else np.ones(y.shape, bool)
    if known is None:
        return y, mask
    if known.dtype != bool or known.size != y.size or len(known) != len(y):
        raise InputError(
            f"{where}: expected a mask of known labels of shape {y.shape}, bool, "
            f"received {known.shape}, {known.dtype}"
        )
    return y, mask & known.reshape(y.shape)


def refuse(y: np.ndarray, strange: np.ndarray, where: str, expected: str, hint: str = "") -> None:
    """Raise ``InputError`` that names the first strange label, where there is one.

    Parameters
    ----------
    y
        Labels, shape (N, T).
    strange
        Shape (N, T), bool: labels that are not legal.
    where
        Name for messages.
    expected
        What legal labels are.
    hint
        What to do about it.
    """
    if strange.any():
        row, column = (int(i) for i in np.argwhere(strange)[0])
        raise InputError(
            f"{where}: expected {expected}, received {y[row, column]} in row {row}, "
            f"column {column}{hint}"
        )
