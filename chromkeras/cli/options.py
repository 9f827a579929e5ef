"""Options that several commands have."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

Tasks = Annotated[
    str | None, typer.Option(help="Tasks to train, with commas between.", show_default="all")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="Value of the recipe, as section.key=value.", metavar="KEY=VALUE"),
]
Epochs = Annotated[
    int | None, typer.Option(help="Number of epochs at most: short for training.epochs.")
]
Seed = Annotated[int | None, typer.Option(help="Seed of the training: short for training.seed.")]
Resume = Annotated[bool, typer.Option(help="Go on with a run that was stopped.")]
Devices = Annotated[int, typer.Option(help="Number of devices to train on.", min=1)]
Shard = Annotated[
    str,
    typer.Option(
        help="Dimension that devices share out: data (rows of a batch) or, on JAX, tasks."
    ),
]
WatchGradients = Annotated[
    bool,
    typer.Option(
        "--watch-gradients",
        help="Measure each task's gradient at each layer a dozen times: MODEL.gradients.npz.",
    ),
]
Data = Annotated[
    Path | None, typer.Option(help="Data set from `prepare` or `simulate`; without it a demo.")
]
Mmap = Annotated[
    bool,
    typer.Option(
        "--mmap",
        help="Leave the data set in its file and read what is needed, for one larger than memory.",
    ),
]
DataOfModel = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Data set from `prepare` or `simulate`; without it one with the model's tasks in or "
        "around its folder, or the demo for the demo's tasks.",
    ),
]
Motifs = Annotated[
    str,
    typer.Option(
        help="Known motifs: jaspar, jaspar:GROUP[:RELEASE[:COLLECTION]], a MEME or JASPAR file."
    ),
]
EverySeed = Annotated[int, typer.Option(help="Seed of all random choices.", min=0)]
InitTask = Annotated[
    str | None,
    typer.Option(help="Task of that model to start every task from: short for transfer.task."),
]


def one_of(names: Sequence[str]) -> str:
    """Return names as people list choices: "a, b or c"."""
    return " or ".join([", ".join(names[:-1])] * (len(names) > 1) + [names[-1]])


def comma_list(texts: list[str] | None) -> tuple[str, ...]:
    """Return the names of an option that may be repeated and may hold commas.

    A name that holds a comma itself stands in double quotes.
    """
    rows = csv.reader(texts or (), skipinitialspace=True)
    return tuple(name.strip() for row in rows for name in row or [""])
