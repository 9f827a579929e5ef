"""Options that make a recipe: plan, architecture, size, a file."""

from pathlib import Path
from typing import Annotated

import typer

from chromkeras.cli import completion
from chromkeras.cli.options import described, one_of
from chromkeras.recipe.choices import DEFAULT_ARCHITECTURE, PLANS
from chromkeras.recipe.reading import size_names
from chromkeras.registry import ARCHITECTURES, BASELINES

_SIZES = "; ".join(f"{name}: {one_of(size_names(name))}" for name in ARCHITECTURES.names())


def _sizes() -> list[str]:
    names = (size for architecture in ARCHITECTURES.names() for size in size_names(architecture))
    return list(dict.fromkeys(names))


Plan = Annotated[
    str,
    typer.Argument(
        help=f"Sharing plan: {one_of(PLANS)}.",
        metavar="PLAN",
        autocompletion=completion.one(lambda: PLANS),
    ),
]
PlanOrBaseline = Annotated[
    str,
    typer.Argument(
        help=f"Sharing plan: {one_of(PLANS)}. Or a baseline: "
        f"{described({name: BASELINES.summary(name) for name in BASELINES.names()})}.",
        metavar="PLAN",
        autocompletion=completion.one(lambda: (*PLANS, *BASELINES.names())),
    ),
]
Architecture = Annotated[
    str | None,
    typer.Option(
        help=f"Architecture, {one_of(ARCHITECTURES.names())}: short for architecture.name.",
        show_default=DEFAULT_ARCHITECTURE,
        autocompletion=completion.one(ARCHITECTURES.names),
    ),
]
Size = Annotated[
    str,
    typer.Option(
        help=f"Named size of the architecture; small is for laptops. {_SIZES}.",
        autocompletion=completion.one(_sizes),
    ),
]
RecipeFile = Annotated[Path | None, typer.Option(help="Recipe in TOML.")]
Init = Annotated[
    Path | None,
    typer.Option(
        help="Trained model to start from: short for transfer.init.",
        autocompletion=completion.model,
    ),
]
