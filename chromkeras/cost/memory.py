"""Peak memory of a training, estimated before anything is allocated."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import keras

from chromkeras.cost.activations import model_activations
from chromkeras.cost.duration import Part
from chromkeras.layers.sharing_penalty import SharingPenalty
from chromkeras.layers.task_conv1d import TaskConv1D
from chromkeras.layers.task_layer import TaskLayer
from chromkeras.optimizers.optimizers import OPTIMIZERS
from chromkeras.recipe.recipe import TrainingRecipe

FLOAT = 4
# The figures below are measured on CPUs by scripts/benchmarks/memory.py.
# What compiled steps, their threads and files take beyond the program as imported, in bytes.
WORKING = {"tensorflow": 100e6, "jax": 800e6}
# Gradients, and what the allocator holds of copies that steps and initializers made, in copies
# of the trained weights.
GRADIENTS = 2
# Gradients on their way backwards, in outputs of the largest layer.
IN_FLIGHT = {"tensorflow": 3, "jax": 6}
# Copies of a stacked convolution's kernels, by task or in the layout of one wide convolution; of
# tied weights, centred, and as the penalty's gradient.
KERNEL_COPIES = 1
PENALTY_COPIES = 2
# Batches of rows in one prediction where many rows share what costs most.
SHARED_BATCHES = 4
# A prediction takes at most this for the input and output of a layer.
PREDICTION = 512 * 2**20
LARGEST_BATCH = 256


@dataclass(frozen=True)
class Memory:
    """Memory of a training in bytes, by what takes it.

    Attributes
    ----------
    program
        Bytes of the program with its data set, before the model is made.
    working
        Bytes that the framework takes to compile and run steps.
    weights, slots, accumulators, best
        Bytes of the weights; of what the optimizer keeps for each; of summed gradients; of the
        weights of the best epoch.
    gradients, activations, penalty
        Bytes that a training step takes meanwhile, the penalty by its centred copies.
    prediction
        Bytes that the validation takes meanwhile.
    """

    program: int
    working: int
    weights: int
    slots: int
    accumulators: int
    best: int
    gradients: int
    activations: int
    penalty: int
    prediction: int

    @property
    def step(self) -> int:
        """Bytes that a training step takes meanwhile."""
        return self.gradients + self.activations + self.penalty

    @property
    def peak(self) -> int:
        """Most bytes at a time: all that stays, and the larger of step and validation."""
        total = sum(getattr(self, field.name) for field in fields(self))
        return total - min(self.step, self.prediction)


def training_memory(
    model: keras.Model,
    training: TrainingRecipe,
    *,
    program: int,
    validated: int,
    parts: Sequence[Part] = (),
) -> Memory:
    """Estimate the peak resident memory of training a model on a CPU.

    Parameters
    ----------
    model
        Functional model; its variables may be without values, as under
        ``keras.StatelessScope(initialize_variables=False)``.
    training
        Recipe of the training: optimizer, batch size and accumulation.
    program
        Bytes that the process takes now, data set loaded and Keras imported.
    validated
        Number of rows of the validation split.
    parts
        Parts that make up the model where rows share some of it.
    """
    backend = keras.backend.backend()
    trained = _bytes(model.trainable_variables)
    own = [layer for layer in model.layers if isinstance(layer, TaskLayer)]
    wide = _trained(layer for layer in own if isinstance(layer, TaskConv1D))
    tied = _trained(layer for layer in own if layer.soft)
    penalised = any(isinstance(layer, SharingPenalty) for layer in model.layers)
    each = [(model_activations(part.model), part) for part in parts or (Part(model),)]
    per_sequence = sum(
        part.training * (a.kept + IN_FLIGHT[backend] * a.largest) for a, part in each
    )
    predicted = min(prediction_batch(model) * (SHARED_BATCHES if parts else 1), validated)
    return Memory(
        program=program,
        working=int(WORKING[backend]),
        weights=_bytes(model.variables),
        slots=OPTIMIZERS[training.optimizer].slots * trained,
        accumulators=trained if training.accumulate > 1 else 0,
        best=_bytes(model.weights),
        gradients=GRADIENTS * trained + KERNEL_COPIES * wide,
        activations=int(training.batch_size * per_sequence),
        penalty=PENALTY_COPIES * tied if penalised else 0,
        prediction=int(predicted * max(part.validation * a.passing for a, part in each)),
    )


def prediction_batch(model: keras.Model) -> int:
    """Return how many sequences to predict at a time: 256, or fewer where layers are wide."""
    passing = max(model_activations(model).passing, 1)
    return max(min(LARGEST_BATCH, PREDICTION // passing), 1)


def _trained(layers: Iterable[Any]) -> int:
    return sum(_bytes(layer.trainable_variables) for layer in layers)


def _bytes(variables: Iterable[Any]) -> int:
    return sum(FLOAT * math.prod(v.shape) for v in variables)
