"""Gradient log: the file of gradients that were measured during a training."""

import json
import os
import zipfile
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from chromkeras.errors import InputError
from chromkeras.files import replacing, require_file

VERSION = 1
COMMON = ("shared", "grouped")
DAMAGE = (zipfile.BadZipFile, ValueError, KeyError, TypeError, EOFError, OSError)


@dataclass(frozen=True)
class Moment:
    """Gradients and losses at one moment of a training; NaN is undefined.

    Attributes
    ----------
    step
        Number of updates of the weights before it.
    seconds
        Seconds that measuring took.
    loss
        Loss of each task on the probe, shape (T,).
    norm
        2-norm of the gradient of each task's loss at each layer, shape (T, L): of the task's own
        slice where the layer is its own.
    signal
        Norm of the mean gradient over the standard deviation between the parts of the probe,
        shape (T, L).
    dead
        Share of the units of each activation layer that are 0 on the whole probe, shape (T, R).
    cosine
        Cosine of each pair of tasks' gradients at the layers that tasks share, shape (S, T, T);
        NaN for tasks that share no weights there.
    """

    step: int
    seconds: float
    loss: np.ndarray
    norm: np.ndarray
    signal: np.ndarray
    dead: np.ndarray
    cosine: np.ndarray


@dataclass(frozen=True)
class GradientLog:
    """All moments of a training, in order.

    Attributes
    ----------
    tasks
        Names of the T tasks.
    layers, sharing
        Names of the L layers with trained weights, and the sharing mode of each: "shared",
        "grouped", "soft" or "own".
    activations
        Names of the R activation layers whose units can die.
    steps_per_epoch
        Number of batches in an epoch.
    rows, parts
        Number of sequences in the probe, and of the parts they are divided into.
    fingerprint
        Fingerprint of the data set.
    moments
        Measurements at M moments.
    """

    tasks: tuple[str, ...]
    layers: tuple[str, ...]
    sharing: tuple[str, ...]
    activations: tuple[str, ...]
    steps_per_epoch: int
    rows: int
    parts: int
    fingerprint: str
    moments: tuple[Moment, ...] = field(default=(), repr=False)

    @property
    def common(self) -> tuple[int, ...]:
        """Places among ``layers`` of the S that tasks share; none where all are the tasks' own."""
        return tuple(i for i, sharing in enumerate(self.sharing) if sharing in COMMON)

    @property
    def steps(self) -> np.ndarray:
        """Shape (M,), int64."""
        return np.array([moment.step for moment in self.moments], np.int64)

    @property
    def epochs(self) -> np.ndarray:
        """Epochs and fractions of one before each moment, shape (M,)."""
        return self.steps / self.steps_per_epoch

    @property
    def loss(self) -> np.ndarray:
        """Shape (M, T)."""
        return self._stack("loss", (len(self.tasks),))

    @property
    def norm(self) -> np.ndarray:
        """Shape (M, T, L)."""
        return self._stack("norm", (len(self.tasks), len(self.layers)))

    @property
    def signal(self) -> np.ndarray:
        """Shape (M, T, L)."""
        return self._stack("signal", (len(self.tasks), len(self.layers)))

    @property
    def dead(self) -> np.ndarray:
        """Shape (M, T, R)."""
        return self._stack("dead", (len(self.tasks), len(self.activations)))

    @property
    def cosine(self) -> np.ndarray:
        """Shape (M, S, T, T)."""
        tasks = len(self.tasks)
        return self._stack("cosine", (len(self.common), tasks, tasks))

    def with_moment(self, moment: Moment) -> "GradientLog":
        """Return the log with one more moment.

        Raises
        ------
        InputError
            The moment is not after the last one.
        """
        if self.moments and moment.step <= self.moments[-1].step:
            raise InputError(
                f"expected a moment after step {self.moments[-1].step}, received {moment.step}"
            )
        return replace(self, moments=(*self.moments, moment))

    def before(self, step: int) -> "GradientLog":
        """Return the log with the moments before a step only."""
        return replace(self, moments=tuple(m for m in self.moments if m.step < step))

    def _stack(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        values = [getattr(moment, name) for moment in self.moments]
        return np.stack(values) if values else np.zeros((0, *shape), np.float32)


def gradient_log_path(out: str | os.PathLike[str]) -> Path:
    """Return the path of the log that belongs to model file ``out``."""
    path = Path(out)
    return path.with_name(f"{path.stem}.gradients.npz")


def save_gradient_log(log: GradientLog, path: str | os.PathLike[str]) -> None:
    """Write a log as npz, whole or not at all."""
    arrays = {name: getattr(log, name) for name in _ARRAYS}
    arrays["seconds"] = np.array([moment.seconds for moment in log.moments])
    facts = {name: getattr(log, name) for name in _FACTS} | {"version": VERSION}
    with replacing(path) as beside:
        np.savez_compressed(beside, facts=np.array(json.dumps(facts)), **arrays)


def load_gradient_log(path: str | os.PathLike[str]) -> GradientLog:
    """Load a log.

    Raises
    ------
    InputError
        The file is missing, damaged or of another version.
    """
    found = require_file(path, "gradient log")
    try:
        with found.open("rb") as raw, np.load(raw) as file:
            arrays = {name: file[name] for name in (*_ARRAYS, "seconds")}
            facts = json.loads(str(file["facts"]))
        version = facts.pop("version")
        log = GradientLog(**_tuples(facts))
        moments = tuple(_moment(arrays, i) for i in range(len(arrays["steps"])))
    except DAMAGE as error:
        raise InputError(f"gradient log {found} is damaged; train again") from error
    if version != VERSION:
        raise InputError(
            f"gradient log {found}: expected version {VERSION}, received {version}; train again"
        )
    return replace(log, moments=moments)


_ARRAYS = ("steps", "loss", "norm", "signal", "dead", "cosine")
_FACTS = tuple(f.name for f in fields(GradientLog) if f.name != "moments")


def _moment(arrays: dict[str, np.ndarray], place: int) -> Moment:
    values: dict[str, Any] = {n: arrays[n][place] for n in _ARRAYS if n != "steps"}
    return Moment(int(arrays["steps"][place]), float(arrays["seconds"][place]), **values)


def _tuples(facts: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in facts.items()}
