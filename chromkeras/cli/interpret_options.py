"""Options of ``chromkeras interpret``."""

from pathlib import Path
from typing import Annotated

import typer

from chromkeras.registry import Registry

# By the names of their files, as importing them takes long.
METHODS = Registry("chrominterpret.methods", "attribution method", without={"base"})
Model = Annotated[Path, typer.Option(help="Model file from `train`.")]
Out = Annotated[
    Path | None, typer.Option(help="Folder to write.", show_default="MODEL_interpretation")
]
Tasks = Annotated[
    list[str] | None,
    typer.Option(
        help="Task to attribute (repeat or comma list).", show_default="all, or the contrasts"
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
Split = Annotated[str, typer.Option(help="Where sequences come from: train, valid, test, all.")]
Sequences = Annotated[
    int,
    typer.Option(
        help="Sequences to attribute: open in a task, and called so there more than elsewhere."
    ),
]
Scan = Annotated[int, typer.Option(help="Sequences for the filters to scan.")]
Methods = Annotated[
    list[str] | None,
    typer.Option(
        help=f"Attribution method (repeat or comma list): {', '.join(METHODS.names())}.",
        show_default="deep_lift_shap,gradient_x_input",
    ),
]
References = Annotated[
    int, typer.Option(help="Shuffles or genomic sequences that each sequence is compared with.")
]
Kind = Annotated[
    str,
    typer.Option(
        "--reference-kind",
        help="What sequences are compared with: shuffle (of their dinucleotides), background (mean "
        "base frequencies), uniform, zeros, genomic (training rows closed in every task).",
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
        help="Filter to motif: threshold (sites above half of the highest activation) or top "
        "(the 100 sequences that activate it most)."
    ),
]
