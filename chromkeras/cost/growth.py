"""Growth of a recipe's cost with its number of tasks, by short steps of untrained models."""

import gc
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import keras
import numpy as np

from chromkeras.backend.operations import compile_model
from chromkeras.backend.precision import precision
from chromkeras.cost.dry_run import untrained_model
from chromkeras.cost.duration import COEFFICIENTS, training_work
from chromkeras.cost.machine import Speed, free_memory, measure_speed
from chromkeras.cost.memory import training_memory
from chromkeras.cost.operations import Cost, model_cost
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.losses.task_loss import make_loss
from chromkeras.optimizers.optimizers import make_optimizer
from chromkeras.recipe.recipe import Recipe, SharingRecipe, TransferRecipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan
from chromkeras.sharing.task_groups import clusters, groups_text

Inputs = Mapping[str, Sequence[int]]
MEASURED = (1, 2, 4, 8, 16)
ESTIMATED = (164,)  # as many as Basset has
LONGEST_STEP = 15.0  # seconds; a step expected to take longer is not measured
_SCHEDULE_STEPS = 1000
_LEAST, _MOST = 5, 25


@dataclass(frozen=True)
class Growth:
    """Cost of one recipe at one number of tasks.

    Attributes
    ----------
    name
        Name of the recipe.
    tasks
        Number of tasks T.
    parameters, training
        Numbers of weights, and of operations of a training step per sequence; both exact.
    memory
        Bytes of training, estimated, beyond the program and its data.
    step
        Seconds of a training step.
    measured
        Whether ``step`` was measured; else it is what the work predicts, scaled to agree with
        the largest T that was measured.
    """

    name: str
    tasks: int
    parameters: int
    training: int
    memory: int
    step: float
    measured: bool


def measure_growth(
    recipes: dict[str, Recipe],
    inputs: Inputs,
    *,
    problem: str,
    classes: Sequence[str] = (),
    measured: Sequence[int] = MEASURED,
    estimated: Sequence[int] = ESTIMATED,
    budget: float = 2.0,
    progress: Callable[[int, int], None] | None = None,
) -> list[Growth]:
    """Measure a step of every recipe at every number of tasks.

    Parameters
    ----------
    recipes
        Recipes by name; transfer, starting motifs and task names are left out of them.
    inputs
        Shape of each input without the batch, by name.
    problem, classes
        Kind of the labels, and names of its classes.
    measured, estimated
        Numbers of tasks.
    budget
        Seconds of steps for each measurement, after a warm-up.
    progress
        Function called with numbers of measurements (done, in all).

    Returns
    -------
    list of Growth
        Costs by recipe, then by rising T.

    Raises
    ------
    InputError
        Costs are not known for the backend, or a recipe's loss is for another problem.
    """
    backend = keras.backend.backend()
    if backend not in COEFFICIENTS:
        raise InputError(
            f"growth: expected backend {' or '.join(COEFFICIENTS)}, received {backend}"
        )
    speed, scale = measure_speed(), dict.fromkeys(recipes, 1.0)
    found: list[Growth] = []
    counts = sorted({*measured, *estimated})
    kind: dict[str, Any] = {"problem": problem, "classes": classes}
    for count in counts:
        plans = {
            name: _plan(recipe, count, inputs, speed, scale[name], **kind)
            for name, recipe in recipes.items()
        }
        free = free_memory()
        room = math.inf if free is None else 0.8 * free / len(recipes)
        fitting = {
            name: plan.recipe
            for name, plan in plans.items()
            if count in measured and plan.expected <= LONGEST_STEP and plan.memory < room
        }
        steps = step_seconds(fitting, count, inputs, **kind, budget=budget)
        for name, plan in plans.items():
            scale[name] *= steps[name] / plan.expected if name in steps else 1.0
            found.append(
                Growth(
                    name, count, plan.cost.parameters, plan.cost.training, plan.memory,
                    steps.get(name, plan.expected), name in steps,
                )
            )  # fmt: skip
        if progress is not None:
            progress(len(found), len(recipes) * len(counts))
    order = list(recipes)
    return sorted(found, key=lambda one: (order.index(one.name), one.tasks))


