"""Callback that measures the tasks' gradients while a model trains."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.model_file.beside import running_gradient_log_path
from chromkeras.monitoring.gradient_log import (
    GradientLog,
    load_gradient_log,
    save_gradient_log,
)
from chromkeras.monitoring.gradient_probe import GradientProbe, draw_probe
from chromkeras.sharing.one_task import task_networks
from chromkeras.sharing.plan import Plan

MOMENTS = 12


class WatchGradients(keras.callbacks.Callback):
    """Measure the gradients before every k-th step and after the last, and keep them in a file.

    Training is not changed: weights, random states and batches stay as they are.

    Parameters
    ----------
    probe
        Probe of the model that is trained.
    log
        Log to append to; its file is replaced whole after every moment.
    path
        Path of that file.
    every
        Distance k of two moments in steps.
    done
        Number of steps already done, where a run is resumed.
    """

    def __init__(
        self,
        probe: GradientProbe,
        log: GradientLog,
        path: str | os.PathLike[str],
        *,
        every: int,
        done: int = 0,
    ) -> None:
        super().__init__()
        self.probe, self.log, self.path, self.every = probe, log, Path(path), every
        self._done = self._first = done

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Count on from the first step of the epoch."""
        self._first = epoch * self.log.steps_per_epoch

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Measure, where it is time to."""
        self._done = self._first + batch
        if self._done % self.every == 0:
            self._measure()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the step."""
        self._done = self._first + batch + 1

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Measure once more."""
        self._measure()

    def _measure(self) -> None:
        # On JAX, asking for the model puts the weights of the running epoch into its variables.
        if self.model is None or (self.log.moments and self.log.moments[-1].step >= self._done):
            return
        moment = self.probe.measure(self._done)
        self.log = self.log.with_moment(moment)
        save_gradient_log(self.log, self.path)


def watch_gradients(
    model: keras.Model,
    dataset: Dataset,
    plan: Plan,
    loss: Any,
    out: str | os.PathLike[str],
    *,
    steps: int,
    first_epoch: int = 0,
) -> WatchGradients:
    """Return the callback that measures gradients about a dozen times, evenly over all its epochs.

    Parameters
    ----------
    model, dataset, plan
        Model that is trained, its data set and its plan.
    loss
        Loss without task weights.
    out
        Model file of the run; the log of a run that has not ended stands beside it.
    steps
        Number of batches in an epoch.
    first_epoch
        Number of epochs already done where a run is resumed: the log beside ``out``, if there is
        one, is continued, and what it holds of later steps is measured again.

    Raises
    ------
    InputError
        There are too few training rows; the log is damaged or of another run.
    """
    networks = task_networks(model, plan)
    probe = draw_probe(dataset, plan.recipe, inputs=tuple(plan.inputs))
    watched = GradientProbe(networks, probe, loss)
    path = running_gradient_log_path(out)
    log = GradientLog(
        tasks=tuple(dataset.tasks),
        layers=tuple(layer.name for layer in networks.layers),
        sharing=tuple(layer.sharing for layer in networks.layers),
        activations=watched.activations,
        steps_per_epoch=steps,
        rows=probe.labels.shape[0] * probe.labels.shape[1],
        parts=len(probe.labels),
        fingerprint=dataset.fingerprint,
        roles=tuple(layer.role for layer in networks.layers),
        activated=tuple(plan.layers[name].follows for name in watched.activations),
    )
    if first_epoch and path.exists():
        log = _resumed(path, log, first_epoch * steps)
    every = max(-(-plan.recipe.training.epochs * steps // MOMENTS), 1)
    return WatchGradients(watched, log, path, every=every, done=first_epoch * steps)


def _resumed(path: Path, log: GradientLog, step: int) -> GradientLog:
    found = load_gradient_log(path).before(step)
    if not found.roles:  # of an earlier version
        found = replace(found, roles=log.roles, activated=log.activated)
    if replace(found, moments=()) != log:
        raise InputError(
            f"gradient log {path} belongs to another run; move it away or train without `resume`"
        )
    return found
