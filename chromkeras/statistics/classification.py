"""Figures of classification per task: accuracy, macro AUROC and cross-entropy, on known labels.

Labels are rows × tasks, a class 0 to C − 1 or NaN where unknown; logits are rows × tasks × classes.
"""

import numpy as np
from scipy.special import log_softmax

from chromkeras.errors import InputError
from chromkeras.statistics.means import mean_defined
from chromkeras.statistics.metrics import auroc


def accuracy(labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Return the fraction of rows whose most likely class is the label's, for each task.

    Parameters
    ----------
    labels
        Classes (n, T), float; 0 to C − 1, NaN where unknown.
    logits
        Logits (n, T, C); of equal logits the first class is taken.

    Returns
    -------
    np.ndarray
        Accuracies (T,), float64; NaN where no label is known.

    Raises
    ------
    InputError
        The shapes do not fit, or a label is no class.
    """
    _check(labels, logits)
    right = np.where(np.isnan(labels), np.nan, logits.argmax(axis=-1) == labels)
    return mean_defined(right, axis=0)


def macro_auroc(labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Return the mean over classes of the area under the ROC curve of each against the rest.

    Rows are ranked by the probability of the class, exp(z_c) / Σ exp(z). Every class counts alike
    (Hand and Till 2001, Machine Learning 45:171, discuss such means); classes that no known row
    has, or every one, are left out.

    Shapes and errors as in ``accuracy``; NaN where fewer than two classes occur.
    """
    _check(labels, logits)
    log_p = log_softmax(logits.astype(np.float64), axis=-1)
    areas = [
        auroc(np.where(np.isnan(labels), np.nan, labels == c), log_p[..., c])
        for c in range(logits.shape[-1])
    ]
    return mean_defined(np.stack(areas), axis=0)


def cross_entropy_of_classes(labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Return the mean of −log p of the label's class of each task, in nats.

    Shapes and errors as in ``accuracy``; NaN where no label is known.
    """
    _check(labels, logits)
    log_p = log_softmax(logits.astype(np.float64), axis=-1)
    index = np.nan_to_num(labels).astype(np.int64)[..., None]
    picked = np.take_along_axis(log_p, index, axis=-1)[..., 0]
    return mean_defined(np.where(np.isnan(labels), np.nan, -picked), axis=0)


def class_counts(labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Return how often each class is called each, shape (T, C, C), int64: label, then call.

    Shapes and errors as in ``accuracy``.
    """
    _check(labels, logits)
    tasks, classes = logits.shape[1:]
    called, known = logits.argmax(axis=-1), ~np.isnan(labels)
    counts = np.zeros((tasks, classes, classes), np.int64)
    for task in range(tasks):
        rows = known[:, task]
        np.add.at(counts[task], (labels[rows, task].astype(np.int64), called[rows, task]), 1)
    return counts


def _check(labels: np.ndarray, logits: np.ndarray) -> None:
    if labels.ndim != 2 or logits.ndim != 3 or labels.shape != logits.shape[:2]:
        raise InputError(
            "expected labels (rows, tasks) and logits (rows, tasks, classes), "
            f"received {labels.shape} and {logits.shape}"
        )
    known = labels[~np.isnan(labels)]
    strange = known[~np.isin(known, np.arange(logits.shape[-1]))]
    if len(strange):
        raise InputError(f"expected labels 0 to {logits.shape[-1] - 1}, received {strange[0]:g}")
