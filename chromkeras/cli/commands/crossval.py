"""``chromkeras crossval``."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chromkeras.cli.options import (
    Data,
    Devices,
    Epochs,
    InitTask,
    Mmap,
    Settings,
    Shard,
    Tasks,
    given,
)
from chromkeras.cli.outcome import Outcome
from chromkeras.cli.places import check_output_folder
from chromkeras.cli.recipe_options import Architecture, Init, Plan, RecipeFile, Size
from chromkeras.cli.stop import noting

if TYPE_CHECKING:
    from chromkeras.cross_validation.crossval import CrossValidation

_log = logging.getLogger(__name__)
SUMMARY = "crossval.json"


def command(
    plan: Plan,
    data: Data = None,
    tasks: Tasks = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write.", show_default="PLAN_crossval")
    ] = None,
    folds: Annotated[int, typer.Option(help="Number of folds, at least 3.")] = 5,
    group: Annotated[
        str | None,
        typer.Option(
            help="What must not be torn apart: a factor of the data set, such as gene; chrom; or "
            "homology, relatives that share a tenth of their k-mers (homology:0.3: three tenths).",
            show_default="rows that overlap or have equal DNA",
        ),
    ] = None,
    architecture: Architecture = None,
    size: Size = "small",
    recipe: RecipeFile = None,
    settings: Settings = None,
    init: Init = None,
    init_task: InitTask = None,
    epochs: Epochs = None,
    seed: Annotated[
        int, typer.Option(help="Seed of the folds; that of the training is training.seed.", min=0)
    ] = 0,
    resume: Annotated[
        bool, typer.Option(help="Go on with a run that was stopped; without one it starts.")
    ] = False,
    devices: Devices = 1,
    shard: Shard = "data",
    mmap: Mmap = False,
) -> Outcome:
    """Cross-validate a recipe; the models stay as an ensemble.

    Each fold is held out once; the next one chooses the best epoch and the others train. Rows of
    the test split are in no fold. `evaluate` and `compare` take the folder as one model.
    """
    from chromkeras.recipe.reading import make_recipe

    values = {
        "architecture.name": architecture,
        "transfer.init": None if init is None else str(init),
        "transfer.task": init_task,
        "training.epochs": epochs,
    }
    chosen = make_recipe(
        plan, size=size, file=recipe, settings=settings or (), values=given(values)
    )
    folder = out or Path(f"{plan}_crossval")
    check_output_folder(folder)
    from chromkeras.cli.open_data import open_data
    from chromkeras.cross_validation.crossval import crossval
    from chromkeras.training.init_model import check_init

    check_init(chosen)
    dataset = open_data(data, tasks, mmap=mmap)
    if not resume and (folder / SUMMARY).exists():
        _log.info("note: the run in %s will be replaced; --resume goes on with it instead", folder)
    with noting(
        f"{folder} keeps every whole epoch: the same command with --resume goes on from there"
    ):
        result = crossval(
            dataset,
            chosen,
            folder,
            folds=folds,
            group=group,
            seed=seed,
            resume=resume,
            devices=devices,
            shard=shard,
        )
    return Outcome(result, _text(result))


def _text(result: "CrossValidation") -> str:
    files = [file for file in sorted(result.out.iterdir()) if not file.name.startswith(".")]
    names = [f"{file.name}/" if file.is_dir() else file.name for file in files]
    return (
        f"{_fold_table(result)}\n\n{_task_table(result)}\n\n{_pooled(result)}\n"
        f"use {result.out} as one model on the test split or on new data: "
        f"chromkeras evaluate --model {result.out}\n"
        f"wrote {result.out}: {', '.join(names)}"
    )


def _task_table(result: "CrossValidation") -> str:
    """Return mean and standard deviation over the folds of each task's score."""
    from chromkeras.tables import align

    results, title = result.facts["results"], result.evaluation.problem.score_title
    lines = [("task", f"{title}, held out", "SD over folds")]
    for task, mean in results["mean"]["tasks"].items():
        lines.append((task, _number(mean), _number(results["sd"]["tasks"][task])))
    return align(lines)


def _pooled(result: "CrossValidation") -> str:
    """Say what all out-of-fold predictions give together, and what that is not."""
    problem, mean = result.evaluation.problem, result.evaluation.strata["all"].mean
    score = f": {problem.score_title} {mean[problem.score]:.4f}" if problem.score in mean else ""
    return (
        f"out-of-fold predictions of all rows together{score}, where rows of one model are also "
        f"set against rows of another; all figures are in {result.out / 'out_of_fold'}"
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _fold_table(result: "CrossValidation") -> str:
    """Return the scores of the folds, their mean and standard deviation."""
    import numpy as np

    from chromkeras.statistics.means import mean_defined, sample_sd
    from chromkeras.tables import align

    title = result.evaluation.problem.score_title
    lines: list[tuple[str, ...]] = [
        ("fold", "train", "validation", "held out", title, f"{title}, validation")
    ]
    for each in result.scores:
        sizes = (f"{count:,}" for count in each.rows.values())
        scores = (f"{value:.4f}" for value in (each.mean, each.mean_validation))
        lines.append((str(each.fold), *sizes, *scores))
    columns = np.array([(each.mean, each.mean_validation) for each in result.scores]).T
    for name, function in (("mean", mean_defined), ("SD", sample_sd)):
        lines.append((name, "", "", "", *(f"{function(column):.4f}" for column in columns)))
    return align(lines)
