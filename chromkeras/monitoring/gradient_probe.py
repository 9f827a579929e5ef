"""Gradient of each task's loss at each layer, on one fixed batch."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from chrominterpret.engine.graph import call_at_inference, run_graph
from chromkeras.backend.operations import compile_weight_gradient
from chromkeras.data.batches import Batches
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.monitoring.count_sketch import CountSketch
from chromkeras.monitoring.gradient_log import Moment
from chromkeras.recipe.recipe import Recipe
from chromkeras.sharing.layer_table import COMMON
from chromkeras.sharing.one_task import TaskNetworks, WatchedLayer

ROWS, PARTS = 96, 4
# The probe's order is that of an epoch which no training reaches.
EPOCH = 10**6
# float32 numbers held to compare the tasks' gradients at shared layers: 256 MiB.
HELD = 2**26


@dataclass(frozen=True, eq=False)
class Probe:
    """Fixed batch, divided into H parts of equal size.

    Attributes
    ----------
    inputs
        Each input of the model, in its order, shape (H, rows, *the input's), float32.
    labels, known
        Labels, and 1 where they are known, else 0; shape (H, rows, T), float32.
    """

    inputs: tuple[np.ndarray, ...]
    labels: np.ndarray
    known: np.ndarray


def draw_probe(
    dataset: Dataset,
    recipe: Recipe,
    *,
    inputs: Sequence[str] | None = None,
    rows: int = ROWS,
    parts: int = PARTS,
) -> Probe:
    """Draw a probe from the training split by the recipe's seed, as an epoch's rows are drawn.

    Nothing is augmented, so every moment of a run, and every run with that seed, sees the same.

    Parameters
    ----------
    dataset, recipe
        What is trained, and how; ``data.background`` counts for the probe too.
    inputs
        Names of the inputs that the model reads; None for all of the data set.
    rows, parts
        Sequences, at most, and the parts to cut them into.

    Raises
    ------
    InputError
        There are fewer training rows than parts.
    """
    chosen = dataset.labelled(dataset.rows("train"))
    options: dict[str, Any] = {
        "inputs": inputs,
        "seed": recipe.training.seed,
        "background": recipe.data.background,
    }
    count = Batches(dataset, chosen, batch_size=1, **options).count
    size = min(rows, count) // parts
    if size == 0:
        raise InputError(
            f"watching gradients: expected at least {parts} training rows, received {count}"
        )
    batches = Batches(
        dataset, chosen, batch_size=size, reverse_complement=False, epoch=EPOCH, **options
    )
    drawn = [batches[part] for part in range(parts)]
    # Copies, as a batch's memory serves again. Keras orders a model's inputs as ``flatten`` does.
    parts_of = zip(*((*keras.tree.flatten(x), *rest) for x, *rest in drawn), strict=True)
    *read, labels, known = (np.stack(arrays) for arrays in parts_of)
    return Probe(tuple(read), labels, known)


class GradientProbe:
    """Measure the gradients of the tasks' losses, one task after the other.

    The loss of a task is the mean over its known labels of the whole probe, without task weights
    and penalties. Batch normalisation works with the statistics of each part, as in training;
    dropout is off. The gradient is the mean over the H parts of

        g_h = ∇ (H / N) Σ_{known n in part h} ℓ_n,

    with N known labels in the probe, and its signal-to-noise ratio ‖mean g_h‖ / s with
    s² = Σ_h ‖g_h - mean‖² / (H - 1): that of a batch of one part's size. Parts that are noise
    alone give 1/√H on average.

    At any time the gradients of one task are held, and at shared layers what the cosines need:
    up to ``held`` numbers in all, by a sketch where the layers are larger (``CountSketch``).

    Parameters
    ----------
    networks
        Networks of the tasks.
    probe
        Fixed batch.
    loss
        Loss with a method ``sums(labels, logits, known)``, such as ``TaskLoss``.
    held
        Number of values held for the cosines, see above.
    """

    def __init__(
        self, networks: TaskNetworks, probe: Probe, loss: Any, *, held: int = HELD
    ) -> None:
        self.networks, self.probe, self.loss = networks, probe, loss
        self.activations = tuple(x.name for x in networks.network.layers if _is_relu(x))
        shared = [layer for layer in networks.layers if layer.sharing in COMMON]
        width = max(held // max(len(shared) * len(networks.tasks), 1), 1)
        self._sketches = {
            layer.name: CountSketch(self._size(layer), width, seed=place)
            for place, layer in enumerate(shared)
        }
        self._step = compile_weight_gradient(self._loss_and_alive, networks.variables)
        known = probe.known > 0
        self._scale = np.divide(len(known), known.sum(axis=(0, 1)), where=known.any(axis=(0, 1)),
                                out=np.zeros(known.shape[-1]))  # fmt: skip

    def measure(self, step: int) -> Moment:
        """Measure the gradients at the weights as they are after ``step`` updates."""
        began = time.perf_counter()
        found = [self._task(place) for place in range(len(self.networks.tasks))]
        return Moment(
            step=step,
            loss=np.array([one.loss for one in found], np.float32),
            norm=np.array([one.norm for one in found], np.float32),
            signal=np.array([one.signal for one in found], np.float32),
            dead=np.array([one.dead for one in found], np.float32),
            cosine=self._cosines([one.directions for one in found]),
            seconds=time.perf_counter() - began,
        )

    def _size(self, layer: WatchedLayer) -> int:
        return sum(int(np.prod(self.networks.variables[p].shape)) for p in layer.places)

    def _loss_and_alive(self, *tensors: Any) -> tuple[Any, Any]:
        """Return one task's part of the loss, and which units of each activation are above 0.

        The tensors are the model's inputs, labels, which of them are known, and a factor a task.
        """
        *inputs, labels, known, scale = tensors
        alive: dict[str, Any] = {}

        def apply(step: Any, args: Any, kwargs: dict[str, Any]) -> Any:
            operation = step.operation
            if isinstance(operation, keras.layers.BatchNormalization):
                return operation(*args, **kwargs, training=True)
            out = call_at_inference(operation, args, kwargs)
            if _is_relu(operation):
                axes = tuple(range(len(out.shape) - 1))
                alive[operation.name] = ops.any(out > 0, axis=axes)
            return out

        logits = ops.cast(run_graph(self.networks.network, inputs, apply)[0], "float32")
        # The one network's output stands for every task's; of several classes on an axis behind.
        repeats = (1, labels.shape[-1], 1)[: len(logits.shape)]
        sums, _ = self.loss.sums(labels, ops.tile(logits, repeats), known)
        return ops.sum(ops.where(scale > 0, sums * scale, 0.0)), [
            alive[name] for name in self.activations
        ]

    def _task(self, place: int) -> "_Found":
        scale = np.zeros_like(self._scale, np.float32)
        scale[place] = self._scale[place]
        values = self.networks.values(self.networks.tasks[place])
        losses, alive, slopes = [], [], []
        probe = self.probe
        for part in zip(*probe.inputs, probe.labels, probe.known, strict=True):
            value, units, gradients = self._step(values, *part, scale)
            losses.append(float(value))
            alive.append([np.asarray(u) for u in units])
            slopes.append([_numbers(g) for g in gradients])
        known = scale[place] > 0
        norms, signals, directions = [], [], {}
        for layer in self.networks.layers:
            parts = np.stack([np.concatenate([s[p].ravel() for p in layer.places]) for s in slopes])
            mean = parts.mean(axis=0)
            norm = float(np.linalg.norm(mean)) if known else np.nan
            norms.append(norm)
            signals.append(_ratio(norm, _spread(parts, mean)))
            if layer.name in self._sketches:
                unit = mean / norm if norm > 0 else np.full_like(mean, np.nan)
                directions[layer.name] = self._sketches[layer.name](unit).astype(np.float32)
        dead = [1.0 - np.any(units, axis=0).mean() for units in zip(*alive, strict=True)]
        return _Found(np.mean(losses) if known else np.nan, norms, signals, dead, directions)

    def _cosines(self, directions: list[dict[str, np.ndarray]]) -> np.ndarray:
        """Return the cosines at each shared layer, shape (S, T, T)."""
        tasks = len(self.networks.tasks)
        found = np.full((len(self._sketches), tasks, tasks), np.nan, np.float32)
        shared = [layer for layer in self.networks.layers if layer.name in self._sketches]
        for cosine, layer in zip(found, shared, strict=True):
            rows = np.stack([own[layer.name] for own in directions])
            defined = np.isfinite(rows).all(axis=1)
            rows[~defined] = 0.0
            readers = np.array(layer.readers)
            pairs = np.outer(defined, defined) & (readers[:, None] == readers)
            cosine[pairs] = np.clip(rows @ rows.T, -1.0, 1.0)[pairs]
            cosine[np.diag(defined)] = 1.0
        return found


@dataclass(frozen=True)
class _Found:
    """Measurements of one task."""

    loss: Any
    norm: list[float]
    signal: list[float]
    dead: list[Any]
    directions: dict[str, np.ndarray]


def _is_relu(operation: Any) -> bool:
    activation: Callable[..., Any] | None = getattr(operation, "activation", None)
    return isinstance(operation, keras.layers.ReLU) or activation is keras.activations.relu


def _numbers(tensor: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(tensor), np.float32)


def _spread(parts: np.ndarray, mean: np.ndarray) -> float:
    """Return the standard deviation between parts, over all directions together."""
    if len(parts) == 1:
        return np.nan
    return float(np.sqrt(((parts - mean) ** 2).sum(dtype=np.float64) / (len(parts) - 1)))


def _ratio(norm: float, spread: float) -> float:
    """Return norm / spread; NaN for 0 / 0, and infinite where the parts agree."""
    if spread == 0:
        return np.inf if norm > 0 else np.nan
    return norm / spread
