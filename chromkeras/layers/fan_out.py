"""Layer where the tasks branch: the same features to every task, one merged gradient back."""

import inspect
from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from chromkeras.backend.devices import sum_over_replicas
from chromkeras.errors import InputError
from chromkeras.registry import CONFLICT_METHODS


@keras.saving.register_keras_serializable(package="chromkeras")
class FanOut(keras.layers.Layer):
    """Hand the common features to every task, and merge the tasks' gradients on the way back.

    Backward, the layer receives the gradient g_i of each task's loss (times its weight) with
    respect to the features, and returns Σ_i c_i g_i with the coefficients of a method of
    ``chromkeras.conflict``. So the shared layers are passed backward once, whatever T is. The
    methods see gradients of the features, not of the shared weights, as Sener and Koltun 2018
    (NeurIPS, section 3.3) propose. At inference the layer is a plain repeat, and it has no
    weights, so a saved model predicts and is attributed without it.

    A plan that shares nothing needs no fan-out: where every gradient stays in its own task's
    network there is nothing to merge, and all methods are the sum.

    Parameters
    ----------
    tasks
        Number of tasks T.
    method
        Name of a module of ``chromkeras.conflict``.
    options
        Options of the method by keyword, such as ``{"c": 0.4}`` for "cagrad".
    seed
        Seed of a method that takes the tasks in random order; None draws it from Python's
        generator, which ``keras.utils.set_random_seed`` sets.

    Raises
    ------
    InputError
        The method or an option is unknown.

    Notes
    -----
    Input shape (batch, F) gives (T, batch, F). Input shape (batch, length, C) gives the tasks
    side by side, (batch, length, T * C), as ``RepeatTasks`` does. The Gram matrix and the
    coefficients are float32 whatever the layer computes in.
    """

    attribution_rule, window_rule = "linear", "position"

    def __init__(
        self,
        tasks: int,
        method: str = "sum",
        *,
        options: Mapping[str, Any] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.tasks, self.method, self.options, self.seed = tasks, method, dict(options or {}), seed
        self._coefficients = CONFLICT_METHODS.get(method).coefficients
        known = set(inspect.signature(self._coefficients).parameters) - {"gram"}
        if not set(self.options) <= known - {"order"}:
            raise InputError(
                f"{method}: expected options of {sorted(known - {'order'})}, "
                f"received {sorted(self.options)}"
            )
        self._ordered = "order" in known
        if self._ordered:
            self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the input T times."""
        if not training or self.method == "sum":
            return self._repeat(inputs)
        # Floats, as a backend may want a gradient for whole numbers too; drawn out here, as the
        # generator's state may not change inside.
        shape = (self.tasks, self.tasks)
        noise = [keras.random.uniform(shape, seed=self.seed_generator)] if self._ordered else []
        return ops.custom_gradient(self._forward)(inputs, *noise)

    def _forward(self, inputs: Any, *noise: Any) -> tuple[Any, Any]:
        shape, on_channels = ops.shape(inputs), len(inputs.shape) == 3

        def gradient(*arguments: Any, upstream: Any = None) -> Any:
            # Backends pass the incoming gradient by place or by name.
            rows = self._rows(arguments[0] if upstream is None else upstream, on_channels)
            merged = ops.reshape(self._merged(rows, noise), shape)
            return (merged, *(ops.zeros_like(n) for n in noise)) if noise else merged

        return self._repeat(inputs), gradient

    def _repeat(self, inputs: Any) -> Any:
        if len(inputs.shape) == 3:
            return ops.tile(inputs, (1, 1, self.tasks))
        return ops.tile(ops.expand_dims(inputs, 0), (self.tasks, 1, 1))

    def _rows(self, gradient: Any, on_channels: bool) -> Any:
        """Return one row a task, shape (T, n), from a gradient in the shape of the output."""
        if on_channels:
            gradient = ops.reshape(gradient, (-1, self.tasks, gradient.shape[-1] // self.tasks))
            gradient = ops.transpose(gradient, (1, 0, 2))
        return ops.reshape(gradient, (self.tasks, -1))

    def _merged(self, rows: Any, noise: tuple[Any, ...]) -> Any:
        precise = ops.cast(rows, "float32")
        gram = sum_over_replicas(ops.matmul(precise, ops.transpose(precise)))
        orders = [ops.argsort(n, axis=-1) for n in noise]
        weights = self._coefficients(gram, *orders, **self.options)
        return ops.matmul(ops.cast(weights, rows.dtype)[None], rows)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (tasks, batch, features) or (batch, length, tasks * channels)."""
        if len(input_shape) == 3:
            return *input_shape[:-1], self.tasks * (input_shape[-1] or 0)
        return self.tasks, *input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {
            "tasks": self.tasks,
            "method": self.method,
            "options": dict(self.options),
            "seed": self.seed,
        }
