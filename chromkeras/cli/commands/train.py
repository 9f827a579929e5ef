"""``chromkeras train``."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chromkeras.cli import completion
from chromkeras.cli.fit import fit
from chromkeras.cli.fit_baseline import fit_baseline, refuse_options_of_networks
from chromkeras.cli.options import (
    Data,
    Devices,
    Epochs,
    Hosts,
    InitTask,
    Mmap,
    Resume,
    Seed,
    Settings,
    Shard,
    Tasks,
    WatchGradients,
    described,
    given,
)
from chromkeras.cli.outcome import Outcome
from chromkeras.cli.recipe_options import Architecture, Init, PlanOrBaseline, RecipeFile, Size
from chromkeras.names import unknown
from chromkeras.recipe.choices import PLANS
from chromkeras.registry import BASELINES
from chromkeras.training.run_log import LOGS

if TYPE_CHECKING:
    from chromkeras.recipe.recipe import Recipe

_log = logging.getLogger(__name__)


def command(
    plan: PlanOrBaseline,
    data: Data = None,
    tasks: Tasks = None,
    out: Annotated[
        Path | None, typer.Option(help="Model file to write.", show_default="PLAN.keras")
    ] = None,
    architecture: Architecture = None,
    size: Size = "small",
    recipe: RecipeFile = None,
    settings: Settings = None,
    init: Init = None,
    init_task: InitTask = None,
    epochs: Epochs = None,
    seed: Seed = None,
    resume: Resume = False,
    devices: Devices = 1,
    shard: Shard = "data",
    hosts: Hosts = None,
    watch_gradients: WatchGradients = False,
    log: Annotated[
        str | None,
        typer.Option(
            help=f"Where the epochs are logged too: {described(LOGS)}.",
            autocompletion=completion.one(LOGS.keys),
        ),
    ] = None,
    mmap: Mmap = False,
    baseline: Annotated[
        bool,
        typer.Option(
            help="Say at the end whether the network beats the k-mer baseline, fitted on at most "
            "20,000 training rows; of DNA alone, and labels that are no classes."
        ),
    ] = True,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Estimate what the run will cost on one device, and end: memory, time per epoch.",
        ),
    ] = False,
) -> Outcome:
    """Train a multi-task model, or fit a baseline.

    The best epoch by validation ends in one .keras file, with what it was trained on and how. A
    baseline is a linear model on fixed features, its C chosen on the validation split.
    """
    if plan in BASELINES.names():
        networks = {
            "--architecture": (architecture, None),
            "--size": (size, "small"),
            "--init": (init, None),
            "--init-task": (init_task, None),
            "--epochs": (epochs, None),
            "--seed": (seed, None),
            "--resume": (resume, False),
            "--devices": (devices, 1),
            "--shard": (shard, "data"),
            "--hosts": (hosts, None),
            "--watch-gradients": (watch_gradients, False),
            "--log": (log, None),
            "--no-baseline": (baseline, True),
        }
        refuse_options_of_networks(plan, networks)
        return fit_baseline(
            plan,
            data=data,
            tasks=tasks,
            out=out or Path(f"{plan}.keras"),
            recipe=recipe,
            settings=tuple(settings or ()),
            mmap=mmap,
            dry_run=dry_run,
        )
    if plan not in PLANS:
        raise unknown("plan", plan, (*PLANS, *BASELINES.names()))
    from chromkeras.recipe.reading import make_recipe

    values = {
        "architecture.name": architecture,
        "transfer.init": None if init is None else str(init),
        "transfer.task": init_task,
        "training.epochs": epochs,
        "training.seed": seed,
    }
    chosen = make_recipe(
        plan,
        size=size,
        file=recipe,
        settings=settings or (),
        values=given(values),
    )
    if dry_run:
        return _estimate(chosen, data, tasks, mmap)
    target = out or Path(f"{plan}.keras")
    return fit(
        chosen,
        data=data,
        tasks=tasks,
        out=target,
        resume=resume,
        inputs=(recipe,),
        devices=devices,
        shard=shard,
        hosts=hosts,
        watch_gradients=watch_gradients,
        log=log,
        mmap=mmap,
        baseline=baseline,
    )


def _estimate(recipe: "Recipe", data: Path | None, tasks: str | None, mmap: bool) -> Outcome:
    """Return the expected cost of a run."""
    from chromkeras.cli.open_data import open_data
    from chromkeras.problems.registry import find_problem
    from chromkeras.training.init_model import check_init

    check_init(recipe)
    dataset = open_data(data, tasks, mmap=mmap)
    # Nothing to estimate where this fails, as training would.
    find_problem(dataset.problem).check_training(dataset)
    from chromkeras.backend.quiet import import_keras

    import_keras()
    from chromkeras.cost.dry_run import dry_run

    expected = dry_run(dataset, recipe)
    if expected.warning:
        _log.warning(expected.warning)
    return Outcome(expected, str(expected))
