"""Integrated gradients: the gradient averaged over the straight path from a reference.

Sundararajan et al. 2017 (arXiv:1703.01365).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from chrominterpret.engine.batches import batches, even
from chrominterpret.engine.secant import path_nodes
from chrominterpret.errors import InputError
from chrominterpret.methods.base.contributions import Batch, ContributionMethod
from chrominterpret.methods.base.explained import ExplainedModel
from chrominterpret.methods.base.functions import as_function
from chrominterpret.methods.base.points import outputs_at, summed_gradients
from chrominterpret.methods.base.references import References


@dataclass(frozen=True, kw_only=True, eq=False)
class IntegratedGradients(ContributionMethod):
    """Integrated gradients of each base, averaged over references.

    The multipliers ``m = ∫₀¹ ∂y/∂x (r + t (x - r)) dt`` by Gauss-Legendre quadrature, and from them
    contributions as for `chrominterpret.methods.deep_lift_shap.deep_lift_shap`. Over a sequence
    these sum to the difference of outputs only as far as the quadrature is exact: look at
    ``relative_delta``. With ReLU and max-pooling the gradient jumps along the path, and the error
    falls as 1 / n_steps.

    Parameters
    ----------
    n_references
        Number R of dinucleotide shuffles of a sequence; each costs ``n_steps`` gradients.
    n_steps
        Number of points of the path at which the gradient is taken.

    Returns
    -------
    Attribution
        With ``delta`` and ``relative_delta`` (K, N, R), and a warning, also raised once as a Python
        warning, where a relative delta is above 0.05.

    Raises
    ------
    InputError
        If an option does not fit the model.
    """

    name = "integrated_gradients"

    n_references: int = 5
    n_steps: int = 50

    def check(self, explained: ExplainedModel) -> None:
        """Refuse no steps."""
        super().check(explained)
        if self.n_steps < 1:
            raise InputError(f"expected n_steps of at least 1, received {self.n_steps}")

    def large_delta(self) -> float:
        """Return 0.05: a quadrature leaves an error."""
        return 0.05

    def multipliers(self, explained: ExplainedModel, references: References) -> Iterator[Batch]:
        """Yield mean gradients, a few sequences with all their paths at a time."""
        times, weights = (np.array(a, np.float32) for a in path_nodes(self.n_steps))
        x, size = explained.x, self.rows_at_once(explained)
        together = even(len(x), max(1, size // (references.n * self.n_steps)))
        summed = summed_gradients(explained, together * references.n, self.n_steps, size)
        values = outputs_at(explained, together * references.n, size)
        for rows in batches(len(x), together, self.progress):
            compared = references.make(x[rows], rows)
            flat = compared.reshape(-1, *x.shape[1:])
            owners = np.repeat(np.arange(rows.start, rows.stop), references.n)
            at = np.broadcast_to(weights, (len(owners), self.n_steps))
            m = summed(_Paths(flat, x[owners], times), at, owners)
            yield Batch(
                targets=slice(None),
                rows=rows,
                references=compared,
                multipliers=m.reshape(len(m), *compared.shape),
                at_x=values(x[rows], np.arange(rows.start, rows.stop)),
                at_references=values(flat, owners).reshape(-1, *compared.shape[:2]),
            )


class _Paths:
    """Points of the straight paths from references to sequences, made when asked for."""

    def __init__(self, start: np.ndarray, end: np.ndarray, times: np.ndarray) -> None:
        self.start, self.end, self.times = start, end, times

    def __call__(self, paths: slice, points: slice) -> np.ndarray:
        """Return points (u, s, ...)."""
        t = self.times[points].reshape(1, -1, *(1,) * (self.start.ndim - 1))
        return (1 - t) * self.start[paths, None] + t * self.end[paths, None]


METHOD = IntegratedGradients
integrated_gradients = as_function(IntegratedGradients)
