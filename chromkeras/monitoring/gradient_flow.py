"""Vanishing and conflict of the gradients that were watched during a training.

A gradient is near zero where its norm is below a share of the same task's norm, at the same place,
at a reference: the first moment that was watched, or the median of all. A norm of exactly 0 is near
zero whatever the reference; one that is undefined (no known label in the probe) is left out.
"""

from dataclasses import dataclass

import numpy as np

from chromkeras.errors import InputError
from chromkeras.monitoring.gradient_log import GradientLog
from chromkeras.names import unknown
from chromkeras.statistics.means import mean_defined, median_defined

SHARE = 0.01
REFERENCES = ("first", "median")


def hidden_norm(log: GradientLog) -> np.ndarray:
    """Return the norm of each task's gradient over all layers but the last, shape (M, T), float64.

    The last layer's bias has a gradient until it gives the share of positives, also in a network
    that is otherwise dead. Where there is only one layer, it is that layer's.
    """
    layers = slice(None, max(len(log.layers) - 1, 1))
    norm: np.ndarray = np.linalg.norm(log.norm[..., layers].astype(np.float64), axis=-1)
    return norm


def near_zero(norms: np.ndarray, *, share: float = SHARE, reference: str = "first") -> np.ndarray:
    """Return where gradients are near zero.

    Parameters
    ----------
    norms
        Shape (M, ...), moments first.
    share
        Fraction of the reference below which a norm is near zero, above 0 and below 1.
    reference
        Name of the reference, "first" or "median", over the moments where the norm is defined.

    Returns
    -------
    np.ndarray
        Shape (M, ...), bool; False where the norm is NaN.

    Raises
    ------
    InputError
        The share is out of range, the reference unknown or there is no moment.
    """
    if not 0 < share < 1:
        raise InputError(f"near zero: expected a share above 0 and below 1, received {share}")
    if reference not in REFERENCES:
        raise unknown("reference", reference, REFERENCES)
    if len(norms) == 0:
        raise InputError("expected a gradient log of at least one moment, received none")
    norms = np.asarray(norms, np.float64)
    level = norms[0] if reference == "first" else median_defined(norms, axis=0)
    return (norms == 0) | (norms < share * level)


@dataclass(frozen=True, eq=False)
class Vanishing:
    """Moments at which the gradients of the hidden layers (``hidden_norm``) are near zero.

    Attributes
    ----------
    all_tasks, some_tasks
        Whether those of every task with a gradient are; whether those of some but not of all are;
        shape (M,), bool.
    by_layer
        Share of the moments at which all tasks' gradients at a layer are near zero, shape (L,).
    """

    all_tasks: np.ndarray
    some_tasks: np.ndarray
    by_layer: np.ndarray

    @property
    def fraction(self) -> float:
        """Share of the moments at which all tasks' gradients are near zero."""
        return float(self.all_tasks.mean())


def vanishing(log: GradientLog, *, share: float = SHARE, reference: str = "first") -> Vanishing:
    """Return the moments of near-zero gradients; parameters and errors as for ``near_zero``."""
    norms = hidden_norm(log)
    dead = near_zero(norms, share=share, reference=reference)
    everywhere = _all_defined(dead, norms)
    layers = near_zero(log.norm, share=share, reference=reference)
    return Vanishing(
        all_tasks=everywhere,
        some_tasks=dead.any(axis=1) & ~everywhere,
        by_layer=_all_defined(layers, log.norm).mean(axis=0),
    )


def loss_change(log: GradientLog) -> np.ndarray:
    """Return the change of each task's probe loss until the next moment, shape (M - 1, T), float64.

    It is given for 1000 steps, as moments may lie at unequal distances.
    """
    steps = np.diff(log.steps)
    change: np.ndarray = np.diff(log.loss.astype(np.float64), axis=0) * 1000 / steps[:, None]
    return change


