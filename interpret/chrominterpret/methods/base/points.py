"""Gradients summed over many points a path, and outputs at points, for sampled methods."""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from chrominterpret.engine.backend import compile_forward, compile_gradient
from chrominterpret.engine.batches import batches, even, padded, target_groups, weighted
from chrominterpret.methods.base.explained import ExplainedModel

Make = Callable[[slice, slice], np.ndarray]
Summed = Callable[[Make, np.ndarray, np.ndarray], np.ndarray]
Values = Callable[[np.ndarray, np.ndarray], np.ndarray]


def summed_gradients(explained: ExplainedModel, n_paths: int, n_points: int, size: int) -> Summed:
    """Return a function that sums gradients over the points of paths.

    The sum is taken where the model runs, so that one gradient a path comes back.

    Parameters
    ----------
    explained
        Model with the attributed input x (N, ...).
    n_paths
        Number U of paths that are asked for at once, at most.
    n_points
        Number S of points of each path.
    size
        Number of points, of all paths together, that run at once.

    Returns
    -------
    callable
        ``summed(make, weights, owners)`` returns float32 (K, U, ...): for path u the sum of
        ``weights[u, s]`` times the gradients at point s. ``make(paths, points)`` returns the points
        (u, s, ...) of two slices; ``owners`` (U,) are the rows of x that the paths belong to.
    """
    compiled = compile_gradient(_path_function(explained), explained.model.variables)
    across = even(n_points, size)
    down = even(n_paths, max(1, size // across))
    k, shape = len(explained.targets), explained.x.shape[1:]

    def summed(make: Make, weights: np.ndarray, owners: np.ndarray) -> np.ndarray:
        total = np.zeros((k, len(owners), *shape), np.float32)
        shift = np.zeros((down, *shape), np.float32)
        for paths in batches(len(owners), down):
            n = paths.stop - paths.start
            context = [padded(array[owners[paths]], down) for array in explained.context]
            targets = explained.weights(owners[paths], down)
            for points in batches(n_points, across):
                at = padded(padded(make(paths, points), across, axis=1), down)
                # rows that only fill the shape weigh nothing
                weighing = np.zeros((down, across), np.float32)
                weighing[:n, : points.stop - points.start] = weights[paths, points]
                groups = target_groups(compiled, targets, shift, at, weighing, *context)
                for which, _, _, found in groups:
                    total[which, paths] += found[:, :n]
        return total

    return summed


def stored(points: np.ndarray) -> Make:
    """Return the points (U, S, ...) of an array as `summed_gradients` asks for them."""
    return lambda paths, at: points[paths, at]


def outputs_at(explained: ExplainedModel, n_rows: int, size: int) -> Values:
    """Return a function that runs the model forward alone.

    Parameters
    ----------
    explained
        Model with the attributed input x (N, ...).
    n_rows
        Number of rows that are asked for at once, at most.
    size
        Number of rows that run at once.

    Returns
    -------
    callable
        ``values(z, owners)`` returns the targets' values float32 (K, rows) of attributed inputs z
        (rows, ...) whose other inputs are those of the rows ``owners`` (rows,) of x.
    """
    compiled = compile_forward(
        lambda z, *context: explained.function(z, *context)[0], explained.model.variables
    )
    down = even(n_rows, size)

    def values(z: np.ndarray, owners: np.ndarray) -> np.ndarray:
        found = []
        for rows in batches(len(z), down):
            context = [padded(array[owners[rows]], down) for array in explained.context]
            outputs = compiled(padded(z[rows], down), *context)
            weights = explained.weights(owners[rows])
            found.append(weighted(weights, outputs[: rows.stop - rows.start]))
        return np.concatenate(found, axis=1)

    return values


def _path_function(explained: ExplainedModel) -> Callable[..., tuple[Any, Any]]:
    def function(shift: Any, points: Any, weights: Any, *context: Any) -> tuple[Any, Any]:
        down, across = points.shape[:2]
        rows = ops.reshape(points + ops.expand_dims(shift, 1), (down * across, *points.shape[2:]))
        repeated = (ops.repeat(c, across, axis=0) for c in context)
        outputs, _ = explained.function(rows, *repeated)
        outputs = ops.reshape(outputs, (down, across, outputs.shape[-1]))
        total = ops.sum(ops.expand_dims(weights, -1) * outputs, axis=1)
        return total, total

    return function