def with_tasks(recipe: Recipe, tasks: Sequence[str]) -> Recipe:
    """Return a recipe for other tasks: no start from a model or motifs, groups of equal size.

    It has as many groups as before, or one for each task where tasks are fewer.
    """
    sharing, count = recipe.sharing, _groups(recipe.sharing)
    if count:
        groups = (np.arange(len(tasks)) % min(count, len(tasks))).tolist()
        sharing = replace(sharing, groups=groups_text(groups, tasks))
    architecture = replace(recipe.architecture, motifs="")
    balance = replace(recipe.balance, warm_task="")
    return replace(
        recipe,
        architecture=architecture,
        sharing=sharing,
        balance=balance,
        transfer=TransferRecipe(),
    )


def _groups(sharing: SharingRecipe) -> int:
    if not sharing.grouped:
        return 0
    asked = clusters(sharing.groups, 10**9)
    return asked[1] if asked else sharing.groups.count(";") + 1


def task_names(count: int) -> list[str]:
    """Return names for so many tasks."""
    return [f"task{i}" for i in range(count)]


def step_seconds(
    recipes: dict[str, Recipe],
    count: int,
    inputs: Inputs,
    *,
    problem: str,
    classes: Sequence[str] = (),
    budget: float,
) -> dict[str, float]:
    """Return the least seconds of a training step of each untrained model.

    The recipes take turns, so that what else the machine does strikes all alike; it only ever
    adds to a step, so the least of the times is nearest to the step's own.

    Parameters
    ----------
    recipes
        Recipes by name, for ``count`` tasks.
    count, inputs
        Number of tasks, and shape of each input by name.
    problem, classes
        Kind of the labels, and names of its classes.
    budget
        Seconds of steps for each recipe.
    """
    labelled = _labelled(count, problem, classes)
    steps = {name: _step(recipe, inputs, labelled) for name, recipe in recipes.items()}
    for step in [*steps.values()] * 2:
        step()
    times: dict[str, list[float]] = {name: [] for name in steps}
    start = time.perf_counter()
    for turn in range(_MOST):
        if turn >= _LEAST and time.perf_counter() - start > budget * len(steps):
            break
        for name, step in steps.items():
            began = time.perf_counter()
            step()
            times[name].append(time.perf_counter() - began)
    del steps
    gc.collect()
    return {name: min(each) for name, each in times.items()}


@dataclass(frozen=True)
class _Plan:
    """Expected cost of a recipe: bytes, and seconds of a step."""

    recipe: Recipe
    cost: Cost
    memory: int
    expected: float


def _plan(
    recipe: Recipe,
    count: int,
    inputs: Inputs,
    speed: Speed,
    scale: float,
    *,
    problem: str,
    classes: Sequence[str],
) -> _Plan:
    tasks = task_names(count)
    own = with_tasks(recipe, tasks)
    model = untrained_model(own, tasks, inputs, problem=problem, classes=classes)
    memory = training_memory(model, own.training, program=0, validated=0)
    expected = scale * training_work(model, own.training.batch_size).seconds(speed)
    return _Plan(own, model_cost(model), memory.peak, expected)


def _labelled(count: int, problem: str, classes: Sequence[str]) -> Dataset:
    """Return labels alone, of which 3 in 10 are 1 and the others 0, legal in every problem."""
    labels = np.repeat(np.arange(10)[:, None] < 3, count, axis=1).astype(np.int8)
    split = np.full(len(labels), "train")
    return Dataset(
        {}, labels, tuple(task_names(count)), split, problem=problem, classes=tuple(classes)
    )


def _step(recipe: Recipe, inputs: Inputs, labelled: Dataset) -> Callable[[], Any]:
    """Return a call that trains on one batch of random sequences and labels."""
    rng = np.random.default_rng(0)
    batch = recipe.training.batch_size
    with precision(recipe.training.precision):
        plan = resolve_plan(
            recipe, labelled.tasks, inputs, problem=labelled.problem, classes=labelled.classes
        )
        model = build_model(plan)
    optimizer = make_optimizer(replace(recipe.training, accumulate=1), _SCHEDULE_STEPS)
    compile_model(model, optimizer, make_loss(recipe.training.loss, labelled))
    x = {name: _random(name, (batch, *shape), rng) for name, shape in inputs.items()}
    y = rng.integers(0, 2, (batch, len(labelled.tasks))).astype(np.float32)
    fed = x if len(model.inputs) > 1 else x[model.inputs[0].name]
    return partial(model.train_on_batch, fed, y, np.ones_like(y))


def _random(name: str, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    if name == "dna":
        return np.eye(4, dtype=np.float32)[rng.integers(0, 4, shape[:-1])]
    return rng.standard_normal(shape, dtype=np.float32)
