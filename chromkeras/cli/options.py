"""Options that several commands have."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from chromkeras.backend.shards import SHARDS
from chromkeras.cli import completion
from chromkeras.data.split_names import CHOICES
from chromkeras.errors import InputError
from chromkeras.names import printable


def one_of(names: Iterable[str]) -> str:
    """Return names as people list choices: "a, b or c"."""
    *others, last = names
    return " or ".join([", ".join(others)] * bool(others) + [last])


def described(texts: Mapping[str, str]) -> str:
    """Return choices with what each of them is: "a (this) or b (that)"."""
    return one_of(f"{name} ({text})" for name, text in texts.items())


Model = Annotated[
    Path,
    typer.Option(
        help="Model file from `train`, folder of an ensemble, or a shipped model by name.",
        autocompletion=completion.model,
    ),
]
Tasks = Annotated[
    str | None, typer.Option(help="Tasks to train, with commas between.", show_default="all")
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Value of the recipe, as section.key=value.",
        metavar="KEY=VALUE",
        autocompletion=completion.setting,
    ),
]
Epochs = Annotated[
    int | None, typer.Option(help="Number of epochs at most: short for training.epochs.")
]
Seed = Annotated[int | None, typer.Option(help="Seed of the training: short for training.seed.")]
Resume = Annotated[bool, typer.Option(help="Go on with a run that was stopped.")]
Devices = Annotated[int, typer.Option(help="Number of devices to train on, of each host.", min=1)]
Shard = Annotated[
    str,
    typer.Option(
        help=f"What is divided among the devices: {described(SHARDS)}.",
        autocompletion=completion.one(SHARDS.keys),
    ),
]
Hosts = Annotated[
    str | None,
    typer.Option(
        help="Train with processes on other hosts, on JAX, each started with this command: the "
        "address of the first and which of N this is, or `auto` for what the scheduler says.",
        metavar="auto|HOST:PORT,K/N",
        show_default=False,
    ),
]
WatchGradients = Annotated[
    bool,
    typer.Option(
        "--watch-gradients",
        help="Measure each task's gradient at each layer a dozen times: MODEL.gradients.npz.",
    ),
]
Split = Annotated[
    str,
    typer.Option(
        help=f"Rows to use: {one_of(CHOICES)}.", autocompletion=completion.one(lambda: CHOICES)
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
OutputNames = Annotated[
    list[str] | None,
    typer.Option(
        "--tasks",
        help="Names of the outputs of Keras models without a run card, in order (repeat or comma "
        "list).",
        show_default="those in MODEL.toml",
    ),
]
Head = Annotated[
    str | None,
    typer.Option(
        help="Name or place of the output, where a Keras model without a run card has several.",
        show_default=False,
    ),
]
Calibrated = Annotated[
    bool,
    typer.Option(
        "--calibrated/--as-trained",
        help="Give probabilities for the share of positives in the training rows, also where the "
        "loss weighted the classes alike; it changes no ranking.",
    ),
]
PositiveShare = Annotated[
    float | None,
    typer.Option(
        "--prior",
        help="Share of positives to give probabilities for.",
        show_default="that of the training rows",
    ),
]
Motifs = Annotated[
    str,
    typer.Option(help="Known motifs: jaspar, jaspar:GROUP[:RELEASE[:COLLECTION]], a motif file."),
]
EverySeed = Annotated[int, typer.Option(help="Seed of all random choices.", min=0)]
Part = Annotated[
    str,
    typer.Option(
        help="Part of the rows, for an array of jobs; `chromkeras join` puts parts together.",
        metavar="K/N",
    ),
]
InitTask = Annotated[
    str | None,
    typer.Option(help="Task of that model to start every task from: short for transfer.task."),
]


def comma_list(texts: list[str] | None) -> tuple[str, ...]:
    """Return the names of an option that may be repeated and may hold commas.

    A name that holds a comma itself stands in double quotes.
    """
    rows = csv.reader(texts or (), skipinitialspace=True)
    try:
        return tuple(name.strip() for row in rows for name in row or [""])
    except csv.Error as error:
        wrong = printable((texts or [""])[rows.line_num - 1], longest=60)
        why = str(error).partition(" - ")[0]
        raise InputError(f"expected names with commas between, received {wrong!r}: {why}") from None


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of those options that a person gave."""
    return {name: value for name, value in values.items() if value is not None}
