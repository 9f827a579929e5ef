"""Private attributes of Keras that chromkeras uses, in one place.

``pyproject.toml`` keeps Keras below the next minor version, and
``tests/chromkeras/backend/test_keras_private.py`` names each attribute.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import keras
from keras import ops
from keras.src.backend.common import global_state

from chromkeras.backend.devices import replicas
from chromkeras.backend.operations import apply_adam
from chromkeras.errors import InputError


def nodes(model: keras.Model) -> Iterator[Any]:
    """Yield the calls of layers in a functional model, those of which others depend first.

    Each has ``operation``, ``input_tensors`` and ``output_tensors``.

    Raises
    ------
    InputError
        The model is not functional.
    """
    by_depth = getattr(model, "_nodes_by_depth", None)
    if by_depth is None:
        raise InputError(f"expected a functional model, received {type(model).__name__}")
    for depth in sorted(by_depth, reverse=True):
        yield from by_depth[depth]


def producer(tensor: keras.KerasTensor) -> tuple[Any, list[Any]]:
    """Return the layer that made a tensor, None for none, and the tensors that it read."""
    operation, place, _ = tensor._keras_history
    return operation, [] if operation is None else list(
        operation._inbound_nodes[place].input_tensors
    )


def readers(layer: keras.layers.Layer) -> set[int]:
    """Return the identities of the layers that read a layer's output."""
    return {id(node.operation) for node in layer._outbound_nodes}


def stay_without_values(model: keras.Model) -> None:
    """Take a model's variables off the list of those that Keras gives values later on.

    It does so when any other stateless scope ends, as in the first step of any training, and has
    no public way to decline.
    """
    key, own = "uninitialized_variables", {id(v) for v in model.variables}
    waiting = global_state.get_global_attribute(key) or []
    global_state.set_global_attribute(key, [v for v in waiting if id(v) not in own])


def global_seeds() -> dict[str, Any]:
    """Return the seed that ``keras.utils.set_random_seed`` left, and the generator for all.

    The generator is the one that ``keras.random`` draws from without a seed; both are None where
    there is none yet.
    """
    names = ("global_random_seed", "global_seed_generator")
    return {name: global_state.get_global_attribute(name) for name in names}


def set_global_seeds(seeds: Mapping[str, Any]) -> None:
    """Set what ``global_seeds`` returned."""
    for name, value in seeds.items():
        global_state.set_global_attribute(name, value)


def tensorflow_seed() -> dict[str, Any]:
    """Return TensorFlow's global seed, which Keras sets with every backend; {} without TensorFlow.

    ``tf.random.set_seed`` would start the numbers of an old seed anew.
    """
    try:
        from tensorflow.python.eager.context import context
    except ImportError:
        return {}
    return {name: getattr(context(), name, None) for name in ("_seed", "_rng")}


def set_tensorflow_seed(seed: Mapping[str, Any]) -> None:
    """Set what ``tensorflow_seed`` returned."""
    if seed:
        from tensorflow.python.eager.context import context

        for name, value in seed.items():
            setattr(context(), name, value)


class Accumulation:
    """Mixin of optimizers: add each gradient to its sum as soon as it is known.

    Keras's own accumulation first waits for all gradients of a batch, then adds them, so it
    holds a batch's gradients, their sums with the accumulators and the means at once. On
    TensorFlow this mixin adds in place. The arithmetic is the same up to rounding. On JAX the
    compiler sees to it.
    """

    def _backend_apply_gradients(self: Any, grads: list[Any], trainable_variables: Any) -> None:
        """Add a batch's gradients; after every k-th batch update the weights by their mean."""
        batches = self.gradient_accumulation_steps
        if not batches or keras.backend.backend() != "tensorflow" or replicas() > 1:
            super()._backend_apply_gradients(grads, trainable_variables)  # type: ignore[misc]
            return
        order = [self._get_variable_index(v) for v in trainable_variables]
        sums = [self._accumulated_gradients[i] for i in order]
        place = self._iterations % batches
        for total, gradient in zip(sums, grads, strict=True):
            self._accumulate(total, gradient / batches, place == 0)

        def update() -> None:
            means = self._clip_gradients([ops.convert_to_tensor(total) for total in sums])
            self._apply_weight_decay(trainable_variables)
            self._backend_update_step(means, trainable_variables, self.learning_rate)

        ops.cond(place == batches - 1, update, lambda: None)

    def _accumulate(self: Any, total: Any, gradient: Any, first: Any) -> None:
        """Start a new sum, which costs no memory as zeros would, or add to it."""
        ops.cond(
            first,
            lambda: self.assign(total, gradient),
            lambda: self.assign_add(total, gradient),
        )


@keras.saving.register_keras_serializable(package="chromkeras")
class FusedAdam(Accumulation, keras.optimizers.Adam):
    """``keras.optimizers.Adam``, with one fused update where the backend has one.

    Takes the same arguments and gives the same weights up to rounding. JAX fuses Keras's own
    update when it compiles a step.
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable."""
        index = self._get_variable_index(variable)
        done = not self.amsgrad and apply_adam(
            variable,
            self._momentums[index],
            self._velocities[index],
            gradient,
            step=self.iterations + 1,
            adam=self,
            rate=learning_rate,
        )
        if not done:
            super().update_step(gradient, variable, learning_rate)
