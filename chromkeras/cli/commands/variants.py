"""``chromkeras variants``."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chromkeras.cli import completion
from chromkeras.cli.options import Calibrated, EverySeed, Motifs, Part, comma_list
from chromkeras.cli.outcome import Outcome
from chromkeras.cli.places import check_output_file
from chromkeras.cli.stop import noting
from chromkeras.errors import InputError

if TYPE_CHECKING:
    from chromkeras.variant_effects.variants import ScoredVariants

Models = Annotated[
    list[Path],
    typer.Option(
        "--model",
        help="Model file, folder of an ensemble, or a shipped model by name; repeat it for an "
        "ensemble.",
        autocompletion=completion.model,
    ),
]
Vcf = Annotated[Path, typer.Option(help="VCF file: plain, gzip or bgzip, in any order.")]
Fasta = Annotated[
    Path, typer.Option(help="FASTA file, plain or bgzip; its index is made where there is none.")
]
Out = Annotated[
    Path,
    typer.Option(
        help="File to write: .tsv, .tsv.gz, .h5, or .vcf.gz (the records with scores as INFO)."
    ),
]
Tasks = Annotated[
    list[str] | None,
    typer.Option(
        help="Task to score (repeat or comma list).", show_default="all, or the contrasts"
    ),
]
Contrasts = Annotated[
    list[str] | None,
    typer.Option(
        "--contrast",
        help="Difference of tasks to score, such as Intest-Neurons or Muscle-rest (repeat).",
        metavar="TASK-TASK",
    ),
]
Shifts = Annotated[
    str,
    typer.Option(
        help="Bases to move the window by, with commas between; outputs are averaged over them.",
        metavar="N,N,…",
    ),
]
BothStrands = Annotated[
    bool, typer.Option(help="Average the outputs of a window and its reverse complement.")
]
Null = Annotated[
    int,
    typer.Option(
        help="Random substitutions of each trinucleotide in each kind of region to compare with, "
        "made once and kept beside OUT; the smallest p is 1 / (NULL + 1). 0: no p.",
        min=0,
    ),
]
Members = Annotated[bool, typer.Option("--members", help="Write the score of each model too.")]
Explain = Annotated[
    int,
    typer.Option(
        help="Variants to explain, the strongest: contributions of both alleles, and motifs that "
        "the change breaks or makes, on a page in OUT_explained.",
        min=0,
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        help="Windows in a forward pass.", min=1, show_default="as many as keep memory small"
    ),
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Begin anew; else a run that was stopped goes on.")
]


def command(
    model: Models,
    vcf: Vcf,
    genome: Fasta,
    out: Out,
    tasks: Tasks = None,
    contrasts: Contrasts = None,
    shifts: Shifts = "0",
    both_strands: BothStrands = True,
    calibrated: Calibrated = True,
    null: Null = 200,
    members: Members = False,
    explain: Explain = 0,
    motifs: Motifs = "jaspar",
    batch_size: BatchSize = None,
    part: Part = "1/1",
    fresh: Fresh = False,
    seed: EverySeed = 0,
) -> Outcome:
    """Score variants of a VCF file: what alleles do to predictions.

    Of each task: log-odds and probability with either allele, their difference, and its percentile,
    p and q among random substitutions of the same trinucleotide in the same kind of region.
    Alleles that cannot be scored go to OUT.rejected.tsv with the reason. Files are streamed, and a
    run that was interrupted goes on with the same command.

    For example:

      chromkeras variants --model hard.keras --vcf v.vcf.gz --genome genome.fa --out scores.tsv

      chromkeras variants --model hard.keras --vcf v.vcf.gz --genome genome.fa --out scores.tsv
      --tasks Intest --contrast Intest-rest --explain 10
    """
    from chromkeras.variant_effects.options import VariantOptions

    options = VariantOptions(
        tasks=comma_list(tasks),
        contrasts=tuple(contrasts or ()),
        shifts=_numbers(shifts),
        both_strands=both_strands,
        calibrated=calibrated,
        null=null,
        seed=seed,
        members=members,
        explain=explain,
        motifs=motifs,
        batch_size=batch_size,
    )
    check_output_file(out, inputs=(vcf, genome, *model))
    from chromkeras.files import require_file
    from chromkeras.model_file.card import read_card
    from chromkeras.scoring.contrasts import choose_targets
    from chromkeras.scoring.parts import parse_part
    from chromkeras.scoring.tables import suffix_of
    from chromkeras.variant_effects.files import FORMATS

    # what is wrong below is said at once: Keras takes seconds
    suffix_of(out, FORMATS)
    parse_part(part)
    require_file(vcf, "VCF file")
    require_file(genome, "genome")
    for each in model:
        choose_targets(options.tasks, options.contrasts, tuple(read_card(each).tasks))
    from chromkeras.backend.quiet import import_keras

    import_keras()
    from chromkeras.variant_effects.variants import variants

    with noting("whole chunks are kept: the same command goes on from there"):
        found = variants(model, vcf, genome, out, options, part=part, fresh=fresh)
    return Outcome(found, "\n".join(_lines(found)))


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(each) for each in text.split(","))
    except ValueError:
        raise InputError(
            f"`shifts`: expected whole numbers with commas between, received {text!r}"
        ) from None


def _lines(found: "ScoredVariants") -> Iterator[str]:
    rejected = sum(found.reasons.values())
    yield f"{found.records:,} records: {found.scored:,} alleles scored, {rejected:,} rejected"
    for reason, count in found.reasons.items():
        yield f"  {count:,}: {reason}"
    yield from found.notes
    yield f"wrote {found.out}, {found.rejected}"
    if found.null is not None:
        yield f"random substitutions: {found.null}"
    if found.explained is not None:
        yield f"look at {found.explained / 'report.html'}: the strongest variants explained"
