"""``chromkeras finetune``."""

from pathlib import Path
from typing import Annotated

import typer

from chromkeras.cli import completion
from chromkeras.cli.fit import fit
from chromkeras.cli.options import (
    Devices,
    Epochs,
    InitTask,
    Mmap,
    Resume,
    Seed,
    Shard,
    Tasks,
    given,
)
from chromkeras.cli.outcome import Outcome


def command(
    model: Annotated[
        Path,
        typer.Option(
            help="Model file from `train` to go on from, or a shipped model by name.",
            autocompletion=completion.model,
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Data set from `prepare` or `simulate`, of the model's tasks or of new ones; "
            "without it a demo."
        ),
    ] = None,
    tasks: Tasks = None,
    out: Annotated[
        Path | None, typer.Option(help="Model file to write.", show_default="MODEL.finetuned.keras")
    ] = None,
    per_task: Annotated[
        bool, typer.Option("--per-task", help="Give every task its own copy of the whole model.")
    ] = False,
    freeze: Annotated[
        int | None,
        typer.Option(help="Number of the last layer to freeze, from 1: short for transfer.freeze."),
    ] = None,
    init_task: InitTask = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Value of the recipe, as section.key=value; others are the model's own, with a "
            "tenth of its learning rate.",
            metavar="KEY=VALUE",
            autocompletion=completion.setting,
        ),
    ] = None,
    epochs: Epochs = None,
    seed: Seed = None,
    resume: Resume = False,
    devices: Devices = 1,
    shard: Shard = "data",
    mmap: Mmap = False,
) -> Outcome:
    """Fine-tune a trained model, on its own data or on others.

    New tasks get heads of their own.
    """
    from chromkeras.training.finetune import finetune_recipe

    values = {
        "transfer.freeze": freeze,
        "transfer.task": init_task,
        "training.epochs": epochs,
        "training.seed": seed,
    }
    recipe = finetune_recipe(
        model,
        per_task=per_task,
        settings=settings or (),
        values=given(values),
    )
    target = out or model.with_name(f"{model.stem}.finetuned.keras")
    return fit(
        recipe,
        data=data,
        tasks=tasks,
        out=target,
        resume=resume,
        inputs=(model,),
        devices=devices,
        shard=shard,
        mmap=mmap,
    )
