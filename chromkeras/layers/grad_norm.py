"""Weights of the tasks' losses that balance the tasks' gradients."""

from typing import Any

import keras
import numpy as np
from keras import ops

from chromkeras.backend.devices import replicas, sum_over_replicas
from chromkeras.layers.task_weights import TaskWeights, relative


@keras.saving.register_keras_serializable(package="chromkeras")
class GradNorm(TaskWeights):
    """Pass the tasks' features through, and learn the tasks' weights from their gradients.

    Chen et al. 2018 (ICML, arXiv:1711.02257). With G_i the norm of the gradient of w_i L_i, the
    weights are trained, from 1, to lessen

        Σ_i |G_i - mean(G) r_i^α|,  r_i = (L_i / L_i(0)) / mean(L / L(0)),

    the target taken as constant, with Σ_i w_i = T kept by w = T softmax(v). The layer belongs
    right behind the point where the tasks branch, where its backward pass sees the gradients of
    all tasks: it hands them on as they are, and gives v the gradient above in place of the
    loss's, so any optimizer trains v along with the model. G_i is the norm of the gradient of
    the task's features in the batch, where Chen et al. take that of the last shared weights. A
    task without a gradient is left out of the means and of the change, and one alone has nothing
    to be balanced with.

    Parameters
    ----------
    tasks
        Number of tasks T.
    alpha
        Exponent α: how strongly tasks that train slowly are favoured; 0 makes all norms equal.
    on_channels
        Whether the tasks lie side by side on the channel axis.

    Notes
    -----
    Input and output shape (T, batch, F), or (batch, length, T * C) when ``on_channels``. The
    losses L_i come from `take_losses` after every epoch; L_i(0) is the mean loss of the first
    epoch, so r_i is 1 in the first two.
    """

    at_outputs = False

    def __init__(
        self, tasks: int, *, alpha: float = 1.5, on_channels: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(tasks, **kwargs)
        self.alpha, self.on_channels = float(alpha), on_channels

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make v, r and L(0); an L_i(0) of 0 is none yet."""
        self.balance = self.add_vector("balance", "zeros", trainable=True)
        self.rate = self.add_vector("rate", "ones", trainable=False)
        self.first_losses = self.add_vector("first_losses", "zeros", trainable=False)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the inputs unchanged."""
        if not training:
            return inputs
        balance, rate = (ops.convert_to_tensor(v) for v in (self.balance, self.rate))
        return ops.custom_gradient(self._forward)(inputs, balance, rate)

    def task_weights(self) -> Any:
        """Return w_i, shape (T,); constants, as v does not descend the loss."""
        return self.tasks * ops.softmax(ops.stop_gradient(ops.convert_to_tensor(self.balance)))

    def take_losses(self, losses: np.ndarray) -> None:
        """Set r_i by the tasks' mean training losses in an epoch."""
        first = ops.convert_to_numpy(self.first_losses)
        first = np.where(first > 0, first, np.nan_to_num(losses))
        share = relative(losses, first)
        self.first_losses.assign(first)
        self.rate.assign(share / share.mean())

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"alpha": self.alpha, "on_channels": self.on_channels}

    def _forward(self, inputs: Any, balance: Any, rate: Any) -> tuple[Any, Any]:
        def gradient(*arguments: Any, upstream: Any = None) -> Any:
            # Backends pass the incoming gradient by place or by name.
            upstream = arguments[0] if upstream is None else upstream
            return upstream, self._pull(self._norms(upstream), balance, rate), ops.zeros_like(rate)

        return inputs, gradient

    def _norms(self, gradient: Any) -> Any:
        """Return the norm of each task's gradient, shape (T,)."""
        squares = ops.square(ops.cast(gradient, "float32"))
        if self.on_channels:
            squares = ops.sum(squares, axis=(0, 1))
        squares = ops.sum(ops.reshape(squares, (self.tasks, -1)), axis=-1)
        return ops.sqrt(sum_over_replicas(squares))

    def _pull(self, norms: Any, balance: Any, rate: Any) -> Any:
        """Return the gradient of Σ_i |G_i - target_i| with respect to v.

        G_i is proportional to w_i, so w_i dG_i/dw_i = G_i, and with w = T softmax(v) the chain
        rule gives a_k - (w_k / T) Σ_i a_i, where a_i = sign(G_i - target_i) G_i.
        """
        present = ops.cast(norms > 0, norms.dtype)
        mean = ops.sum(norms) / ops.maximum(ops.sum(present), 1.0)
        slopes = ops.sign(norms - mean * ops.power(rate, self.alpha)) * norms
        several = ops.cast(ops.sum(present) > 1, norms.dtype)
        pull = slopes - ops.softmax(balance) * ops.sum(slopes)
        return several * present * pull / replicas()
