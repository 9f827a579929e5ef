"""What every attribution method needs: a checked model, input, output and targets; its batches."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chrominterpret.engine.backend import Compiled
from chrominterpret.engine.graph import (
    Step,
    functional,
    input_index,
    input_names,
    input_shape,
    n_outputs,
    output_index,
)
from chrominterpret.engine.rules import logit_step
from chrominterpret.errors import InputError
from chrominterpret.methods.targets import Targets, resolve_targets

OUTPUTS = ("logit", "as is")
TARGETS_AT_ONCE = 8  # gradients taken from one forward pass

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Problem:
    """A model, what to attribute and with respect to what.

    Attributes
    ----------
    model
        Functional Keras model.
    x
        float32 (N, ...), the attributed input: one-hot (N, L, 4), or numbers of any shape.
    context
        The other inputs, in order, each with N rows.
    position
        Position of the attributed input among the model's inputs.
    head
        Position of the attributed output among the model's outputs.
    targets
        Weighted sums over that output.
    logit
        The step whose final activation is left out, or None.
    """

    model: Any
    x: np.ndarray
    context: tuple[np.ndarray, ...]
    position: int
    head: int
    targets: Targets
    logit: Step | None

    @cached_property
    def is_dna(self) -> bool:
        """Say whether x is (N, L, 4) with columns of frequencies, one-hot mostly, or all zero."""
        if self.x.ndim != 3 or self.x.shape[-1] != 4 or self.x.min() < 0:
            return False
        totals = self.x.sum(-1)
        return bool(np.all((np.abs(totals - 1) < 1e-4) | (totals == 0)))

    @property
    def output(self) -> str:
        """``"logit"`` or ``"as is"``."""
        return "as is" if self.logit is None else "logit"

    def is_logit(self, step: Step) -> bool:
        """Say whether a step's activation is left out."""
        return self.logit is not None and self.logit.path == step.path

    def in_order(self, attributed: Any, context: Sequence[Any]) -> list[Any]:
        """Return the values of all inputs in the model's order."""
        return [*context[: self.position], attributed, *context[self.position :]]


def pose(
    model: Any,
    x: Any,
    *,
    targets: Any = None,
    task_names: Sequence[str] | None = None,
    wrt: str | None = None,
    head: str | int | None = None,
    output: str = "logit",
) -> Problem:
    """Check what a user asked for and put it in one object.

    Parameters
    ----------
    model
        Functional Keras model or built ``Sequential``.
    x
        One-hot (N, L, 4) or numbers (N, ...); for a model with several inputs a mapping
        {input name: array} or a sequence of arrays, N rows each.
    targets, task_names
        See `resolve_targets`.
    wrt
        Name of the attributed input; needed where not exactly one has shape (N, L, 4).
    head
        Name or position of the output; needed where there are several.
    output
        ``"logit"`` leaves out a sigmoid or softmax that ends the model, ``"as is"`` keeps it.

    Raises
    ------
    InputError
        If anything does not fit the model.
    """
    functional(model)
    if output not in OUTPUTS:
        raise InputError(f"expected output= of {OUTPUTS}, received {output!r}")
    position, index = input_index(model, wrt), output_index(model, head)
    arrays = _arrays(model, x)
    attributed = np.asarray(arrays.pop(position), np.float32)
    _check_shape(attributed, input_shape(model, position))
    for array in arrays:
        if len(array) != len(attributed):
            raise InputError(f"expected {len(attributed)} rows an input, received {len(array)}")
    chosen = resolve_targets(targets, n_outputs(model, index), task_names=task_names)
    logit = logit_step(model, index) if output == "logit" else None
    return Problem(model, attributed, tuple(arrays), position, index, chosen, logit)


def batches(n: int, size: int, progress: Progress | None) -> Iterator[slice]:
    """Yield slices over n sequences and report progress after each."""
    for start in range(0, n, size):
        stop = min(start + size, n)
        yield slice(start, stop)
        if progress is not None:
            progress(stop, n)


def even(n: int, size: int) -> int:
    """Return the smallest batch that covers n in as few batches as those of at most ``size``."""
    return -(-n // -(-n // size))


def padded(array: np.ndarray, rows: int, axis: int = 0) -> np.ndarray:
    """Return the array with copies of its last row up to a number of rows: one compiled shape."""
    missing = rows - array.shape[axis]
    if not missing:
        return array
    last = np.take(array, [-1], axis=axis)
    return np.concatenate([array, np.repeat(last, missing, axis=axis)], axis=axis)


def target_groups(
    compiled: Compiled, weights: np.ndarray, z: np.ndarray, *others: np.ndarray
) -> Iterator[tuple[slice, np.ndarray, Any, np.ndarray]]:
    """Run a compiled gradient for K targets, a few at a time to bound memory.

    Parameters
    ----------
    compiled
        From `compile_gradient`.
    weights
        (K, T).
    z, *others
        Arguments of the compiled function.

    Yields
    ------
    tuple
        Slice of the targets, outputs of these targets (k, rows), extra outputs of these targets
        (k, rows of extra), gradients (k, *z.shape).
    """
    size = even(len(weights), TARGETS_AT_ONCE)
    for start in range(0, len(weights), size):
        group = weights[start : start + size]
        filled = np.zeros((size, weights.shape[1]), np.float32)  # one compiled shape
        filled[: len(group)] = group
        outputs, extra, gradients = compiled(z, filled, *others)
        which = slice(start, start + len(group))
        yield which, group @ outputs.T, group @ extra.T, gradients[: len(group)]


def _arrays(model: Any, x: Any) -> list[np.ndarray]:
    names = input_names(model)
    if isinstance(x, Mapping):
        if set(x) != set(names):
            raise InputError(f"expected inputs {names}, received {sorted(x)}")
        return [np.asarray(x[name]) for name in names]
    arrays = list(x) if isinstance(x, list | tuple) else [x]
    if len(arrays) != len(names):
        raise InputError(f"expected {len(names)} input(s) {names}, received {len(arrays)}")
    return [np.asarray(array) for array in arrays]


def _check_shape(x: np.ndarray, shape: tuple[int | None, ...]) -> None:
    fits = x.ndim == len(shape) and all(
        b in (None, a) for a, b in zip(x.shape[1:], shape[1:], strict=True)
    )
    if not fits or not x.size:
        raise InputError(f"expected input of shape {shape}, received {x.shape}")
