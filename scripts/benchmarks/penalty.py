"""The soft-sharing penalty alone: value and gradient, by matrix products or pair by pair."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from naive import pair_loop

from chromkeras.layers.pairwise_distance import pairwise_distance

# The kernels of the poster's three convolutions, 962,800 weights a task.
KERNELS = (19 * 4 * 300, 11 * 300 * 200, 7 * 200 * 200)


def penalty_step(tasks: int, model: str) -> Callable[[], Any]:
    """Return a call that computes the penalty of random networks and its gradient, and waits.

    ``model`` is "stacked" (tensors with a leading task axis) or "naive" (a tensor for each task
    and layer).
    """
    rng = np.random.default_rng(0)
    stacked = [rng.standard_normal((tasks, n), dtype=np.float32) for n in KERNELS]
    if model == "stacked":
        return value_and_gradient(pairwise_distance, stacked)
    rows = [np.ascontiguousarray(weights[i]) for i in range(tasks) for weights in stacked]
    return value_and_gradient(_by_pairs, rows)


def _by_pairs(rows: Sequence[Any]) -> Any:
    layers = len(KERNELS)
    return pair_loop([rows[i : i + layers] for i in range(0, len(rows), layers)])


def value_and_gradient(
    function: Callable[[Sequence[Any]], Any], arrays: list[np.ndarray]
) -> Callable[[], Any]:
    """Return a call of ``function`` and its gradient, compiled as the backend's own way is."""
    tensors = [keras.ops.convert_to_tensor(a) for a in arrays]
    arrays.clear()
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        @tf.function
        def step(*weights: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(weights)
                value = function(weights)
            return value, tape.gradient(value, weights)

        return lambda: step(*tensors)
    import jax

    compiled = jax.jit(jax.value_and_grad(function))
    return lambda: jax.block_until_ready(compiled(tensors))
