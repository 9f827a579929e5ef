"""SmoothGrad: the gradient averaged over noisy copies of the input.

Smilkov et al. 2017 (arXiv:1706.03825).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chrominterpret.engine.batches import batches, even
from chrominterpret.errors import InputError
from chrominterpret.methods.base.explained import ExplainedModel
from chrominterpret.methods.base.functions import as_function
from chrominterpret.methods.base.gradients import GradientMethod
from chrominterpret.methods.base.points import outputs_at, stored, summed_gradients
from chrominterpret.sequences import generator_of


@dataclass(frozen=True, kw_only=True, eq=False)
class SmoothGrad(GradientMethod):
    """Gradient averaged over noisy copies of each sequence, times the input.

    ``mean_i ∂y/∂x (x + e_i)``, with normal noise e of standard deviation ``sigma`` (max x - min x),
    the range taken over one sequence: 1 for DNA.

    Parameters
    ----------
    n_samples
        Number of noisy copies of a sequence.
    sigma
        Standard deviation of the noise relative to the range of the input, at least 0.
    times_input
        Whether to attribute gradient × input; False for the gradient at every base.
    seed
        Seed of the noise. The noise of a sequence depends on it and the sequence alone.

    Returns
    -------
    Attribution
        ``multipliers``, and for one-hot input ``hypothetical``, hold the mean gradient.

    Raises
    ------
    InputError
        If an option does not fit the model.
    """

    name = "smooth_grad"

    n_samples: int = 50
    sigma: float = 0.15
    times_input: bool = True
    seed: int = 0

    def check(self, explained: ExplainedModel) -> None:
        """Refuse no samples and negative noise."""
        super().check(explained)
        if self.n_samples < 1 or not self.sigma >= 0:
            raise InputError(
                f"expected n_samples of at least 1 and sigma of at least 0, "
                f"received {self.n_samples} and {self.sigma}"
            )

    def scores(self, explained: ExplainedModel, values: np.ndarray) -> dict[str, Any]:
        """Return gradient × input, or the gradient where that is asked for."""
        scores = super().scores(explained, values) | {"seed": self.seed}
        return scores if self.times_input else scores | {"attributions": values}

    def gradients(self, explained: ExplainedModel) -> tuple[np.ndarray, np.ndarray]:
        """Return mean gradients (K, N, ...) and predictions (K, N), a few sequences at a time."""
        x, n, size = explained.x, self.n_samples, self.rows_at_once(explained)
        together = even(len(x), max(1, size // n))
        summed = summed_gradients(explained, together, n, size)
        values = np.empty((len(explained.targets), *x.shape), np.float32)
        for rows in batches(len(x), together, self.progress):
            noisy = np.stack([self._noisy(row) for row in x[rows]])
            weights = np.full(noisy.shape[:2], 1 / n, np.float32)
            owners = np.arange(rows.start, rows.stop)
            values[:, rows] = summed(stored(noisy), weights, owners)
        every = np.arange(len(x))
        return values, outputs_at(explained, len(every), size)(x, every)

    def _noisy(self, row: np.ndarray) -> np.ndarray:
        """Return noisy copies (n, ...) of one row (...)."""
        shape = (self.n_samples, *row.shape)
        noise = generator_of(row, self.seed).standard_normal(shape, np.float32)
        return row + np.float32(self.sigma * np.ptp(row)) * noise


METHOD = SmoothGrad
smooth_grad = as_function(SmoothGrad)
