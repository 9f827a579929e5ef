"""Dry run: parameters, operations, memory and time of a training before it begins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import keras
import numpy as np

from chromkeras.backend.keras_private import stay_without_values
from chromkeras.backend.precision import precision
from chromkeras.cost.duration import COEFFICIENTS, Part, epoch_seconds
from chromkeras.cost.machine import Speed, free_memory, measure_speed, resident_memory
from chromkeras.cost.memory import Memory, training_memory
from chromkeras.cost.operations import Cost, model_cost
from chromkeras.data.batches import Batches
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.problems.registry import find_problem
from chromkeras.recipe.recipe import Recipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.freezing import freeze_layers, frozen_layers
from chromkeras.sharing.parted_model import part_model
from chromkeras.sharing.plan import input_names, resolve_plan
from chromkeras.sharing.task_groups import clusters, groups_text


@dataclass(frozen=True)
class DryRun:
    """Expected cost of a run on a CPU.

    Attributes
    ----------
    cost
        Parameters, and operations per sequence.
    memory
        Memory in bytes, by what takes it.
    free
        Memory in bytes that the run can have; None where unknown.
    speed
        Speed of this machine.
    training, validation
        Seconds of each in an epoch.
    epochs
        Largest number of epochs of the run.
    """

    cost: Cost
    memory: Memory
    free: int | None
    speed: Speed
    training: float
    validation: float
    epochs: int

    @property
    def warning(self) -> str:
        """Warning where the run will not fit into the free memory, else ""."""
        if self.free is None or self.memory.peak <= self.free:
            return ""
        return (
            f"the run is expected to need {_gigabytes(self.memory.peak)}, but only "
            f"{_gigabytes(self.free)} is free; lower training.batch_size (training.accumulate "
            "keeps the batch of an update) or the sizes of architecture"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the figures by name, and the warning."""
        return {f.name: getattr(self, f.name) for f in fields(self)} | {"warning": self.warning}

    def __str__(self) -> str:
        """Return a line for each figure."""
        epoch = self.training + self.validation
        lines = {
            "parameters": f"{self.cost.parameters:,}",
            "operations": f"{self.cost.forward / 1e9:.3g} GFLOP per sequence forward, "
            f"{self.cost.training / 1e9:.3g} in a training step",
            "memory": f"about {_gigabytes(self.memory.peak)} at the most: {self._parts()}",
            "epoch": f"about {_time(epoch)}: training {_time(self.training)}, validation "
            f"{_time(self.validation)}, at {self.speed.flops / 1e9:.0f} GFLOP/s",
            "run": f"at most {self.epochs} epochs, about {_time(self.epochs * epoch)}",
        }
        return "\n".join(f"{what:<12}{text}" for what, text in lines.items())

    def _parts(self) -> str:
        memory = self.memory
        sizes = {
            "program and data": memory.program + memory.working,
            "weights": memory.weights,
            "best epoch's": memory.best,
            "optimizer": memory.slots + memory.accumulators,
            "step": memory.step,
            "or validation": memory.prediction,
        }
        return ", ".join(f"{what} {_gigabytes(value)}" for what, value in sizes.items())


def dry_run(dataset: Dataset, recipe: Recipe) -> DryRun:
    """Estimate the cost of training by a recipe, without memory for any weight.

    Parameters
    ----------
    dataset
        Data set of the run; its size counts, and the process's memory with it loaded.
    recipe
        Recipe of the run.

    Raises
    ------
    InputError
        The recipe does not fit the data set, or costs are not known for the backend.
    """
    backend = keras.backend.backend()
    if backend not in COEFFICIENTS:
        raise InputError(
            f"dry run: expected backend {' or '.join(COEFFICIENTS)}, received {backend}"
        )
    find_problem(dataset.problem).check_training(dataset)
    program, free = resident_memory(), free_memory()
    model = untrained_model(
        recipe,
        dataset.tasks,
        dataset.shapes,
        problem=dataset.problem,
        classes=dataset.classes,
    )
    rows, validated = len(dataset.rows("train")), len(dataset.rows("valid"))
    speed, parts = measure_speed(), shared_parts(model, dataset, recipe)
    training, validation = epoch_seconds(
        model,
        recipe.training,
        rows=rows,
        validated=validated,
        speed=speed,
        parts=parts,
        strands=2 if dataset.has_two_strands(input_names(recipe.architecture)) else 1,
    )
    return DryRun(
        cost=model_cost(model),
        memory=training_memory(
            model,
            recipe.training,
            program=program,
            validated=validated,
            parts=parts,
        ),
        free=None if free is None else free + program,
        speed=speed,
        training=training,
        validation=validation,
        epochs=recipe.training.epochs,
    )


def shared_parts(model: keras.Model, dataset: Dataset, recipe: Recipe) -> tuple[Part, ...]:
    """Return the part of a model that rows share, and the rest; none where they share nothing.

    Parameters
    ----------
    model
        Model of the recipe; its variables may be without values.
    dataset
        Data set of the run, of whose first training batch distinct rows are counted.
    recipe
        Recipe of the run.
    """
    names = input_names(recipe.architecture)
    shared = dataset.shared_inputs(names)[:1]
    if not shared or len(names) == 1:
        return ()
    batches = Batches(
        dataset,
        dataset.rows("train"),
        batch_size=recipe.training.batch_size,
        seed=recipe.training.seed,
        inputs=names,
        together=recipe.data.together,
    )
    together = recipe.data.together > 1
    training = _distinct(dataset, shared[0], batches.order[: recipe.training.batch_size])
    validation = _distinct(dataset, shared[0], dataset.rows("valid"))
    with keras.StatelessScope(initialize_variables=False):
        parted = part_model(model, shared[0])
    return Part(parted.first, training if together else 1.0, validation), Part(parted.rest)


def _distinct(dataset: Dataset, name: str, rows: np.ndarray) -> float:
    """Return how many distinct rows of an input there are, of all rows (n,)."""
    return len(np.unique(dataset.table_rows(name, rows))) / max(len(rows), 1)


def untrained_model(
    recipe: Recipe,
    tasks: Sequence[str],
    inputs: Mapping[str, Sequence[int]],
    *,
    problem: str,
    classes: Sequence[str] = (),
) -> keras.Model:
    """Return the model of a recipe, its variables without values and so without memory.

    Groups that only the data can give are taken to be equally large, which costs as much.
    Parameters are those of ``resolve_plan``.
    """
    plan = resolve_plan(
        _with_groups(recipe, tasks), tasks, inputs, problem=problem, classes=classes
    )
    scope = keras.StatelessScope(initialize_variables=False)
    with scope, precision(recipe.training.precision):
        model = build_model(plan)
    stay_without_values(model)
    freeze_layers(model, frozen_layers(recipe))
    return model


def _with_groups(recipe: Recipe, tasks: Sequence[str]) -> Recipe:
    asked = clusters(recipe.sharing.groups, len(tasks))
    if asked is None:
        return recipe
    groups = np.arange(len(tasks)) % asked[1]
    text = groups_text(groups.tolist(), tasks)
    return replace(recipe, sharing=replace(recipe.sharing, groups=text))


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:.2f} GB"


def _time(seconds: float) -> str:
    """Return seconds as "5.2 s", "12 min" or "3.4 h"."""
    if seconds < 100:
        return f"{seconds:.2g} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
