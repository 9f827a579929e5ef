"""``chromkeras train``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from chromkeras.cli.places import check_output_file
from chromkeras.cli.stop import Stopped


def command(
    plan: Annotated[str, typer.Argument(help="hard, single, soft or basset.", metavar="PLAN")],
    data: Annotated[
        Path | None, typer.Option(help="Data set from `prepare` or `simulate`; without it a demo.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Model file to write.", show_default="PLAN.keras")
    ] = None,
    size: Annotated[
        str,
        typer.Option(
            help="small (for laptops, exponential first layer), poster or published (Basset's)."
        ),
    ] = "small",
    recipe: Annotated[Path | None, typer.Option(help="Recipe in TOML.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="One recipe value, as section.key=value.", metavar="KEY=VALUE"),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Short for training.epochs.")] = None,
    seed: Annotated[int | None, typer.Option(help="Short for training.seed.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on with a run that was stopped.")] = False,
) -> None:
    """Train a multi-task model: the best epoch by validation AUROC ends in one .keras file."""
    from chromkeras.recipe_sources import make_recipe

    values = {"training.epochs": epochs, "training.seed": seed}
    chosen = make_recipe(
        plan,
        size=size,
        file=recipe,
        settings=settings or (),
        values={key: value for key, value in values.items() if value is not None},
    )
    target = out or Path(f"{plan}.keras")
    if target.suffix != ".keras":
        raise ValueError(f"expected an output file that ends in .keras, received {target}")
    check_output_file(target, inputs=(data, recipe))
    from chromkeras.cli.open_data import open_data

    dataset = open_data(data)
    from chromkeras.quiet import import_keras

    import_keras()
    from chromkeras.plots.history import plot_history
    from chromkeras.training.checkpoint import checkpoint_path
    from chromkeras.training.train import train

    state = checkpoint_path(target)
    saved = _changed(state)
    if saved and not resume:
        print(
            f"note: {state} of a stopped run will be replaced; --resume goes on with it instead",
            file=sys.stderr,
        )
    try:
        result = train(dataset, chosen, target, resume=resume)
    except Stopped as stopped:
        kept = state.exists() and (resume or _changed(state) != saved)
        stopped.add_note(
            f"{state} keeps every whole epoch: the same command with --resume goes on from there"
            if kept
            else "no epoch was whole, so there is nothing to resume"
        )
        raise
    picture = result.history.with_suffix(".png")
    plot_history(result.rows, picture)
    mean = result.scores["validation_auroc_mean"]
    print(f"validation AUROC {mean:.4f}, mean over {len(result.scores['best_epoch'])} tasks")
    print(f"wrote {result.model}, {result.history} and {picture}")


def _changed(path: Path) -> int:
    """Return when a file was last changed, 0 where there is none."""
    return path.stat().st_mtime_ns if path.exists() else 0
