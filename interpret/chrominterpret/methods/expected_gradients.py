"""Expected gradients: integrated gradients by random references and random points of their paths.

Erion et al. 2021 (doi:10.1038/s42256-021-00343-w).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from chrominterpret.engine.batches import batches, even
from chrominterpret.errors import InputError
from chrominterpret.methods.base.contributions import Batch, ContributionMethod
from chrominterpret.methods.base.explained import ExplainedModel
from chrominterpret.methods.base.functions import as_function
from chrominterpret.methods.base.points import outputs_at, stored, summed_gradients
from chrominterpret.methods.base.references import References
from chrominterpret.sequences import generator_of


@dataclass(frozen=True, kw_only=True, eq=False)
class ExpectedGradients(ContributionMethod):
    """Expected gradients of each base.

    ``E[(x - r) ∂y/∂x (r + a (x - r))]`` over references r and a uniform in 0..1, by R draws of
    both: one gradient a draw. To make the error small, each draw of a comes from its own R-th of
    0..1, in random order. The sum over a sequence is the mean difference of outputs only as far
    as R draws go: look at ``relative_delta``.

    Parameters
    ----------
    references
        References: None for dinucleotide shuffles of DNA and zeros for other numbers; a name such
        as ``"background"``; or an array, of which R references are drawn for each sequence, each as
        often as another or once more. See
        `chrominterpret.methods.base.references.resolve_references`.
    n_references
        Number R of draws of a reference and a point.
    seed
        Seed of all draws. Those of a sequence depend on it and the sequence alone.

    Returns
    -------
    Attribution
        With ``delta`` and ``relative_delta`` (K, N, 1), and a warning, also raised once as a Python
        warning, where a relative delta is above 0.1.

    Raises
    ------
    InputError
        If an option does not fit the model.
    """

    name = "expected_gradients"
    pooled = True

    n_references: int = 200

    def check(self, explained: ExplainedModel) -> None:
        """Refuse no draws."""
        super().check(explained)
        if self.n_references < 1:
            raise InputError(f"expected n_references of at least 1, received {self.n_references}")

    def large_delta(self) -> float:
        """Return 0.1: draws leave an error."""
        return 0.1

    def drawn(self, pool: References) -> References:
        """Return references of which R are drawn for each sequence, whatever the pool's number."""
        if pool.are_shuffles:
            return pool

        def make(x: np.ndarray, rows: slice) -> np.ndarray:
            every = pool.make(x, rows)
            return np.stack([e[self._choice(row, pool.n)] for e, row in zip(every, x, strict=True)])

        return References(pool.kind, self.n_references, self.seed, make)

    def multipliers(self, explained: ExplainedModel, references: References) -> Iterator[Batch]:
        """Yield gradients at one point a draw, a few sequences at a time."""
        x, n, size = explained.x, references.n, self.rows_at_once(explained)
        together = even(len(x), max(1, size // n))
        summed = summed_gradients(explained, together * n, 1, size)
        values = outputs_at(explained, together * n, size)
        for rows in batches(len(x), together, self.progress):
            compared = references.make(x[rows], rows)
            own, each = np.arange(rows.start, rows.stop), (len(x[rows]), n, *(1,) * (x.ndim - 1))
            a = np.stack([self._points(row, n) for row in x[rows]]).reshape(each)
            points = ((1 - a) * compared + a * x[rows][:, None]).reshape(-1, 1, *x.shape[1:])
            owners = np.repeat(own, n)
            m = summed(stored(points), np.ones((len(owners), 1)), owners)
            flat = compared.reshape(-1, *x.shape[1:])
            yield Batch(
                targets=slice(None),
                rows=rows,
                references=compared,
                multipliers=m.reshape(len(m), *compared.shape),
                at_x=values(x[rows], own),
                at_references=values(flat, owners).reshape(-1, len(own), n),
            )

    def _choice(self, row: np.ndarray, available: int) -> np.ndarray:
        n = self.n_references
        return generator_of(row, self.seed).permutation(available)[np.arange(n) % available]

    def _points(self, row: np.ndarray, n: int) -> np.ndarray:
        """Return where on their paths n gradients are taken, one in each n-th of 0..1."""
        # a stream of its own, so that points do not go with choices
        rng = generator_of(row, self.seed).spawn(1)[0]
        return ((rng.permutation(n) + rng.random(n)) / n).astype(np.float32)


METHOD = ExpectedGradients
expected_gradients = as_function(ExpectedGradients)
