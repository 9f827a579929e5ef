"""Options of ``chromkeras interpret``."""

from pathlib import Path
from typing import Annotated

import typer

from chrominterpret.filters.rules import RULES
from chrominterpret.registry import METHODS
from chromkeras.cli import completion
from chromkeras.cli.options import described
from chromkeras.model_report.choices import DEFAULT_METHODS, REFERENCE_KINDS

SHOWS = "what the model reads, on one page that needs no network"

Out = Annotated[
    Path | None, typer.Option(help="Folder to write.", show_default="MODEL_interpretation")
]
Tasks = Annotated[
    list[str] | None,
    typer.Option(
        help="Task to attribute (repeat or comma list). Of a Keras model without a run card the "
        "names of all its outputs, in order, unless MODEL.toml has them.",
        show_default="all, or the contrasts",
    ),
]
Contrasts = Annotated[
    list[str] | None,
    typer.Option(
        "--contrast",
        help="Difference of logits to attribute, such as Intest-Neurons, Muscle-Hypod+Intest (the "
        "mean of two) or Muscle-rest; spaces around the minus where names hold one (repeat).",
        metavar="TASK-TASK",
    ),
]
Level = Annotated[
    str,
    typer.Option(
        help="Rows of one level of a factor only, such as condition=heat.shock; the gradients of "
        "DNA are shown over all rows of a gene as well.",
        metavar="FACTOR=NAME",
        show_default="all rows",
    ),
]
Pairs = Annotated[
    int,
    typer.Option(
        help="Most rows over which features, such as regulators, are scored; more are taken at "
        "even distances."
    ),
]
Targets = Annotated[
    Path | None,
    typer.Option(
        help="Known targets of regulators, to test whether they score higher: a TSV file with the "
        "columns regulator and target, and `known as` for another name of the regulator.",
        show_default=False,
    ),
]
Sequences = Annotated[
    int,
    typer.Option(
        help="Rows to attribute: open in a task, and called so there more than elsewhere."
    ),
]
Scan = Annotated[int, typer.Option(help="Sequences for the filters to scan.")]
Methods = Annotated[
    list[str] | None,
    typer.Option(
        help=f"Attribution method (repeat or comma list): {', '.join(METHODS.names())}.",
        show_default=",".join(DEFAULT_METHODS),
        autocompletion=completion.several(METHODS.names),
    ),
]
References = Annotated[
    int, typer.Option(help="Shuffles or genomic sequences that each sequence is compared with.")
]
Kind = Annotated[
    str,
    typer.Option(
        "--reference-kind",
        help=f"What sequences are compared with: {described(REFERENCE_KINDS)}.",
        autocompletion=completion.one(REFERENCE_KINDS.keys),
    ),
]
Modisco = Annotated[
    int,
    typer.Option(
        help="Most elements of each task that TF-MoDISco searches; 0 for none. "
        "Rare motifs need hundreds, which --split train has. Motifs that tasks share hide those of "
        "one task: --contrast TASK-rest brings them out."
    ),
]
Truth = Annotated[bool, typer.Option(help="Score it all by what `simulate` planted: truth.tsv.")]
Rule = Annotated[
    str,
    typer.Option(
        help=f"Filter to motif: {described(RULES)}.", autocompletion=completion.one(RULES.keys)
    ),
]
