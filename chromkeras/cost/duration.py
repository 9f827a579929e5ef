"""Duration of a training on this machine, estimated before anything is allocated.

A step's time is that of its matrix products, at shares of the speed of a large product, and of
the memory it moves, at the speed of a plain addition:

    seconds = a · convolutions / flops + b · dense / flops
              + c · activations / bandwidth + d · weights / bandwidth

with operations and bytes of the step. The coefficients were fitted to measured steps, whose
relative errors they make least, by ``scripts/benchmarks/duration.py --fit``.
"""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

import keras

from chromkeras.cost.activations import model_activations
from chromkeras.cost.machine import Speed
from chromkeras.cost.operations import layer_costs
from chromkeras.layers.sharing_penalty import SharingPenalty
from chromkeras.layers.task_conv1d import TaskConv1D
from chromkeras.layers.task_layer import TaskLayer
from chromkeras.recipe.recipe import TrainingRecipe

COEFFICIENTS = {
    "tensorflow": (0.58, 1.2, 50.0, 18.0),
    "jax": (0.3, 2.3, 24.0, 10.0),
}
CONVOLUTIONS = (keras.layers.Conv1D, TaskConv1D)
# What a prediction moves of what a training step does.
FORWARD_SHARE = 1 / 3
STRANDS = 2


@dataclass(frozen=True)
class Work:
    """Work of a step or a prediction.

    Attributes
    ----------
    convolutions, dense
        Numbers of floating-point operations of these layers; the penalty's count as a dense
        layer's.
    activations, weights
        Bytes of the activations that the backward pass reads, and of the trained weights.
    """

    convolutions: float
    dense: float
    activations: float
    weights: float

    def terms(self, speed: Speed) -> tuple[float, ...]:
        """Return the seconds of each term at full speed."""
        rates = (speed.flops, speed.flops, speed.bandwidth, speed.bandwidth)
        return tuple(work / rate for work, rate in zip(astuple(self), rates, strict=True))

    def seconds(self, speed: Speed) -> float:
        """Return the expected seconds on the current backend."""
        coefficients = COEFFICIENTS[keras.backend.backend()]
        return sum(c * t for c, t in zip(coefficients, self.terms(speed), strict=True))


@dataclass(frozen=True)
class Part:
    """Part of a model that is computed once for several rows.

    Attributes
    ----------
    model
        Model of the part.
    training, validation
        How often it is computed in a row of a training step, and of a validation: at most 1.
    """

    model: keras.Model
    training: float = 1.0
    validation: float = 1.0


def training_work(model: keras.Model, batch_size: int, parts: Sequence[Part] = ()) -> Work:
    """Return the work of a training step.

    ``parts`` make up the model where rows share some of it; the gradient of what lies between
    them is not counted.
    """
    trained = sum(4 * math.prod(v.shape) for v in model.trainable_variables)
    moved = convolutions = dense = 0.0
    for part in parts or (Part(model),):
        rows = batch_size * part.training
        moved += rows * model_activations(part.model).kept
        operations = _operations(part.model, 2, rows)
        convolutions, dense = convolutions + operations[0], dense + operations[1]
    return Work(convolutions, dense + _penalty(model), moved, float(trained))


def prediction_work(
    model: keras.Model, parts: Sequence[Part] = (), *, strands: int = STRANDS
) -> Work:
    """Return the work of predicting one sequence, on both strands unless it has only one."""
    moved = convolutions = dense = 0.0
    for part in parts or (Part(model),):
        rows = strands * part.validation
        moved += rows * FORWARD_SHARE * model_activations(part.model).kept
        operations = _operations(part.model, 1, rows)
        convolutions, dense = convolutions + operations[0], dense + operations[1]
    return Work(convolutions, dense, moved, 0.0)


def epoch_seconds(
    model: keras.Model,
    training: TrainingRecipe,
    *,
    rows: int,
    validated: int,
    speed: Speed,
    parts: Sequence[Part] = (),
    strands: int = STRANDS,
) -> tuple[float, float]:
    """Return the expected seconds of training and of validation in an epoch.

    Parameters
    ----------
    model
        Functional model; its variables may be without values.
    training
        Recipe of the training, with the batch size.
    rows, validated
        Numbers of rows of the training and of the validation split.
    speed
        Speed of this machine.
    parts
        Parts of the model where rows share some of it.
    strands
        Strands that a sequence is predicted on.
    """
    steps = rows / training.batch_size
    trains = steps * training_work(model, training.batch_size, parts).seconds(speed)
    return trains, validated * prediction_work(model, parts, strands=strands).seconds(speed)


def _penalty(model: keras.Model) -> float:
    """Return the operations of the penalty's two products of tied weights with all tasks'."""
    if not any(isinstance(layer, SharingPenalty) for layer in model.layers):
        return 0.0
    tied: list[Any] = [n for n in model.layers if isinstance(n, TaskLayer) and n.soft]
    sizes = [(layer.tasks, v) for layer in tied for v in layer.trainable_variables]
    return float(sum(4 * tasks * math.prod(v.shape) for tasks, v in sizes))


def _operations(model: keras.Model, which: int, sequences: float) -> tuple[float, float]:
    """Return the operations of convolutions and of other layers; ``which`` of ``layer_costs``."""
    costs = layer_costs(model)
    wide = sum(cost[which] for cost in costs if isinstance(cost[0], CONVOLUTIONS))
    return float(sequences * wide), float(sequences * (sum(c[which] for c in costs) - wide))
