"""Soft-sharing penalty over the epochs: schedule of its weight λ, and log of its value."""

from typing import Any

import keras

from chromkeras.errors import InputError
from chromkeras.layers.sharing_penalty import SharingPenalty


class FollowPenalty(keras.callbacks.Callback):
    """Set λ at the begin of every epoch, and log the penalty at its end.

    Adds ``penalty``, λ Σ_{i<k} d(W_i, W_k) over all soft-shared layers together as the loss had
    it, and ``penalty/LAYER``, Σ_{i<k} d over the weights of that layer alone, without λ. A model
    without a penalty is left as it is. λ depends on the epoch's number alone, so a resumed run
    goes on with the right one.

    Parameters
    ----------
    schedule
        Name of the schedule, one of ``SHARES``.
    epochs
        Number of epochs of the whole run.
    """

    def __init__(self, schedule: str, epochs: int) -> None:
        super().__init__()
        self.schedule, self.epochs = schedule, epochs

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Set λ."""
        share = strength_share(self.schedule, epoch, self.epochs)
        for layer in self._layers():
            layer.current.assign(layer.strength * share)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Log the penalty, in all and by layer."""
        for layer in self._layers():
            entries = {"penalty": layer.current * layer.distance()}
            entries |= {f"penalty/{name}": d for name, d in layer.layer_distances().items()}
            if logs is not None:
                logs |= {k: float(keras.ops.convert_to_numpy(v)) for k, v in entries.items()}

    def _layers(self) -> list[SharingPenalty]:
        return [layer for layer in self.model.layers if isinstance(layer, SharingPenalty)]


def strength_share(schedule: str, epoch: int, epochs: int) -> float:
    """Return λ at an epoch, counted from 0, as a share of the full one.

    Raises
    ------
    InputError
        The schedule is unknown.
    """
    if schedule not in SHARES:
        raise InputError(f"expected a schedule of {', '.join(SHARES)}, received {schedule!r}")
    return SHARES[schedule](epoch, epochs)


def _constant(epoch: int, epochs: int) -> float:
    return 1.0


def _rising(epoch: int, epochs: int) -> float:
    """Return 0 in the first epoch, then evenly more up to 1 in the last; 1 where it is the only."""
    return epoch / (epochs - 1) if epochs > 1 else 1.0


def _falling(epoch: int, epochs: int) -> float:
    """Return 1 in the first epoch, then evenly less down to 0 in the last."""
    return 1.0 - epoch / max(epochs - 1, 1)


# Schedule -> share of the full λ at an epoch, counted from 0, of a number of epochs.
SHARES = {"constant": _constant, "rising": _rising, "falling": _falling}
