"""Layer that adds the soft-sharing penalty to the loss."""

from collections.abc import Sequence
from typing import Any

import keras

from chromkeras.backend.devices import once_over_replicas
from chromkeras.backend.keras_private import producer
from chromkeras.errors import InputError
from chromkeras.layers.pairwise_distance import pairwise_distance
from chromkeras.layers.task_layer import TaskLayer


@keras.saving.register_keras_serializable(package="chromkeras")
class SharingPenalty(keras.layers.Layer):
    """Pass the logits through, and add λ Σ_{i<k} d(W_i, W_k) to the loss.

    W_i is all weights of task i in the soft-shared layers that lead to this layer, as one
    vector. The layer finds them itself, by walking the graph upstream of its input to every
    ``TaskLayer`` with ``soft=True``, so it needs no reference that a saved file could lose.

    Parameters
    ----------
    strength
        Weight λ of the penalty, at least 0; 0 leaves it out.
    p
        Order of the norm d, at least 1.
    squared
        Whether to use the squared 2-norm.

    Attributes
    ----------
    current
        Weight λ as it is now, a scalar variable that a callback may set. It is one of the layer's
        ``variables`` but not of its ``weights``, as the state of a random generator is, so files
        do not hold it and slices of a model's weights by task do not meet it.

    Notes
    -----
    Input and output have the same shape.
    """

    attribution_rule = "identity"

    def __init__(
        self, strength: float, *, p: float = 2.0, squared: bool = False, **kwargs: Any
    ) -> None:
        # in float32, as networks that are close differ by less than bfloat16 resolves
        super().__init__(**{"dtype": "float32"} | kwargs)
        if strength < 0:
            raise InputError(f"expected a penalty strength of at least 0, received {strength}")
        self.strength, self.p, self.squared = float(strength), float(p), squared
        self._tied = _Untracked()
        self._tied.strength = keras.Variable(
            keras.initializers.Constant(self.strength),
            shape=(),
            dtype="float32",
            trainable=False,
            name="strength",
        )

    @property
    def current(self) -> keras.Variable:
        """λ as it is now."""
        return self._tied.strength

    @property
    def variables(self) -> list[Any]:
        """The weights, and λ: a backend that compiles a step reads these anew at each call."""
        return [*super().variables, self.current]

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Call the layer; on a symbolic input, first find the layers it ties."""
        if isinstance(inputs, keras.KerasTensor):
            self._tied.layers = _soft_layers(inputs)
        return super().__call__(inputs, *args, **kwargs)

    def call(self, inputs: Any) -> Any:
        """Return the inputs unchanged."""
        if self.strength and self._tied.layers:
            self.add_loss(once_over_replicas(self.current * self.distance()))
        return inputs

    def distance(self) -> Any:
        """Return Σ_{i<k} d(W_i, W_k) of the weights as they are, shape ()."""
        return self._distance(self._tied.layers)

    def layer_distances(self) -> dict[str, Any]:
        """Return the same sum for each soft-shared layer's weights alone, by layer name."""
        layers: Any = self._tied.layers
        return {layer.name: self._distance([layer]) for layer in layers}

    def _distance(self, layers: Sequence[TaskLayer]) -> Any:
        weights = [w for layer in layers for w in layer.stacked_weights()]
        if not weights:  # all of them frozen
            return keras.ops.zeros(())
        return pairwise_distance(weights, p=self.p, squared=self.squared)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {
            "strength": self.strength,
            "p": self.p,
            "squared": self.squared,
        }


class _Untracked:
    """Holds layers and λ out of Keras's sight, which would save the weights a second time."""

    strength: keras.Variable

    def __init__(self) -> None:
        self.layers: list[TaskLayer] = []


def _soft_layers(tensor: keras.KerasTensor) -> list[TaskLayer]:
    """Return the soft-shared layers from which ``tensor`` is computed, in graph order."""
    seen: set[int] = set()
    found: list[TaskLayer] = []
    stack = [tensor]
    while stack:
        operation, inputs = producer(stack.pop())
        if operation is None or id(operation) in seen:
            continue
        seen.add(id(operation))
        if isinstance(operation, TaskLayer) and operation.soft:
            found.append(operation)
        stack += inputs
    return found[::-1]