def change_by_state(log: GradientLog, state: Vanishing) -> dict[str, tuple[int, float]]:
    """Return the mean change of the probe loss after moments of each kind.

    Returns
    -------
    dict
        For "all near zero", "some near zero" and "none near zero": moments that have a next one,
        and the mean over them and the tasks of ``loss_change``; NaN without a moment.
    """
    change = loss_change(log)
    none = ~(state.all_tasks | state.some_tasks)
    kinds = {"all": state.all_tasks, "some": state.some_tasks, "none": none}
    found = {}
    for kind, moments in kinds.items():
        chosen = change[moments[:-1]]
        found[f"{kind} near zero"] = (len(chosen), mean_defined(chosen))
    return found


def shared_cosine(log: GradientLog) -> np.ndarray:
    """Return the cosine of each pair of tasks' gradients over all the weights both read.

    Returns
    -------
    np.ndarray
        Shape (M, T, T), float64; NaN for tasks that share no weights, as in every plan whose
        layers are the tasks' own, and for a task without a gradient.
    """
    norm = np.moveaxis(log.norm[..., list(log.common)].astype(np.float64), -1, 1)
    squares = norm[..., :, None] * norm[..., None, :]
    cosine = log.cosine.astype(np.float64)
    shared = np.isfinite(cosine).any(axis=1)
    products = np.nansum(cosine * squares, axis=1)
    # Both norms over the layers that the pair shares alone.
    own = np.where(np.isfinite(cosine), norm[..., :, None] ** 2, 0.0).sum(axis=1)
    other = np.where(np.isfinite(cosine), norm[..., None, :] ** 2, 0.0).sum(axis=1)
    scale = np.sqrt(own * other)
    return np.divide(products, scale, out=np.full(scale.shape, np.nan), where=shared & (scale > 0))


@dataclass(frozen=True, eq=False)
class Conflict:
    """Conflict of the tasks' gradients at shared weights: how far their directions differ.

    Attributes
    ----------
    cosine
        Mean over the moments of ``shared_cosine``, shape (T, T); NaN where no weights are shared.
    opposed
        Share of the moments at which the cosine is below 0, shape (T, T); NaN likewise.
    mean, opposed_pairs
        Mean cosine of two different tasks, and share of all pairs and moments below 0; NaN where
        nothing is shared.
    by_layer
        Mean cosine of two different tasks at each shared layer, shape (S,).
    """

    cosine: np.ndarray
    opposed: np.ndarray
    mean: float
    opposed_pairs: float
    by_layer: np.ndarray


def conflict(log: GradientLog) -> Conflict:
    """Return the conflict between tasks; all NaN in a plan without shared layers."""
    cosine = shared_cosine(log)
    known = np.isfinite(cosine)
    below = np.where(known, cosine < 0, np.nan)
    apart = ~np.eye(len(log.tasks), dtype=bool)
    return Conflict(
        cosine=mean_defined(cosine, axis=0),
        opposed=mean_defined(below, axis=0),
        mean=mean_defined(cosine[:, apart]),
        opposed_pairs=mean_defined(below[:, apart]),
        by_layer=np.array([mean_defined(c[:, apart]) for c in np.moveaxis(log.cosine, 1, 0)]),
    )


def agreement(log: GradientLog) -> np.ndarray:
    """Return ‖Σ_t g_t‖ / Σ_t ‖g_t‖ at each shared layer, shape (M, S), float64.

    1 where all tasks pull in one direction, 1/√T where they are at right angles and equally long,
    0 where they cancel: the shared weights then stand still though no task's gradient is 0. NaN
    where every gradient is 0. A pair in different groups counts as at right angles.
    """
    norm = np.moveaxis(log.norm[..., list(log.common)].astype(np.float64), -1, 1)
    norm = np.nan_to_num(norm)
    cosine = np.nan_to_num(log.cosine.astype(np.float64))
    squares = np.einsum("msi,msik,msk->ms", norm, cosine, norm)
    total = norm.sum(axis=-1)
    length = np.sqrt(np.maximum(squares, 0.0))
    return np.divide(length, total, out=np.full(total.shape, np.nan), where=total > 0)


def _all_defined(dead: np.ndarray, norms: np.ndarray) -> np.ndarray:
    """Return where all tasks (axis 1) with a norm are dead, and there is one."""
    defined = np.isfinite(norms)
    everywhere: np.ndarray = (dead | ~defined).all(axis=1) & defined.any(axis=1)
    return everywhere
