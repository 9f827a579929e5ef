"""``chromkeras join``."""

from pathlib import Path
from typing import Annotated

import typer

from chromkeras.cli.outcome import Outcome
from chromkeras.cli.places import check_output_file


def command(
    parts: Annotated[
        list[Path],
        typer.Argument(
            help="Files that a command wrote with --part, in any order.", metavar="PART…"
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="File to write: .tsv or .tsv.gz of text, .vcf.gz of .vcf.gz, any of .h5."
        ),
    ],
) -> Outcome:
    """Put the parts of a run together, whole or not at all.

    The parts must be those of one run: of the same models, source and options, each once. The
    result is that of a run without --part.

    For example:

      chromkeras join part.*.h5 --out scores.h5
    """
    check_output_file(out, inputs=tuple(parts))
    from chromkeras.scoring.join import join

    found = join(parts, out)
    names = ", ".join(map(str, found.out[:4])) + (", …" if len(found.out) > 4 else "")
    parts_of = f"{len(found.parts)} part{'s' if len(found.parts) > 1 else ''}"
    return Outcome(found, f"{parts_of}, {found.rows:,} rows\nwrote {names}")
