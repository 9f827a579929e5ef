"""Cost of a training step of every way to balance the tasks, relative to plain joint training.

python scripts/benchmarks/balance.py --tasks 2 16 --many

All ways of a row of tasks are built first and their steps taken in turns in one process, so the
machine's load strikes all alike: believe the ratios, not the seconds. Every model is the hard
plan, compiled as ``train`` does, with the metric of the tasks' losses where a weighting needs it;
what callbacks do once an epoch is left out. KERAS_BACKEND=jax measures JAX.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from table import markdown_table, time_text
from timing import in_turns

from chromkeras.backend.operations import compile_model
from chromkeras.files import replacing
from chromkeras.layers.fan_out import FanOut
from chromkeras.layers.task_weights import TaskWeights
from chromkeras.losses.task_loss import TaskLoss
from chromkeras.optimizers.optimizers import make_optimizer
from chromkeras.recipe.reading import make_recipe, recipe_choices, size_names
from chromkeras.registry import CONFLICT_METHODS
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan
from chromkeras.training.task_loss_metric import TaskLosses

LENGTH = 600
EPOCH_STEPS = 1000
MANY = 164
HEADER = ("T", "size", "way", "step", "to joint")


def main() -> None:
    """Measure every number of tasks, print the table, write it where asked."""
    options = parse()
    cases = [(tasks, options.size, options.batch) for tasks in options.tasks]
    cases += [(MANY, "small", options.batch)] * options.many
    rows = [row for case in cases for row in measure(*case, seconds=options.seconds)]
    table = markdown_table(HEADER, rows)
    print(table)
    if options.out:
        with replacing(options.out) as path:
            path.write_text(f"{table}\n", encoding="utf-8")


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--tasks", type=int, nargs="*", default=[16], help="numbers of tasks")
    add("--size", choices=size_names(), default="poster", help="size of the architecture")
    add("--batch", type=int, default=64, help="sequences in a step")
    add("--many", action="store_true", help=f"also {MANY} tasks in the small size")
    add("--seconds", type=float, default=60.0, help="time to spend on the steps of a row of tasks")
    add("--out", type=Path, help="also write the table to this .md file")
    return parser.parse_args()


def ways() -> dict[str, list[str]]:
    """Return the settings of each way to balance the tasks, plain joint training first."""
    conflict = {
        name: [f"balance.conflict={name}"] for name in CONFLICT_METHODS.names() if name != "sum"
    }
    weighting = {
        name: [f"balance.weighting={name}"]
        for name in recipe_choices("balance.weighting")
        if name != "equal"
    }
    return {"joint": []} | conflict | weighting


def measure(tasks: int, size: str, batch: int, *, seconds: float) -> list[list[str]]:
    """Return the table's rows of one number of tasks."""
    steps = {way: step(tasks, size, batch, settings) for way, settings in ways().items()}
    for call in [*steps.values()] * 2:
        call()
    times, ratios = in_turns(list(steps.values()), budget=seconds)
    keras.backend.clear_session()
    return [
        [str(tasks), size, way, time_text(t.median), f"{ratio:.2f}"]
        for way, t, ratio in zip(steps, times, ratios, strict=True)
    ]


def step(tasks: int, size: str, batch: int, settings: list[str]) -> Callable[[], Any]:
    """Return a call that takes one training step of one way, compiled."""
    keras.utils.set_random_seed(0)
    recipe = make_recipe("hard", size=size, settings=settings)
    names = [f"task{i}" for i in range(tasks)]
    model = build_model(resolve_plan(recipe, names, {"dna": (LENGTH, 4)}, problem="binary"))
    weights = found(model, TaskWeights)
    check(recipe.balance.conflict, "sum", found(model, FanOut))
    check(recipe.balance.weighting, "equal", weights)
    rho = [0.3] * tasks
    loss, metrics = TaskLoss(positive_fraction=rho), []
    if weights is not None:
        loss, metrics = loss.weighted_by(weights), [TaskLosses(names, rho)]
    compile_model(model, make_optimizer(recipe.training, EPOCH_STEPS), loss, metrics=metrics)
    rng = np.random.default_rng(0)
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (batch, LENGTH))]
    y = rng.integers(0, 2, (batch, tasks)).astype(np.float32)
    known = np.ones_like(y)
    return lambda: model.train_on_batch(x, y, known)


def found(model: keras.Model, kind: type) -> Any:
    """Return the model's layer of a kind, or None."""
    return next((layer for layer in model.layers if isinstance(layer, kind)), None)


def check(wanted: str, plain: str, layer: Any) -> None:
    """Raise ``ValueError`` where the builder left out what the recipe asks for."""
    if wanted != plain and layer is None:
        raise ValueError(f"expected a model with a layer for {wanted!r}, received one without")


if __name__ == "__main__":
    main()
