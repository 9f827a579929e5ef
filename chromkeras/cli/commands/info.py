"""``chromkeras info``."""

from pathlib import Path
from typing import Annotated

import typer

from chromkeras.cli import completion
from chromkeras.cli.facts import fact_lines
from chromkeras.cli.outcome import Outcome


def command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A .keras model or an .h5 data set of ours, or a shipped model by name.",
            autocompletion=completion.model,
        ),
    ],
) -> Outcome:
    """Describe a model file or a data set file."""
    from chromkeras.model_file.info import info

    facts = info(file)
    return Outcome(facts, fact_lines(facts))
