"""``chromkeras predict``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chromkeras.cli import completion
from chromkeras.cli.options import Calibrated, Part, PositiveShare, Split, comma_list
from chromkeras.cli.outcome import Outcome
from chromkeras.cli.places import check_output_file
from chromkeras.cli.stop import noting

if TYPE_CHECKING:
    from chromkeras.scoring.run import Predicted

Models = Annotated[
    list[Path],
    typer.Option(
        "--model",
        help="Model file from `train`, folder of an ensemble, or a shipped model by name; repeat "
        "it for an ensemble of several.",
        autocompletion=completion.model,
    ),
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Begin anew; do not go on with an interrupted run.")
]


def command(
    model: Models,
    out: Annotated[
        Path,
        typer.Option(
            help="File to write: .tsv, .tsv.gz, .h5, .h5ad (AnnData), or .bw of regions "
            "(OUT.TASK.bw for each of several tasks)."
        ),
    ],
    dataset: Annotated[
        Path | None,
        typer.Option("--data", help="Data set from `prepare` or `simulate`, to predict."),
    ] = None,
    split: Split = "all",
    fasta: Annotated[
        Path | None,
        typer.Option(help="FASTA of sequences of any length, gzipped or not, to predict."),
    ] = None,
    bed: Annotated[
        Path | None,
        typer.Option(help="BED of regions of any length, gzipped or not, to predict; with GENOME."),
    ] = None,
    genome: Annotated[
        Path | None, typer.Option(help="FASTA of the genome, plain or bgzip; it gets an index.")
    ] = None,
    stride: Annotated[
        int,
        typer.Option(
            help="Bases between the windows of a sequence longer than the model reads; 0 takes "
            "one window, centred. What a shorter sequence lacks is N.",
            min=0,
        ),
    ] = 0,
    tasks: Annotated[
        list[str] | None,
        typer.Option(
            help="Task to predict (repeat or comma list).", show_default="all, or the contrasts"
        ),
    ] = None,
    contrasts: Annotated[
        list[str] | None,
        typer.Option(
            "--contrast",
            help="Difference of logits, such as Intest-Neurons, Muscle-Hypod+Intest (the mean of "
            "two) or Muscle-rest; spaces around the minus where names hold one (repeat).",
            metavar="TASK-TASK",
        ),
    ] = None,
    both_strands: Annotated[
        bool,
        typer.Option(
            help="Average the logits of a sequence and its reverse complement; without, regions of "
            "strand - are read from that strand."
        ),
    ] = True,
    calibrated: Calibrated = True,
    prior: PositiveShare = None,
    logits: Annotated[
        bool, typer.Option("--logits", help="Give logits in the place of probabilities.")
    ] = False,
    members: Annotated[
        bool, typer.Option("--members", help="Write each member's scores of an ensemble too.")
    ] = False,
    part: Part = "1/1",
    batch_size: Annotated[
        int | None,
        typer.Option(
            help="Sequences of a pass.", show_default="up to 256, as memory allows", min=1
        ),
    ] = None,
    fresh: Fresh = False,
) -> Outcome:
    """Predict a data set, sequences, or regions of a genome.

    Sequences come from one of --data, --fasta, and --bed with --genome. Files are streamed, and a
    run that was interrupted goes on with the same command. Several models are an ensemble: its
    mean, and its standard deviation over the members.

    For example:

      chromkeras predict --model hard.keras --bed peaks.bed --genome genome.fa --out scores.tsv

      chromkeras predict --model hard.keras --fasta designs.fa.gz --tasks Intest --out scores.h5
    """
    check_output_file(out, inputs=(*model, dataset, fasta, bed, genome))
    from chromkeras.model_file.card import read_card
    from chromkeras.scoring.contrasts import choose_targets
    from chromkeras.scoring.request import check_request

    check_request(dataset=dataset, fasta=fasta, bed=bed, genome=genome, out=out, part=part)
    for each in model:
        choose_targets(comma_list(tasks), tuple(contrasts or ()), read_card(each).tasks)
    from chromkeras.backend.quiet import import_keras

    import_keras()  # only now, as it takes seconds and all that is wrong above takes none
    from chromkeras.scoring.predict import predict

    with noting("whole chunks are kept: the same command goes on from there"):
        found = predict(
            model,
            dataset,
            fasta=fasta,
            bed=bed,
            genome=genome,
            out=out,
            split=split,
            tasks=comma_list(tasks),
            contrasts=tuple(contrasts or ()),
            both_strands=both_strands,
            calibrated=calibrated,
            prior=prior,
            logits=logits,
            members=members,
            stride=stride,
            part=part,
            batch_size=batch_size,
            fresh=fresh,
        )
    return Outcome(found, _text(found))


def _text(found: "Predicted") -> str:
    from chromkeras.progress import duration

    columns = ", ".join(found.columns[:4]) + (", …" if len(found.columns) > 4 else "")
    several = f", mean and spread of {found.members} models" if found.members > 1 else ""
    what = "logits" if found.scale == "logit" else "predictions"
    lines = [f"{what} of {len(found.columns)} columns ({columns}){several}"]
    lines += [f"calibration: {text}" for text in dict.fromkeys(found.calibration)]
    if found.resumed:
        lines.append(f"{found.resumed:,} rows were there already")
    part = "" if found.part == "1/1" else f" of part {found.part}"
    lines.append(
        f"{found.rows:,} rows{part} in {duration(found.seconds)} ({found.rate:,.0f} a second)"
    )
    names = [str(path) for path in found.out]
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    return "\n".join([*lines, f"wrote {shown}"])
