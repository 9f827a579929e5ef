"""``chromkeras tune``."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chromkeras.cli import completion
from chromkeras.cli.options import Data, Epochs, Mmap, Settings, Tasks, described, given
from chromkeras.cli.outcome import Outcome
from chromkeras.cli.places import check_output_file, check_output_folder
from chromkeras.cli.recipe_options import Architecture, Plan, RecipeFile, Size
from chromkeras.cli.stop import noting
from chromkeras.search.choices import AUTO, PRUNERS, SAMPLERS, TRIALS
from chromkeras.search.space import space_names

if TYPE_CHECKING:
    from chromkeras.search.report import TuningResult


def command(
    plan: Plan,
    space: Annotated[
        str,
        typer.Option(
            help="Search space: a file in TOML with the values to try, such as "
            "batch_size = {choices = [64, 128]} in [training], or the name of a shipped one: "
            f"{', '.join(space_names())}.",
            autocompletion=completion.one(space_names),
        ),
    ],
    data: Data = None,
    tasks: Tasks = None,
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("tune"),
    sampler: Annotated[
        str,
        typer.Option(
            help=f"Choice of the values to try next: {described(SAMPLERS)}.",
            autocompletion=completion.one(SAMPLERS.keys),
        ),
    ] = "tpe",
    trials: Annotated[
        int | None,
        typer.Option(
            help="Number of trials in all, those of other processes and earlier runs among them.",
            show_default=f"{TRIALS}, or the whole grid",
        ),
    ] = None,
    pruner: Annotated[
        str,
        typer.Option(
            help=f"Early end of trials that lag behind: {described(PRUNERS)}.",
            autocompletion=completion.one(PRUNERS.keys),
        ),
    ] = AUTO,
    replicates: Annotated[
        int, typer.Option(help="Trainings of each trial, with seeds that follow training.seed.")
    ] = 1,
    seed: Annotated[
        int, typer.Option(help="Seed of the sampler; each training has training.seed.")
    ] = 0,
    storage: Annotated[
        Path | None,
        typer.Option(
            help="File of the trials, from which a search goes on and which several processes may "
            "share: .db for SQLite, .log for a journal, in a folder that machines share.",
            show_default="study.db in the folder",
        ),
    ] = None,
    architecture: Architecture = None,
    size: Size = "small",
    recipe: RecipeFile = None,
    settings: Settings = None,
    epochs: Epochs = None,
    mmap: Mmap = False,
) -> Outcome:
    """Search for the best recipe by validation.

    Trains by many recipes that differ in some values, and ranks them. The same command goes on
    with a search that was stopped; run a second time beside the first, it shares the trials.
    """
    from chromkeras.recipe.reading import make_recipe
    from chromkeras.search.space import read_space
    from chromkeras.search.storage import check_storage

    values = {"architecture.name": architecture, "training.epochs": epochs}
    chosen = make_recipe(
        plan, size=size, file=recipe, settings=settings or (), values=given(values)
    )
    read_space(space, chosen.architecture.name)  # wrong ones, said at once
    check_output_folder(out)
    if storage is not None:
        check_output_file(check_storage(storage), "--storage", inputs=(data, recipe))
    from chromkeras.cli.open_data import open_data

    dataset = open_data(data, tasks, mmap=mmap)
    from chromkeras.backend.quiet import import_keras

    import_keras()
    from chromkeras.search.tune import tune

    with noting("every finished trial is kept: the same command goes on from there"):
        result = tune(
            dataset,
            chosen,
            space,
            out,
            sampler=sampler,
            trials=trials,
            pruner=pruner,
            replicates=replicates,
            seed=seed,
            storage=storage,
        )
    return Outcome(result, "\n".join(_lines(result)))


def _lines(result: "TuningResult") -> Iterator[str]:
    best, counts = result.best, result.counts
    states = ", ".join(f"{count} {state}" for state, count in counts.items())
    yield f"{len(result.trials)} trials: {states}"
    yield f"best: trial {best.number}, validation {result.title} {best.score:.4f}"
    yield f"  {best.to_text()}"
    for key, share in list(result.importance.items())[:3]:
        yield f"{key} explains {share:.0%} of the variance"
    if counts.get("running"):
        yield "other processes still run trials; the last to end writes them all"
    names = ", ".join(path.name for path in sorted(result.out.iterdir()) if path.name[0] != ".")
    yield f"wrote {result.out}: {names}"
    yield f"train by it: chromkeras train {result.recipe.plan} --recipe {result.out / 'best.toml'}"
