"""Integrated gradients: the gradient averaged over the straight path from a reference.

Sundararajan et al. 2017 (arXiv:1703.01365).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from chrominterpret.engine.secant import path_nodes
from chrominterpret.errors import InputError
from chrominterpret.methods.attribution import Attribution
from chrominterpret.methods.baselines import Choice, references_of
from chrominterpret.methods.gradient import check_correction
from chrominterpret.methods.memory import BUDGET, rows_at_once
from chrominterpret.methods.points import outputs_at, summed_gradients
from chrominterpret.methods.problem import Problem, Progress, batches, even, pose
from chrominterpret.methods.reference_sums import Part, Sums
from chrominterpret.methods.references import References

LARGE_DELTA = 0.05


def integrated_gradients(
    model: Any,
    x: Any,
    *,
    targets: Any = None,
    references: Choice = None,
    n_references: int = 5,
    n_steps: int = 50,
    batch_size: int | None = None,
    memory: float = BUDGET,
    seed: int = 0,
    task_names: Sequence[str] | None = None,
    wrt: str | None = None,
    head: str | int | None = None,
    output: str = "logit",
    hypothetical: bool = True,
    gradient_correction: bool = False,
    progress: Progress | None = None,
) -> Attribution:
    """Return integrated gradients of each base, averaged over references.

    The multipliers ``m = ∫₀¹ ∂y/∂x (r + t (x - r)) dt`` by Gauss-Legendre quadrature, and from them
    contributions as for `chrominterpret.methods.deep_lift.deep_lift_shap`. Over a sequence these
    sum to the difference of outputs only as far as the quadrature is exact: look at
    ``relative_delta``. With ReLU and max-pooling the gradient jumps along the path, and the error
    falls as 1 / n_steps.

    Parameters
    ----------
    model, x, targets, references, task_names, wrt, head, output, hypothetical
        As for `chrominterpret.methods.deep_lift.deep_lift_shap`.
    n_references
        R, for dinucleotide shuffles; each costs ``n_steps`` gradients.
    n_steps
        Points of the path at which the gradient is taken.
    batch_size
        Points, of all paths together, run at once; None for as many, up to 256, as ``memory``
        holds.
    memory
        GB that the model's tensors may take, by the estimate of `chrominterpret.methods.memory`.
    seed
        Seed of the shuffles.
    gradient_correction
        As for `chrominterpret.methods.deep_lift.deep_lift_shap`.
    progress
        Called as ``progress(done, total)`` with numbers of sequences.

    Returns
    -------
    Attribution
        With ``delta`` and ``relative_delta`` (K, N, R), and a warning, also raised once as a Python
        warning, where a relative delta is above 0.05.

    Raises
    ------
    InputError
        If an argument does not fit the model.
    """
    if n_steps < 1:
        raise InputError(f"expected n_steps of at least 1, received {n_steps}")
    problem = pose(
        model, x, targets=targets, task_names=task_names, wrt=wrt, head=head, output=output
    )
    check_correction(problem, gradient_correction)
    made = references_of(problem, references, n_references, seed)
    size = rows_at_once(problem, batch_size, memory)
    sums = Sums.empty(problem, made)
    for part in _parts(problem, made, n_steps, size, progress):
        sums.add(part, problem)
    return sums.attribution(
        "integrated_gradients",
        problem,
        made,
        hypothetical=hypothetical,
        correct=gradient_correction,
        large=LARGE_DELTA,
    )


def _parts(
    problem: Problem, made: References, n_steps: int, size: int, progress: Progress | None
) -> Iterator[Part]:
    times, weights = (np.array(a, np.float32) for a in path_nodes(n_steps))
    x = problem.x
    together = even(len(x), max(1, size // (made.n * n_steps)))
    summed = summed_gradients(problem, together * made.n, n_steps, size)
    values = outputs_at(problem, together * made.n, size)
    for rows in batches(len(x), together, progress):
        references = made.make(x[rows], rows)
        shape = references.shape[:2]
        flat = references.reshape(-1, *x.shape[1:])
        owners = np.repeat(np.arange(rows.start, rows.stop), made.n)
        at = np.broadcast_to(weights, (len(owners), n_steps))
        m = summed(_Paths(flat, x[owners], times), at, owners)
        yield Part(
            targets=slice(None),
            rows=rows,
            references=references,
            multipliers=m.reshape(len(m), *references.shape),
            at_x=values(x[rows], np.arange(rows.start, rows.stop)),
            at_references=values(flat, owners).reshape(-1, *shape),
        )


class _Paths:
    """Points of the straight paths from references to sequences, made when asked for."""

    def __init__(self, start: np.ndarray, end: np.ndarray, times: np.ndarray) -> None:
        self.start, self.end, self.times = start, end, times

    def __call__(self, paths: slice, points: slice) -> np.ndarray:
        """Return points (u, s, ...)."""
        t = self.times[points].reshape(1, -1, *(1,) * (self.start.ndim - 1))
        return (1 - t) * self.start[paths, None] + t * self.end[paths, None]
