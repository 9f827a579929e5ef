"""Expected gradients: integrated gradients by random references and random points of their paths.

Erion et al. 2021 (doi:10.1038/s42256-021-00343-w).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chrominterpret.errors import InputError
from chrominterpret.methods.attribution import Attribution
from chrominterpret.methods.baselines import Choice, references_of
from chrominterpret.methods.gradient import check_correction
from chrominterpret.methods.memory import BUDGET, rows_at_once
from chrominterpret.methods.points import outputs_at, stored, summed_gradients
from chrominterpret.methods.problem import Problem, Progress, batches, even, pose
from chrominterpret.methods.reference_sums import Part, Sums
from chrominterpret.methods.references import References
from chrominterpret.methods.seeds import row_generator

LARGE_DELTA = 0.1


def expected_gradients(
    model: Any,
    x: Any,
    *,
    targets: Any = None,
    references: Choice = None,
    n_references: int = 200,
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
    """Return expected gradients of each base.

    ``E[(x - r) ∂y/∂x (r + a (x - r))]`` over references r and a uniform in 0..1, by R draws of
    both: one gradient a draw. To make the error small, each draw of a comes from its own R-th part
    of 0..1, in random order. The sum over a sequence is the mean difference of outputs only as far
    as R draws go: look at ``relative_delta``.

    Parameters
    ----------
    model, x, targets, task_names, wrt, head, output, hypothetical
        As for `chrominterpret.methods.deep_lift.deep_lift_shap`.
    references
        As there; of given ones R are drawn for each sequence, each as often as another or once
        more.
    n_references
        R, draws of a reference and a point.
    batch_size
        Draws, of all sequences together, run at once; None for as many, up to 256, as ``memory``
        holds.
    memory
        GB that the model's tensors may take, by the estimate of `chrominterpret.methods.memory`.
    seed
        Seed of all draws. Those of a sequence depend on it and the sequence alone.
    gradient_correction
        As for `chrominterpret.methods.deep_lift.deep_lift_shap`.
    progress
        Called as ``progress(done, total)`` with numbers of sequences.

    Returns
    -------
    Attribution
        With ``delta`` and ``relative_delta`` (K, N, 1), and a warning, also raised once as a Python
        warning, where a relative delta is above 0.1.

    Raises
    ------
    InputError
        If an argument does not fit the model.
    """
    if n_references < 1:
        raise InputError(f"expected n_references of at least 1, received {n_references}")
    problem = pose(
        model, x, targets=targets, task_names=task_names, wrt=wrt, head=head, output=output
    )
    check_correction(problem, gradient_correction)
    pool = references_of(problem, references, n_references, seed)
    drawn = _drawn(pool, n_references, seed)
    size = rows_at_once(problem, batch_size, memory)
    sums = Sums.empty(problem, drawn, pooled=True)
    for part in _parts(problem, drawn, seed, size, progress):
        sums.add(part, problem)
    result = sums.attribution(
        "expected_gradients",
        problem,
        pool,
        hypothetical=hypothetical,
        correct=gradient_correction,
        large=LARGE_DELTA,
    )
    return replace(result, n_references=n_references, seed=seed)


def _drawn(pool: References, n: int, seed: int) -> References:
    """Return references of which n are drawn for each sequence, whatever the pool's number."""
    if pool.kind == "dinucleotide_shuffle":
        return pool

    def make(x: np.ndarray, rows: slice) -> np.ndarray:
        every = pool.make(x, rows)
        return np.stack([e[_choice(row, pool.n, n, seed)] for e, row in zip(every, x, strict=True)])

    return References(pool.kind, n, seed, make)


def _choice(row: np.ndarray, available: int, n: int, seed: int) -> np.ndarray:
    return row_generator(row, seed).permutation(available)[np.arange(n) % available]


def _points(row: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Return where on their paths n gradients are taken, one in each n-th part of 0..1."""
    # a stream of its own, so that points do not go with choices
    rng = row_generator(row, seed).spawn(1)[0]
    return ((rng.permutation(n) + rng.random(n)) / n).astype(np.float32)


def _parts(
    problem: Problem, drawn: References, seed: int, size: int, progress: Progress | None
) -> Iterator[Part]:
    x, n = problem.x, drawn.n
    together = even(len(x), max(1, size // n))
    summed = summed_gradients(problem, together * n, 1, size)
    values = outputs_at(problem, together * n, size)
    for rows in batches(len(x), together, progress):
        references = drawn.make(x[rows], rows)
        own, each = np.arange(rows.start, rows.stop), (len(x[rows]), n, *(1,) * (x.ndim - 1))
        a = np.stack([_points(row, n, seed) for row in x[rows]]).reshape(each)
        points = ((1 - a) * references + a * x[rows][:, None]).reshape(-1, 1, *x.shape[1:])
        owners = np.repeat(own, n)
        m = summed(stored(points), np.ones((len(owners), 1)), owners)
        flat = references.reshape(-1, *x.shape[1:])
        yield Part(
            targets=slice(None),
            rows=rows,
            references=references,
            multipliers=m.reshape(len(m), *references.shape),
            at_x=values(x[rows], own),
            at_references=values(flat, owners).reshape(-1, len(own), n),
        )
