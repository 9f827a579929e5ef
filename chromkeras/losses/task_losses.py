"""Losses over many tasks with unknown labels."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from chromkeras.backend.devices import level_over_replicas, replicas, sum_over_replicas


@keras.saving.register_keras_serializable(package="chromkeras")
class TaskCrossentropy(keras.losses.Loss):
    """Sum over tasks of the mean binary cross-entropy over that task's known labels.

    L = Σ_i mean_{known n} r_i(y_ni) CE(σ(z_ni), y_ni) with r_i(1) = 1 - ρ_i and r_i(0) = ρ_i
    (the poster's class-rebalanced loss), or r_i = 1 without ``positive_fraction``. A task
    without a known label in the batch adds 0. So the gradient of each task's own weights is the
    one of a network trained on that task alone.

    Parameters
    ----------
    positive_fraction
        ρ_i, the share of positives of each task in the training split, shape (T,); None weights
        both classes equally.
    name
        Name of the loss.

    Notes
    -----
    ``y_true`` has shape (batch, T): 1 and 0. ``y_pred`` are logits of the same shape. Which labels
    are known is told by the sample weights of that shape, 1 or 0; without them all are. A label
    that is not known may be anything, NaN included. The result has shape ().
    """

    def __init__(
        self,
        positive_fraction: Sequence[float] | None = None,
        name: str = "task_crossentropy",
        **kwargs: Any,
    ) -> None:
        kwargs.pop("reduction", None)
        super().__init__(name=name, reduction="sum", **kwargs)
        self.positive_fraction = (
            None if positive_fraction is None else tuple(float(v) for v in positive_fraction)
        )
        self._weights: Any = None

    def weighted_by(self, layer: Any) -> "TaskCrossentropy":
        """Return this loss with the weights that a layer holds.

        The gradient is that of Σ_i w_i L_i + P with the weights w_i and their penalty P as they
        are at each call, also with respect to what these are computed from. The value stays
        Σ_i L_i, so that runs with different weights can be compared. The layer is not part of
        the configuration: a saved loss is the plain one.

        Parameters
        ----------
        layer
            A ``chromkeras.layers.task_weights.TaskWeights`` of the model that is trained.
        """
        weighted = TaskCrossentropy(**self.get_config(), dtype=self.dtype)
        weighted._weights = layer
        return weighted

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the loss of a batch, shape (), with no further reduction by Keras."""
        with keras.name_scope(self.name):
            y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
            return self.call(y_true, y_pred, sample_weight)

    def call(self, y_true: Any, y_pred: Any, known: Any = None) -> Any:
        """Return the loss of a batch, shape (); in a replica's step, that replica's share."""
        sums, counts = self.sums(y_true, y_pred, known)
        counts = sum_over_replicas(counts)
        losses = sums / ops.maximum(counts, 1.0)
        total = ops.sum(losses)
        if self._weights is not None:
            weights = ops.cast(self._weights.task_weights(), losses.dtype)
            weighted = ops.sum(weights * losses) + self._weights.penalty(counts > 0) / replicas()
            total = ops.stop_gradient(total) + (weighted - ops.stop_gradient(weighted))
        return level_over_replicas(total)

    def sums(self, y_true: Any, y_pred: Any, known: Any = None) -> tuple[Any, Any]:
        """Return each task's cross-entropy summed over its known labels, and how many these are.

        Both have shape (T,) and the dtype of ``y_pred``.

        Parameters
        ----------
        y_true, y_pred
            Labels and logits, shape (batch, T).
        known
            1 where a label is known, else 0, shape (batch, T); None where all are.
        """
        target = ops.cast(y_true, y_pred.dtype)
        known = ops.ones_like(target) if known is None else ops.cast(known, y_pred.dtype)
        target = ops.where(known > 0, target, 0.0)
        entropy = ops.softplus(y_pred) - target * y_pred
        if self.positive_fraction is not None:
            rho = ops.convert_to_tensor(self.positive_fraction, dtype=y_pred.dtype)
            entropy = entropy * ops.where(target > 0, 1.0 - rho, rho)
        return ops.sum(entropy * known, axis=0), ops.sum(known, axis=0)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"name": self.name, "positive_fraction": self.positive_fraction}


LOSSES = {
    "rebalanced": lambda rho: TaskCrossentropy(positive_fraction=rho),
    "plain": lambda rho: TaskCrossentropy(),
}
