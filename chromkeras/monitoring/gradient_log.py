"""Gradient log: the file of gradients that were measured during a training."""

import json
import os
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from chromkeras.errors import InputError
from chromkeras.files import replacing
from chromkeras.model_file.archive import Archive, check_names, open_archive
from chromkeras.model_file.facts import (
    as_int,
    as_list,
    as_name,
    as_table,
    as_text,
    read_json,
    wrong,
)
from chromkeras.model_file.npz import SUFFIX, read_array, read_text
from chromkeras.sharing.layer_table import COMMON, MODES, ROLES, SCALES

VERSION = 1
MOST_MOMENTS = 100_000
MOST_NAMES = 10_000


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
    roles
        Role of each layer in the layer table, shape (L,); none in logs of earlier versions.
    activated
        Names of the layers that the activations belong to, "" for none, shape (R,); none in logs
        of earlier versions.
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
    roles: tuple[str, ...] = ()
    activated: tuple[str, ...] = ()
    moments: tuple[Moment, ...] = field(default=(), repr=False)

    @property
    def common(self) -> tuple[int, ...]:
        """Places among ``layers`` of the S that tasks share; none where all are the tasks' own."""
        return tuple(i for i, sharing in enumerate(self.sharing) if sharing in COMMON)

    @property
    def main(self) -> tuple[int, ...]:
        """Places among ``layers`` of those that do more than scale and shift, or else of all.

        Of a log without roles, all.
        """
        roles = self.roles or ("",) * len(self.layers)
        places = tuple(i for i, role in enumerate(roles) if role not in SCALES)
        return places or tuple(range(len(self.layers)))

    @property
    def steps(self) -> np.ndarray:
        """Shape (M,), int64."""
        return np.array([moment.step for moment in self.moments], np.int64)

    @property
    def epochs(self) -> np.ndarray:
        """Epochs and fractions of one before each moment, shape (M,)."""
        return self.steps / self.steps_per_epoch

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the arrays of a moment, by name."""
        tasks, layers = len(self.tasks), len(self.layers)
        return {
            "loss": (tasks,),
            "norm": (tasks, layers),
            "signal": (tasks, layers),
            "dead": (tasks, len(self.activations)),
            "cosine": (len(self.common), tasks, tasks),
        }

    @property
    def loss(self) -> np.ndarray:
        """Shape (M, T)."""
        return self._stack("loss")

    @property
    def norm(self) -> np.ndarray:
        """Shape (M, T, L)."""
        return self._stack("norm")

    @property
    def signal(self) -> np.ndarray:
        """Shape (M, T, L)."""
        return self._stack("signal")

    @property
    def dead(self) -> np.ndarray:
        """Shape (M, T, R)."""
        return self._stack("dead")

    @property
    def cosine(self) -> np.ndarray:
        """Shape (M, S, T, T)."""
        return self._stack("cosine")

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

    def _stack(self, name: str) -> np.ndarray:
        values = [getattr(moment, name) for moment in self.moments]
        return np.stack(values) if values else np.zeros((0, *self.shapes[name]), np.float32)


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
    try:
        with open_archive(path, "gradient log", ".npz", compressed=True) as archive:
            return _read(archive)
    except InputError as error:
        raise InputError(f"{error}; train again") from error


def _read(archive: Archive) -> GradientLog:
    check_names(archive, [name + SUFFIX for name in ("facts", *_ARRAYS, "seconds")])
    log = _read_facts(archive)
    steps = read_array(archive, "steps", kinds="i")
    if (
        steps.ndim != 1
        or len(steps) > MOST_MOMENTS
        or (np.diff(steps) <= 0).any()
        or (steps < 0).any()
    ):
        raise InputError(f"{archive.title}: expected steps that rise from 0")
    arrays = {name: read_array(archive, name, kinds="f") for name in (*_ARRAYS[1:], "seconds")}
    for name, array in arrays.items():
        shape = (len(steps), *({"seconds": ()} | log.shapes)[name])
        if array.shape != shape:
            raise wrong(f"{archive.title}: {name}", f"shape {shape}", list(array.shape))
    seconds = arrays.pop("seconds")
    moments = [
        Moment(int(step), float(seconds[i]), **{n: a[i] for n, a in arrays.items()})
        for i, step in enumerate(steps)
    ]
    return replace(log, moments=tuple(moments))


def _read_facts(archive: Archive) -> GradientLog:
    """Return the log without its moments."""
    where = f"{archive.title}: facts"
    facts = as_table(read_json(read_text(archive, "facts"), where), where, needed=("version",))
    if facts["version"] != VERSION:
        raise wrong(f"{archive.title}: version", str(VERSION), facts["version"])
    needed = [fact for fact in _FACTS if fact not in _LATER]
    as_table(facts, where, needed=("version", *needed), allowed=_LATER)
    values: dict[str, Any] = {key: _names(facts[key], f"{where}: {key}") for key in _NAMES}
    values |= {key: _texts(facts.get(key, []), f"{where}: {key}") for key in _LATER}
    values |= {key: as_int(facts[key], f"{where}: {key}", least=1) for key in _NUMBERS}
    fingerprint = as_text(facts["fingerprint"], f"{where}: fingerprint")
    log = GradientLog(fingerprint=fingerprint, **values)
    if not log.tasks or len(log.sharing) != len(log.layers) or not set(log.sharing) <= {*MODES}:
        raise InputError(f"{where}: expected tasks, and {', '.join(MODES)} for each layer")
    if len(log.roles) not in (0, len(log.layers)) or not set(log.roles) <= {*ROLES}:
        raise InputError(f"{where}: roles: expected {', '.join(ROLES)} for each layer")
    if len(log.activated) not in (0, len(log.activations)):
        raise InputError(f"{where}: activated: expected a layer for each activation")
    return log


def _names(value: Any, where: str) -> tuple[str, ...]:
    return tuple(as_name(name, where) for name in as_list(value, where, most=MOST_NAMES))


def _texts(value: Any, where: str) -> tuple[str, ...]:
    return tuple(as_text(text, where) for text in as_list(value, where, most=MOST_NAMES))


_ARRAYS = ("steps", "loss", "norm", "signal", "dead", "cosine")
_FACTS = tuple(f.name for f in fields(GradientLog) if f.name != "moments")
_NAMES = ("tasks", "layers", "sharing", "activations")
# Facts that logs of earlier versions do not have.
_LATER = ("roles", "activated")
_NUMBERS = ("steps_per_epoch", "rows", "parts")
