"""Gradient accumulation that holds no batch's gradients longer than it must."""

from typing import Any

import keras
from keras import ops

from chromkeras.backend.devices import replicas


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
