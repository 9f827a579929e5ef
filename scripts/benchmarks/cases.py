"""One measurement in a process of its own: cases.py JSON prints its result as one line of JSON."""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import keras
import numpy as np
from naive import naive_model
from penalty import KERNELS, penalty_step
from timing import in_turns, seconds, sgemm, sgemm_share

from chromkeras.backend.operations import compile_model
from chromkeras.backend.precision import precision
from chromkeras.cost.dry_run import untrained_model
from chromkeras.cost.duration import training_work
from chromkeras.cost.machine import measure_speed, peak_memory, resident_memory
from chromkeras.cost.memory import training_memory
from chromkeras.cost.operations import model_cost
from chromkeras.losses.task_loss import TaskLoss
from chromkeras.optimizers.optimizers import make_optimizer
from chromkeras.recipe.reading import make_recipe
from chromkeras.recipe.recipe import Recipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

LENGTH = 600
EPOCH_STEPS = 1000


def model_case(case: dict[str, Any]) -> dict[str, Any]:
    """Measure one model: time to its first step, then steps in turns with a matrix product."""
    expected = _expected(case) if case["model"] == "stacked" else {}
    start = time.perf_counter()
    model = _compiled(case, case["model"])
    step = _step(model, case)
    step()
    first = time.perf_counter() - start
    step()
    (times, _), (_, to_sgemm) = in_turns([step, sgemm()], budget=case["seconds"])
    cost = model_cost(model)
    operations = cost.training * case["batch"] * case["accumulate"]
    return {
        "parameters": cost.parameters,
        "first_step": first,
        "step": asdict(times),
        "flops": operations / times.median,
        "peak_share": sgemm_share(operations, to_sgemm),
        **expected,
    }


def pair_case(case: dict[str, Any]) -> dict[str, Any]:
    """Measure the stacked and the naive model's steps in turns."""
    steps = [_step(_compiled(case, model), case) for model in ("naive", "stacked")]
    for step in steps * 2:
        step()
    (naive, stacked), (_, ratio) = in_turns(steps, budget=case["seconds"])
    return {"stacked": asdict(stacked), "naive": asdict(naive), "stacked_to_naive": ratio}


def share_case(case: dict[str, Any]) -> dict[str, Any]:
    """Measure what the penalty takes of a step: steps without it and with it in turns."""
    steps = [_step(_compiled(case | {"strength": s}, "stacked"), case) for s in (0.0, 1e-3)]
    for step in steps * 2:
        step()
    (without, with_penalty), (_, ratio) = in_turns(steps, budget=case["seconds"])
    return {
        "without": asdict(without), "step": asdict(with_penalty), "share": 1.0 - 1.0 / ratio,
    }  # fmt: skip


def penalty_case(case: dict[str, Any]) -> dict[str, Any]:
    """Measure the penalty's value and gradient; memory beyond the weights' own."""
    step = penalty_step(case["tasks"], case["model"])
    before = peak_memory()
    first = seconds(step)
    (times,), _ = in_turns([step], budget=case["seconds"])
    return {
        "parameters": case["tasks"] * sum(KERNELS),
        "first_step": first,
        "step": asdict(times),
        "extra_memory": peak_memory() - before,
    }


def _expected(case: dict[str, Any]) -> dict[str, Any]:
    """Return what a dry run expects of memory and of a step, before anything is allocated."""
    recipe, program = _recipe(case), resident_memory()
    model = untrained_model(recipe, _names(case["tasks"]), {"dna": (LENGTH, 4)}, problem="binary")
    memory = training_memory(model, recipe.training, program=program, validated=0)
    work = training_work(model, case["batch"])
    return {
        "expected_memory": memory.peak - memory.best,
        "expected_step": case["accumulate"] * work.seconds(measure_speed()),
    }


def _recipe(case: dict[str, Any]) -> Recipe:
    values = {
        "training.batch_size": case["batch"],
        "training.accumulate": case.get("accumulate", 1),
        "training.precision": case.get("precision", "float32"),
    }
    if "strength" in case:
        values["sharing.strength"] = case["strength"]
    return make_recipe(case["plan"], size=case["size"], values=values)


def _names(tasks: int) -> list[str]:
    return [f"task{i}" for i in range(tasks)]


def _compiled(case: dict[str, Any], model: str) -> keras.Model:
    keras.utils.set_random_seed(0)
    recipe = _recipe(case)
    make = _stacked if model == "stacked" else naive_model
    with precision(recipe.training.precision):
        built = make(recipe, case["tasks"], LENGTH)
    compile_model(
        built,
        make_optimizer(recipe.training, EPOCH_STEPS),
        TaskLoss(positive_fraction=[0.3] * case["tasks"]),
        xla=None if case["jit"] == "auto" else case["jit"] == "on",
    )
    return built


def _stacked(recipe: Recipe, tasks: int, length: int) -> keras.Model:
    return build_model(resolve_plan(recipe, _names(tasks), {"dna": (length, 4)}, problem="binary"))


def _step(model: keras.Model, case: dict[str, Any]) -> Callable[[], Any]:
    """Return a call that updates the weights once, from all the batches that takes."""
    rng = np.random.default_rng(0)
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (case["batch"], LENGTH))]
    y = rng.integers(0, 2, (case["batch"], case["tasks"])).astype(np.float32)

    known = np.ones_like(y)

    def update() -> None:
        for _ in range(case["accumulate"]):
            model.train_on_batch(x, y, known)

    return update


def _limit_memory() -> None:
    """Let a case that wants more memory than is free fail, rather than the whole machine."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_DATA, (free, free))


KINDS = {"model": model_case, "pair": pair_case, "penalty": penalty_case, "share": share_case}

if __name__ == "__main__":
    request = json.loads(sys.argv[1])
    if sys.platform == "linux":
        _limit_memory()
    result = KINDS[request["kind"]](request)
    print(json.dumps(result | {"peak_memory": peak_memory()}))
