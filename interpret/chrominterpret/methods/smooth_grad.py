"""SmoothGrad: the gradient averaged over noisy copies of the input.

Smilkov et al. 2017 (arXiv:1706.03825).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chrominterpret.errors import InputError
from chrominterpret.methods.attribution import Attribution
from chrominterpret.methods.gradient import check_correction, corrected
from chrominterpret.methods.memory import BUDGET, rows_at_once
from chrominterpret.methods.points import outputs_at, stored, summed_gradients
from chrominterpret.methods.problem import Problem, Progress, batches, even, pose
from chrominterpret.methods.seeds import row_generator


def smooth_grad(
    model: Any,
    x: Any,
    *,
    targets: Any = None,
    n_samples: int = 50,
    sigma: float = 0.15,
    times_input: bool = True,
    seed: int = 0,
    task_names: Sequence[str] | None = None,
    wrt: str | None = None,
    head: str | int | None = None,
    output: str = "logit",
    gradient_correction: bool = False,
    batch_size: int | None = None,
    memory: float = BUDGET,
    progress: Progress | None = None,
) -> Attribution:
    """Return the gradient averaged over noisy copies of each sequence, times the input.

    ``mean_i ∂y/∂x (x + e_i)``, with normal noise e of standard deviation ``sigma`` (max x - min x),
    the range taken over one sequence: 1 for DNA.

    Parameters
    ----------
    model, x, targets, task_names, wrt, head, output, gradient_correction
        As for `chrominterpret.methods.gradient.gradient`.
    n_samples
        Noisy copies of a sequence.
    sigma
        Standard deviation of the noise relative to the range of the input, at least 0.
    times_input
        Attribute gradient × input; False for the gradient at every base.
    seed
        Seed of the noise. The noise of a sequence depends on it and the sequence alone.
    batch_size
        Noisy copies, of all sequences together, run at once; None for as many, up to 256, as
        ``memory`` holds.
    memory
        GB that the model's tensors may take, by the estimate of `chrominterpret.methods.memory`.
    progress
        Called as ``progress(done, total)`` with numbers of sequences.

    Returns
    -------
    Attribution
        ``multipliers``, and for one-hot input ``hypothetical``, hold the mean gradient.

    Raises
    ------
    InputError
        If an argument does not fit the model.
    """
    if n_samples < 1 or not sigma >= 0:
        raise InputError(
            f"expected n_samples of at least 1 and sigma of at least 0, "
            f"received {n_samples} and {sigma}"
        )
    problem = pose(
        model, x, targets=targets, task_names=task_names, wrt=wrt, head=head, output=output
    )
    check_correction(problem, gradient_correction)
    size = rows_at_once(problem, batch_size, memory)
    values = _mean_gradients(problem, n_samples, sigma, seed, size, progress)
    if gradient_correction:
        values = corrected(values)
    every = np.arange(len(problem.x))
    return Attribution(
        method="smooth_grad",
        target_names=problem.targets.names,
        output=problem.output,
        attributions=values * problem.x if times_input else values,
        prediction=outputs_at(problem, len(every), size)(problem.x, every),
        hypothetical=values if problem.is_dna else None,
        multipliers=values,
        seed=seed,
    )


def _mean_gradients(
    problem: Problem,
    n_samples: int,
    sigma: float,
    seed: int,
    size: int,
    progress: Progress | None,
) -> np.ndarray:
    """Return mean gradients (K, N, ...)."""
    x = problem.x
    together = even(len(x), max(1, size // n_samples))
    summed = summed_gradients(problem, together, n_samples, size)
    values = np.empty((len(problem.targets), *x.shape), np.float32)
    for rows in batches(len(x), together, progress):
        noisy = np.stack([_noisy(row, n_samples, sigma, seed) for row in x[rows]])
        weights = np.full(noisy.shape[:2], 1 / n_samples, np.float32)
        owners = np.arange(rows.start, rows.stop)
        values[:, rows] = summed(stored(noisy), weights, owners)
    return values


def _noisy(row: np.ndarray, n_samples: int, sigma: float, seed: int) -> np.ndarray:
    """Return noisy copies (n, ...) of one row (...)."""
    noise = row_generator(row, seed).standard_normal((n_samples, *row.shape), np.float32)
    return row + np.float32(sigma * np.ptp(row)) * noise
