"""Gradients summed over many points a path, and outputs at points: what sampled methods share."""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from chrominterpret.engine.backend import compile_forward, compile_gradient
from chrominterpret.methods.gradient import forward
from chrominterpret.methods.problem import Problem, even, padded, target_groups

Make = Callable[[slice, slice], np.ndarray]
Summed = Callable[[Make, np.ndarray, np.ndarray], np.ndarray]
Values = Callable[[np.ndarray, np.ndarray], np.ndarray]


def summed_gradients(problem: Problem, n_paths: int, n_points: int, size: int) -> Summed:
    """Return a function that sums gradients over the points of paths.

    The sum is taken where the model runs, so that one gradient a path comes back.

    Parameters
    ----------
    problem
        What is attributed.
    n_paths
        At most so many paths are asked for at once.
    n_points
        S, points of each path.
    size
        Points, of all paths together, that run at once.

    Returns
    -------
    callable
        ``summed(make, weights, owners)`` returns float32 (K, U, ...): for path u the sum of
        ``weights[u, s]`` times the gradients at point s. ``make(paths, points)`` returns the points
        (u, s, ...) of two slices; ``owners`` (U,) are the rows of x that the paths belong to.
    """
    compiled = compile_gradient(_path_function(problem), problem.model.variables)
    across = even(n_points, size)
    down = even(n_paths, max(1, size // across))
    targets = problem.targets.weights

    def summed(make: Make, weights: np.ndarray, owners: np.ndarray) -> np.ndarray:
        total = np.zeros((len(targets), len(owners), *problem.x.shape[1:]), np.float32)
        shift = np.zeros((down, *problem.x.shape[1:]), np.float32)
        for paths in _slices(len(owners), down):
            n = paths.stop - paths.start
            context = [padded(array[owners[paths]], down) for array in problem.context]
            for points in _slices(n_points, across):
                at = padded(padded(make(paths, points), across, axis=1), down)
                # rows that only fill the shape weigh nothing
                weighing = np.zeros((down, across), np.float32)
                weighing[:n, : points.stop - points.start] = weights[paths, points]
                parts = target_groups(compiled, targets, shift, at, weighing, *context)
                for which, _, _, found in parts:
                    total[which, paths] += found[:, :n]
        return total

    return summed


def stored(points: np.ndarray) -> Make:
    """Return the points (U, S, ...) of an array as `summed_gradients` asks for them."""
    return lambda paths, at: points[paths, at]


def outputs_at(problem: Problem, n_rows: int, size: int) -> Values:
    """Return a function that runs the model forward alone.

    Parameters
    ----------
    problem
        What is attributed.
    n_rows
        At most so many rows are asked for at once.
    size
        Rows that run at once.

    Returns
    -------
    callable
        ``values(z, owners)`` returns the targets' values float32 (K, rows) of attributed inputs z
        (rows, ...) whose other inputs are those of the rows ``owners`` (rows,) of x.
    """
    run = forward(problem)
    compiled = compile_forward(lambda z, *context: run(z, *context)[0], problem.model.variables)
    down = even(n_rows, size)

    def values(z: np.ndarray, owners: np.ndarray) -> np.ndarray:
        found = []
        for rows in _slices(len(z), down):
            context = [padded(array[owners[rows]], down) for array in problem.context]
            outputs = compiled(padded(z[rows], down), *context)
            found.append(problem.targets.weights @ outputs[: rows.stop - rows.start].T)
        return np.concatenate(found, axis=1)

    return values


def _path_function(problem: Problem) -> Callable[..., tuple[Any, Any]]:
    run = forward(problem)

    def function(shift: Any, points: Any, weights: Any, *context: Any) -> tuple[Any, Any]:
        down, across = points.shape[:2]
        rows = ops.reshape(points + ops.expand_dims(shift, 1), (down * across, *points.shape[2:]))
        outputs, _ = run(rows, *(ops.repeat(c, across, axis=0) for c in context))
        outputs = ops.reshape(outputs, (down, across, outputs.shape[-1]))
        total = ops.sum(ops.expand_dims(weights, -1) * outputs, axis=1)
        return total, total

    return function


def _slices(n: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]
