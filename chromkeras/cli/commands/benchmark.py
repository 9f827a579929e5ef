"""``chromkeras benchmark``."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chromkeras.cli import completion
from chromkeras.cli.options import Data, Epochs, Mmap, Tasks, comma_list, one_of
from chromkeras.cli.outcome import Outcome
from chromkeras.cli.places import check_output_folder
from chromkeras.cli.recipe_options import Size
from chromkeras.cli.stop import noting
from chromkeras.recipe.choices import PLANS
from chromkeras.registry import ARCHITECTURES, BASELINES

if TYPE_CHECKING:
    from chromkeras.benchmarking.benchmark import Benchmark

_MODELS = (*BASELINES.names(), *ARCHITECTURES.names())


def command(
    data: Data = None,
    models: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Baselines and architectures, with commas between: {one_of(_MODELS)}; an "
            "architecture may have a size of its own, as basset:poster.",
            show_default="all that can be built for the data set",
            autocompletion=completion.one(lambda: _MODELS),
        ),
    ] = None,
    plans: Annotated[
        str,
        typer.Option(
            "--plans",
            "--plan",
            help=f"Sharing plans of each model, with commas between: {one_of(PLANS)}.",
            autocompletion=completion.one(lambda: PLANS),
        ),
    ] = "hard",
    size: Size = "small",
    seeds: Annotated[
        int, typer.Option(help="Trainings of each, with seeds that follow training.seed.")
    ] = 3,
    split: Annotated[
        str,
        typer.Option(
            help="Rows to report on: test for the final figures, valid while choosing.",
            autocompletion=completion.one(lambda: ("valid", "test")),
        ),
    ] = "test",
    out: Annotated[
        Path, typer.Option(help="Folder to write; a model that it holds is not trained again.")
    ] = Path("benchmark"),
    tasks: Tasks = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Value of all recipes, as section.key=value, or of one model's, as "
            "MODEL:section.key=value.",
            metavar="KEY=VALUE",
            autocompletion=completion.setting,
        ),
    ] = None,
    epochs: Epochs = None,
    bootstrap: Annotated[
        int, typer.Option(help="Bootstrap replicates of the intervals of differences.")
    ] = 1000,
    repeats: Annotated[
        int, typer.Option(help="Rounds of the prediction times, of which the median counts.")
    ] = 15,
    mmap: Mmap = False,
) -> Outcome:
    """Train models side by side: a table of quality, size and speed.

    Every model is trained under every plan with every seed, then evaluated and timed. The same
    command goes on where it was stopped, and with one more model or seed adds to what is there.
    --size defaults takes the sizes of each architecture's paper.
    """
    check_output_folder(out)
    from chromkeras.benchmarking.contenders import make_contenders
    from chromkeras.cli.open_data import open_data

    named, planned = comma_list(models) if models else None, comma_list([plans])
    given = [*(settings or ()), *([] if epochs is None else [f"training.epochs={epochs}"])]
    if named is not None:
        make_contenders(named, plans=planned, size=size, settings=given)  # wrong ones, at once
    dataset = open_data(data, tasks, mmap=mmap)
    from chromkeras.benchmarking.benchmark import benchmark

    with noting(f"{out} keeps every whole epoch: the same command goes on from there"):
        result = benchmark(
            dataset,
            out,
            named,
            plans=planned,
            size=size,
            settings=given,
            seeds=seeds,
            split=split,
            bootstrap=bootstrap,
            repeats=repeats,
        )
    return Outcome(result, "\n".join(_lines(result)))


def _lines(result: "Benchmark") -> Iterator[str]:
    from chromkeras.benchmarking.table import difference_cells, summary_cells
    from chromkeras.problems.registry import find_problem
    from chromkeras.tables import align

    problem, facts = find_problem(result.facts["problem"]), result.facts
    seeds = "one seed" if facts["seeds"] == 1 else f"{facts['seeds']} seeds"
    yield f"{facts['rows']:,} rows of the {facts['split']} split, {seeds}"
    yield align(summary_cells(result.table, problem, facts["strata"]))
    if result.differences:
        yield ""
        yield align(difference_cells(result.differences, problem))
    yield f"wrote {result.out}: {', '.join(path.name for path in result.files)}"
