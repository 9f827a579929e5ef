"""The loss of a model with many tasks: from each task's loss to one number to train by."""

from inspect import Parameter, signature
from typing import Any

import keras
import numpy as np
from keras import ops

from chromkeras.backend.devices import level_over_replicas, replicas, sum_over_replicas
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.losses.registry import loss_names, of_loss, trained_loss


@keras.saving.register_keras_serializable(package="chromkeras")
class TaskLoss(keras.losses.Loss):
    """Sum over tasks of the mean loss over that task's known labels.

    L = Σ_i mean_{known n} ℓ(y_ni, f_ni), with ℓ of the module ``chromkeras.losses.NAME``. A task
    without a known label in the batch adds 0. So the gradient of each task's own weights is the
    one of a network trained on that task alone.

    Parameters
    ----------
    name
        Name of the loss, such as "rebalanced" or "mse".
    dtype
        Dtype to compute in; that of Keras by default.
    **constants
        What the loss takes from the training split, such as ``positive_fraction``; see
        ``make_loss``.

    Raises
    ------
    InputError
        Unknown name, or other constants than this loss takes.

    Notes
    -----
    Labels have shape (batch, T), outputs (batch, T) or, for classes, (batch, T, C). The mask of
    known labels, (batch, T), is given as Keras's ``sample_weight``; without it all are known. The
    result has shape ().

    Examples
    --------
    >>> loss = TaskLoss("mse")
    >>> y, f = np.array([[1.0, 9.0], [3.0, 5.0]]), np.array([[2.0, 0.0], [3.0, 2.0]])
    >>> float(loss(y, f, sample_weight=np.array([[1, 0], [1, 1]])))
    9.5
    """

    def __init__(self, name: str = "rebalanced", *, dtype: Any = None, **constants: Any) -> None:
        constants.pop("reduction", None)
        super().__init__(name=name, reduction="sum", dtype=dtype)
        self._per_task = of_loss(name, "per_task")
        _check_constants(name, self._per_task, constants)
        self.constants = {k: np.asarray(v, float).tolist() for k, v in constants.items()}
        self._weights: Any = None

    def weighted_by(self, layer: Any) -> "TaskLoss":
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
        weighted = TaskLoss(self.name, dtype=self.dtype, **self.constants)
        weighted._weights = layer
        return weighted

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the loss of a batch, shape (); ``sample_weight`` is 1 where a label is known."""
        with keras.name_scope(self.name):
            y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
            y_true = ops.convert_to_tensor(y_true, dtype=self.dtype)
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
        """Return each task's loss summed over its known labels, and how many these are.

        Both have shape (T,) and the dtype of ``y_pred``.
        """
        y = ops.cast(y_true, y_pred.dtype)
        known = ops.ones_like(y) if known is None else ops.cast(known, y_pred.dtype)
        sums, counts = self._per_task(y, y_pred, known, **self.constants)
        return sums, counts

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"name": self.name, **self.constants}


def make_loss(name: str, dataset: Dataset) -> TaskLoss:
    """Return a loss with the constants that it takes from a data set's training split.

    Parameters
    ----------
    name
        Name of the loss; "auto" stands for the usual one of the problem.
    dataset
        What is trained on.

    Raises
    ------
    InputError
        Unknown name, a loss for another problem, or labels that the loss cannot take.
    """
    name = trained_loss(name, dataset.problem)
    if of_loss(name, "PROBLEM") != dataset.problem:
        fitting = " or ".join(loss_names(dataset.problem))
        raise InputError(
            f"training.loss: expected {fitting} for a data set with the problem "
            f"{dataset.problem}, received {name}"
        )
    return TaskLoss(name, **of_loss(name, "constants")(dataset))


def _check_constants(name: str, per_task: Any, constants: dict[str, Any]) -> None:
    parameters = signature(per_task).parameters.values()
    expected = sorted(p.name for p in parameters if p.kind is Parameter.KEYWORD_ONLY)
    if expected != sorted(constants):
        raise InputError(
            f"loss {name}: expected {_listed(expected)}, received {_listed(sorted(constants))}"
        )


def _listed(names: list[str]) -> str:
    return f"the constants {', '.join(names)}" if names else "no constants"
