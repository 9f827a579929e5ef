"""Gradients of a model's outputs with respect to one of its inputs.

Simonyan et al. 2013 (arXiv:1312.6034); gradient × input: Shrikumar et al. 2016 (arXiv:1605.01713);
gradient correction: Majdandzic et al. 2023 (doi:10.1186/s13059-023-02956-3).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chrominterpret.engine.backend import compile_gradient
from chrominterpret.engine.graph import Step, run_graph
from chrominterpret.engine.rules import prepare_call, prepare_logit_call
from chrominterpret.errors import InputError
from chrominterpret.methods.attribution import Attribution
from chrominterpret.methods.memory import BUDGET, rows_at_once
from chrominterpret.methods.problem import (
    Problem,
    Progress,
    batches,
    even,
    padded,
    pose,
    target_groups,
)


def gradient(
    model: Any,
    x: Any,
    *,
    targets: Any = None,
    task_names: Sequence[str] | None = None,
    wrt: str | None = None,
    head: str | int | None = None,
    output: str = "logit",
    gradient_correction: bool = False,
    batch_size: int | None = None,
    memory: float = BUDGET,
    progress: Progress | None = None,
) -> Attribution:
    """Return the gradient of each target at each base, or at each number of another input.

    Parameters
    ----------
    model
        Functional Keras model or built ``Sequential``.
    x
        One-hot (N, L, 4) or numbers (N, ...), or all inputs of the model as a mapping
        {name: array} or a sequence.
    targets
        None (all outputs), index, task name, sequence of these, mapping of contrasts, or weights
        (K, T); see `chrominterpret.methods.targets.resolve_targets`.
    task_names
        T names of the outputs.
    wrt
        Name of the attributed input; needed where not exactly one has shape (N, L, 4).
    head
        Name or position of the model output, where there are several.
    output
        ``"logit"`` leaves out a final sigmoid or softmax, ``"as is"`` keeps it.
    gradient_correction
        Subtract the mean over the four bases at each position: a change that leaves one-hot space
        means nothing. Only for one-hot input.
    batch_size
        Sequences run at once; None for as many, up to 256, as ``memory`` holds.
    memory
        GB that the model's tensors may take, by the estimate of `chrominterpret.methods.memory`.
    progress
        Called as ``progress(done, total)`` after each batch.

    Returns
    -------
    Attribution
        ``attributions`` and ``multipliers`` hold the gradient, at all four bases.

    Raises
    ------
    InputError
        If an argument does not fit the model.
    """
    problem = pose(
        model, x, targets=targets, task_names=task_names, wrt=wrt, head=head, output=output
    )
    check_correction(problem, gradient_correction)
    size = rows_at_once(problem, batch_size, memory)
    values, prediction = _gradients(problem, gradient_correction, size, progress)
    return Attribution(
        method="gradient",
        target_names=problem.targets.names,
        output=problem.output,
        attributions=values,
        prediction=prediction,
        multipliers=values,
    )


def gradient_x_input(
    model: Any,
    x: Any,
    *,
    targets: Any = None,
    task_names: Sequence[str] | None = None,
    wrt: str | None = None,
    head: str | int | None = None,
    output: str = "logit",
    gradient_correction: bool = False,
    batch_size: int | None = None,
    memory: float = BUDGET,
    progress: Progress | None = None,
) -> Attribution:
    """Return the gradient of each target at the observed bases.

    Parameters
    ----------
    model, x, targets, task_names, wrt, head, output, gradient_correction
        As for `gradient`.
    batch_size, memory, progress
        As for `gradient`.

    Returns
    -------
    Attribution
        ``attributions`` is gradient × input; ``multipliers``, and for one-hot input
        ``hypothetical``, the gradient.

    Raises
    ------
    InputError
        If an argument does not fit the model.
    """
    problem = pose(
        model, x, targets=targets, task_names=task_names, wrt=wrt, head=head, output=output
    )
    check_correction(problem, gradient_correction)
    size = rows_at_once(problem, batch_size, memory)
    values, prediction = _gradients(problem, gradient_correction, size, progress)
    return Attribution(
        method="gradient_x_input",
        target_names=problem.targets.names,
        output=problem.output,
        attributions=values * problem.x,
        prediction=prediction,
        hypothetical=values if problem.is_dna else None,
        multipliers=values,
    )


def corrected(values: np.ndarray) -> np.ndarray:
    """Subtract the mean over the four bases (last axis) at each position."""
    return values - values.mean(-1, keepdims=True)


def check_correction(problem: Problem, gradient_correction: bool) -> None:
    """Refuse the gradient correction where there are no bases.

    Raises
    ------
    InputError
        If it is asked for and the attributed input is not one-hot.
    """
    if gradient_correction and not problem.is_dna:
        raise InputError(
            "expected gradient_correction only with one-hot input (N, L, 4), "
            f"received an input of other numbers, shape {problem.x.shape}"
        )


def _gradients(
    problem: Problem, correct: bool, size: int, progress: Progress | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return gradients (K, N, ...) and predictions (K, N)."""
    x, weights = problem.x, problem.targets.weights
    compiled = compile_gradient(forward(problem), problem.model.variables)
    gradients = np.empty((len(weights), *x.shape), np.float32)
    prediction = np.empty((len(weights), len(x)), np.float32)
    size = even(len(x), size)
    for rows in batches(len(x), size, progress):
        n = rows.stop - rows.start
        z, *context = (padded(array[rows], size) for array in (x, *problem.context))
        for which, outputs, _, found in target_groups(compiled, weights, z, *context):
            prediction[which, rows] = outputs[:, :n]
            gradients[which, rows] = found[:, :n]
    return corrected(gradients) if correct else gradients, prediction


def forward(problem: Problem) -> Callable[..., tuple[Any, Any]]:
    """Return the model's function of the attributed input and the others."""

    def apply(step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        prepare = prepare_logit_call if problem.is_logit(step) else prepare_call
        return prepare(step, args, kwargs).function(*args, **kwargs)

    def run(z: Any, *context: Any) -> tuple[Any, Any]:
        inputs = problem.in_order(z, context)
        (outputs,) = run_graph(problem.model, inputs, apply, wanted=[problem.head])
        return outputs, outputs

    return run
